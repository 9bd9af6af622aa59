"""Transforms of pose windows: noise, frame rates, cameras, rotations."""

from .base import PoseTransform
from .detector_noise import NOISE_PROFILES, DetectorNoise
from .geometry import LeftRightFlip, RandomCamera, RandomRotation
from .mix_joints import MixJoints
from .noise import GaussianPoseNoise
from .resample import ResampleFps

__all__ = [
    'NOISE_PROFILES', 'DetectorNoise', 'GaussianPoseNoise', 'LeftRightFlip', 'MixJoints',
    'PoseTransform', 'RandomCamera', 'RandomRotation', 'ResampleFps'
]
