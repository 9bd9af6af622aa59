"""Track ids for people without them, and conversion between frames and tracks."""

from .assemble import frames_from_tracks, tracks_from_frames
from .build import Tracker, build_tracker
from .tracker import PoseTracker

__all__ = ['PoseTracker', 'Tracker', 'build_tracker', 'frames_from_tracks', 'tracks_from_frames']
