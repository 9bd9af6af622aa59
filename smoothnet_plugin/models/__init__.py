"""Networks, losses, weight files, and the refining of whole sequences.

The two that train networks are imported when they are first used: they need MMEngine's models,
which takes as long as all else here, and smoothing does not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
from .grouped_joints import GroupedJoints
from .kinematic_attention import KinematicAttentionNet
from .losses import PositionAccelerationLoss
from .motion_aware import MotionAwareSmoothNet
from .motion_refine_net import MotionRefineNet
from .network_facts import NetworkFacts
from .onnx_export import export_onnx
from .onnx_network import OnnxNetwork
from .rotation_transformer import RotationTransformer
from .smoothnet import SmoothNet
from .trajectory_transformer import TrajectoryTransformer
from .window_cache import WindowCache
from .window_grid import Vintage, WindowGrid
from .window_inference import refine_sequence
from .window_network import WindowNetwork

if TYPE_CHECKING:
    from .fixed_lag_refiner import FixedLagRefiner
    from .pose_refiner import PoseRefiner

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

_LOCATIONS = {'FixedLagRefiner': '.fixed_lag_refiner', 'PoseRefiner': '.pose_refiner'}


def __getattr__(name: str) -> Any:
    if name not in _LOCATIONS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(_LOCATIONS[name], __name__), name)
