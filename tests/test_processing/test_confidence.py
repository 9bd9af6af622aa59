from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.confidence import LEAST, NOT_FOUND, score_weights


@pytest.mark.parametrize('value', [1.0, 0.6, 0.02, 0.0, 87.0, np.nan])
def test_constant_scores_say_nothing(value):
    np.testing.assert_array_equal(score_weights(np.full((40, 3), value), 30), 1.0)


@pytest.mark.parametrize('usual', [0.6, 0.99, 40.0])
def test_what_counts_is_the_share_of_the_usual_score(usual):
    scores = np.full((60, 1), usual)
    scores[30] = usual / 4
    scores[31] = usual / 1000
    scores[32] = 0
    scores[33] = 2 * usual
    weights = score_weights(scores, 30)
    np.testing.assert_allclose(weights[29:34, 0], [1, 0.25, LEAST, NOT_FOUND, 1])


def test_monotone_in_the_score_and_each_keypoint_alone(rng):
    scores = rng.uniform(0.4, 0.9, (50, 4))
    base = score_weights(scores, 25)
    better = scores.copy()
    better[20, 2] += 0.05
    weights = score_weights(better, 25)
    assert weights[20, 2] >= base[20, 2]
    np.testing.assert_array_equal(np.delete(weights, 2, axis=1), np.delete(base, 2, axis=1))
    assert (base > 0).all() and (base <= 1).all()


def test_usual_is_that_of_the_time_around():
    scores = np.r_[np.full(100, 0.9), np.full(100, 0.3)][:, None]
    weights = score_weights(scores, 20)
    assert (weights[:75] == 1).all() and (weights[130:] == 1).all()
    assert weights[105] == pytest.approx(1 / 3)


def test_nothing_in_nothing_out():
    assert score_weights(np.zeros((0, 17)), 30).shape == (0, 17)
    assert score_weights(np.zeros((5, 0)), 30).shape == (5, 0)
