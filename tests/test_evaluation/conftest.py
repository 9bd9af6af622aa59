from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def clip(rng):
    """Motion of 6 keypoints in metres, an estimate of it and a mask with holes."""
    time = np.arange(40)[:, None, None] / 30
    phase = rng.uniform(0, 6, (1, 6, 3))
    target = np.sin(2 * np.pi * time * rng.uniform(0.3, 1, (1, 6, 3)) + phase)
    pred = target + rng.normal(0, 0.05, target.shape)
    mask = rng.random((40, 6)) > 0.1
    mask[:, :2] = True
    return pred, target, mask


def make_sample(pred, inputs, target, name='a', **meta):
    frames, keypoints, channels = np.shape(pred)
    three = channels == 3
    return {
        'pred': pred, 'inputs': inputs, 'target': target,
        'mask': np.ones((frames, keypoints), dtype=bool),
        'meta': {'name': name, 'dataset': 'test', 'fps': 30.0, 'root_indices': [0],
                 'unit': 'm' if three else 'px',
                 'representation': 'keypoints_3d' if three else 'keypoints_2d', **meta}}


@pytest.fixture
def sample():
    return make_sample
