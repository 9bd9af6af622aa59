"""Networks, losses, weight files, and the refining of whole sequences."""

from .backends import Engine, RunningNetwork, load_running, start
from .build import (
    build_network,
    infer_motion_refine_net_args,
    infer_smoothnet_args,
    load_network,
)
from .checkpoints import WeightsFile, load_state_dict_file, save_safetensors, weights_hash
from .deciwatch import DeciWatch
from .fixed_lag import Clip, refine_clips, refine_fixed_lag
from .fixed_lag_refiner import FixedLagRefiner
from .grouped_joints import GroupedJoints
from .kinematic_attention import KinematicAttentionNet
from .losses import PositionAccelerationLoss
from .motion_aware import MotionAwareSmoothNet
from .motion_refine_net import MotionRefineNet
from .network_facts import NetworkFacts
from .onnx_export import export_onnx
from .onnx_network import OnnxNetwork
from .pose_refiner import PoseRefiner
from .rotation_transformer import RotationTransformer
from .smoothnet import SmoothNet
from .trajectory_transformer import TrajectoryTransformer
from .window_cache import WindowCache
from .window_grid import Vintage, WindowGrid
from .window_inference import refine_sequence
from .window_network import WindowNetwork

__all__ = [
    'Clip', 'DeciWatch', 'Engine', 'FixedLagRefiner', 'GroupedJoints', 'KinematicAttentionNet',
    'MotionAwareSmoothNet', 'MotionRefineNet', 'NetworkFacts', 'OnnxNetwork', 'PoseRefiner',
    'PositionAccelerationLoss', 'RotationTransformer', 'RunningNetwork', 'SmoothNet',
    'TrajectoryTransformer', 'Vintage', 'WeightsFile', 'WindowCache', 'WindowGrid',
    'WindowNetwork', 'build_network',
    'export_onnx', 'infer_motion_refine_net_args', 'infer_smoothnet_args', 'load_network',
    'load_running', 'load_state_dict_file', 'refine_clips', 'refine_fixed_lag',
    'refine_sequence', 'save_safetensors', 'start', 'weights_hash'
]
