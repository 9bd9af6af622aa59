"""Networks, losses, weight files, and the refining of whole sequences."""

from .build import (
    build_network,
    infer_motion_refine_net_args,
    infer_smoothnet_args,
    load_network,
)
from .checkpoints import WeightsFile, load_state_dict_file, save_safetensors, weights_hash
from .deciwatch import DeciWatch
from .fixed_lag import Clip, Vintage, WindowGrid, refine_clips, refine_fixed_lag
from .fixed_lag_refiner import FixedLagRefiner
from .grouped_joints import GroupedJoints
from .kinematic_attention import KinematicAttentionNet
from .losses import PositionAccelerationLoss
from .motion_aware import MotionAwareSmoothNet
from .motion_refine_net import MotionRefineNet
from .pose_refiner import PoseRefiner
from .smoothnet import SmoothNet
from .trajectory_transformer import TrajectoryTransformer
from .window_cache import WindowCache
from .window_inference import refine_sequence
from .window_network import WindowNetwork

__all__ = [
    'Clip', 'DeciWatch', 'FixedLagRefiner', 'GroupedJoints', 'KinematicAttentionNet',
    'MotionAwareSmoothNet', 'MotionRefineNet',
    'PoseRefiner', 'PositionAccelerationLoss', 'SmoothNet', 'TrajectoryTransformer', 'Vintage',
    'WeightsFile', 'WindowCache', 'WindowGrid', 'WindowNetwork', 'build_network',
    'infer_motion_refine_net_args', 'infer_smoothnet_args', 'load_network', 'load_state_dict_file',
    'refine_clips', 'refine_fixed_lag', 'refine_sequence', 'save_safetensors', 'weights_hash'
]
