"""Pure array functions: missing values, normalisation, windows, rotations."""

from ..utils.deprecation import deprecated_names
from .rotations import (
    ROTATIONS,
    continuous_in_time,
    from_rot6d,
    from_rotmat,
    to_rot6d,
    to_rotmat,
)
from .windows import pad_to, training_windows

__all__ = [
    'ROTATIONS', 'continuous_in_time', 'from_rot6d', 'from_rotmat', 'pad_to', 'to_rot6d',
    'to_rotmat', 'training_windows'
]

_TRACKING = ('PoseTracker', 'Tracker', 'build_tracker', 'frames_from_tracks', 'tracks_from_frames')
__getattr__ = deprecated_names(
    __name__, {name: f'smoothnet_plugin.tracking:{name}' for name in _TRACKING},
    removed_in='0.3.0')
