"""Networks, losses, weight files, and the refining of whole sequences."""

from .build import (
    build_network,
    infer_motion_refine_net_args,
    infer_smoothnet_args,
    load_network,
)
from .checkpoints import WeightsFile, load_state_dict_file, save_safetensors, weights_hash
from .fixed_lag import Known, refine_as_known, refine_fixed_lag
from .fixed_lag_refiner import FixedLagRefiner
from .losses import PositionAccelerationLoss
from .motion_aware import MotionAwareSmoothNet
from .motion_refine_net import MotionRefineNet
from .pose_refiner import PoseRefiner
from .remembered_windows import RememberedWindows
from .smoothnet import SmoothNet
from .trajectory_transformer import TrajectoryTransformer
from .window_inference import refine_sequence
from .window_network import WindowNetwork

__all__ = [
    'FixedLagRefiner', 'Known', 'MotionAwareSmoothNet', 'MotionRefineNet', 'PoseRefiner',
    'PositionAccelerationLoss', 'RememberedWindows', 'SmoothNet', 'TrajectoryTransformer',
    'WeightsFile', 'WindowNetwork', 'build_network', 'infer_motion_refine_net_args',
    'infer_smoothnet_args', 'load_network', 'load_state_dict_file', 'refine_as_known',
    'refine_fixed_lag', 'refine_sequence', 'save_safetensors', 'weights_hash'
]
