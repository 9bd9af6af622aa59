from __future__ import annotations

import numpy as np

from smoothnet_plugin.processing.repeats import repeated_samples


def test_frozen_keypoints_and_doubled_frames(rng):
    x = np.cumsum(rng.normal(0, 1, (60, 5, 2)), axis=0)
    frozen = x.copy()
    frozen[20:35, 3] = frozen[20, 3]
    expected = np.zeros((60, 5), dtype=bool)
    expected[21:35, 3] = True
    np.testing.assert_array_equal(repeated_samples(frozen, 30), expected)
    doubled = np.repeat(x, 2, axis=0)
    np.testing.assert_array_equal(repeated_samples(doubled, 60),
                                  np.tile([[False], [True]], (60, 5)))


def test_rounded_values_repeat_of_their_own_accord(rng):
    x = np.round(np.cumsum(rng.normal(0, 0.3, (60, 5, 2)), axis=0))
    assert (x[1:] == x[:-1]).all(axis=-1).any()
    assert not repeated_samples(x, 30).any()


def test_missing_is_no_repetition():
    x = np.ones((6, 2, 2))
    x[2:, 0] = np.nan
    np.testing.assert_array_equal(repeated_samples(x, 30)[:, 0], [0, 1, 0, 0, 0, 0])
    for total in (0, 1):
        assert not repeated_samples(x[:total], 30).any()
