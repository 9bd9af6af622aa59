from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.datasets.transforms import MixJoints
from smoothnet_plugin.errors import ConfigError

from ..conftest import make_batch


def disturbed():
    batch = make_batch()
    batch.inputs = batch.inputs + 0.01
    return batch


def test_every_joint_moves_as_the_same_joint_of_some_window(rng):
    before, after = disturbed(), MixJoints(1.)(disturbed(), rng)
    paths = before.target - before.centre()[:, None, None]
    mixed = after.target - before.centre()[:, None, None]
    sources = set()
    for item in range(len(before)):
        for joint in range(paths.shape[2]):
            distance = np.abs(paths[:, :, joint] - mixed[item, :, joint]).max(axis=(1, 2))
            assert distance.min() < 1e-5
            sources.add((item, int(distance.argmin())))
    assert len(sources) > len(before)
    # Estimate and truth stay together.
    np.testing.assert_allclose(after.inputs - after.target, 0.01, atol=1e-5)


def test_masks_and_scores_go_with_their_joint(rng):
    batch = disturbed()
    batch.mask[0, :, 1] = False
    batch.scores = np.where(batch.mask, np.float32(0.9), np.float32(0.1))
    batch = MixJoints(1.)(batch, rng)
    assert batch.mask[:, :, [0, 2]].all()
    np.testing.assert_array_equal(batch.scores == np.float32(0.9), batch.mask)


def test_only_the_share_that_was_asked_for(rng):
    np.testing.assert_array_equal(MixJoints(0.)(disturbed(), rng).inputs, disturbed().inputs)
    same = make_batch()
    assert MixJoints(1.)(same, rng).inputs is same.target
    with pytest.raises(ConfigError, match='MixJoints.prob'):
        MixJoints(1.5)
