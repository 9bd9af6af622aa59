"""Pure array functions: gaps, normalisation, windows, rotations."""

from .rotations import (
    ROTATIONS,
    continuous_in_time,
    from_rot6d,
    from_rotmat,
    to_rot6d,
    to_rotmat,
)
from .windows import pad_to, sliding_windows, training_windows, window_starts

__all__ = [
    'ROTATIONS', 'continuous_in_time', 'from_rot6d', 'from_rotmat', 'pad_to', 'sliding_windows',
    'to_rot6d', 'to_rotmat', 'training_windows', 'window_starts'
]
