"""Datasets for training and test: published sets, plain npz files, motion capture with noise."""

from .clips import PoseClips
from .metainfo import PUBLISHED_SETS
from .paired import MocapDataset, PairedPoseDataset
from .pose_dataset import PoseDataset
from .published import PublishedPoseDataset
from .transforms import (
    NOISE_PROFILES,
    DetectorNoise,
    GaussianPoseNoise,
    LeftRightFlip,
    MixJoints,
    PoseTransform,
    RandomCamera,
    RandomRotation,
    ResampleFps,
)
from .window_batch import WindowBatch, pose_collate
from .wrappers import ConcatPoseDataset, RoundRobinBatchSampler

__all__ = [
    'NOISE_PROFILES', 'PUBLISHED_SETS', 'ConcatPoseDataset', 'DetectorNoise', 'GaussianPoseNoise',
    'LeftRightFlip', 'MixJoints', 'MocapDataset', 'PairedPoseDataset', 'PoseClips',
    'PoseDataset', 'PoseTransform', 'PublishedPoseDataset', 'RandomCamera', 'RandomRotation',
    'ResampleFps', 'RoundRobinBatchSampler', 'WindowBatch', 'pose_collate'
]
