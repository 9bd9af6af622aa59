"""Pure array functions: gaps, normalisation, windows, rotations; and tracking."""

from .assemble import frames_from_tracks, tracks_from_frames
from .rotations import (
    ROTATIONS,
    continuous_in_time,
    from_rot6d,
    from_rotmat,
    to_rot6d,
    to_rotmat,
)
from .tracking import PoseTracker, Tracker, build_tracker
from .windows import pad_to, sliding_windows, training_windows, window_starts

__all__ = [
    'ROTATIONS', 'PoseTracker', 'Tracker', 'build_tracker', 'continuous_in_time',
    'frames_from_tracks', 'from_rot6d', 'from_rotmat', 'pad_to', 'sliding_windows', 'to_rot6d',
    'to_rotmat', 'tracks_from_frames', 'training_windows', 'window_starts'
]
