"""Pure array functions: gaps, normalisation, windows, rotations; and tracking.

The modules with a single user are imported by their own name.
"""

from .assemble import frames_from_tracks, tracks_from_frames
from .tracking import PoseTracker, Tracker, build_tracker

__all__ = ['PoseTracker', 'Tracker', 'build_tracker', 'frames_from_tracks', 'tracks_from_frames']
