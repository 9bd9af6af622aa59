"""Runs of keypoints are filtered side by side, each as if it were alone."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from smoothnet_plugin.filters import (
    BaseFilter,
    ButterworthFilter,
    GaussianFilter,
    HampelFilter,
    KalmanFilter,
    MedianFilter,
    OneEuroFilter,
    SavgolFilter,
    Support,
    WhittakerFilter,
)
from smoothnet_plugin.processing.normalization import Normalization
from smoothnet_plugin.processing.runs import Runs
from smoothnet_plugin.smoothers import chain
from smoothnet_plugin.smoothers.chain import Segment, Stage, apply_together


class EveryTenth(BaseFilter):
    """Keeps every tenth frame of the segment, and takes the middle of the run off the others."""

    uses_origin = True

    def support(self, fps):
        return Support(0, 0)

    def _filter(self, coords, fps, weights):
        return coords - coords.mean(axis=0)

    def _filter_newest(self, coords, fps, weights, first, origin):
        assert origin is not None
        kept = (np.arange(len(coords)) + origin) % 10 == 0
        return np.where(kept[:, None, None], coords, self._filter(coords, fps, weights))


FILTERS = {
    'one_euro': OneEuroFilter(), 'zero_phase': OneEuroFilter(zero_phase=True),
    'kalman': KalmanFilter(), 'kalman, causal': KalmanFilter(causal=True, weighting='scores'),
    'kalman, weighted': KalmanFilter(weighting='scores'), 'gaussian': GaussianFilter(),
    'savgol': SavgolFilter(), 'butterworth': ButterworthFilter(),
    'butterworth, causal': ButterworthFilter(causal=True), 'median': MedianFilter(),
    'hampel': HampelFilter(), 'whittaker': WhittakerFilter(weighting='scores'),
    'origin': EveryTenth(),
}


@pytest.mark.parametrize('name', FILTERS)
@pytest.mark.parametrize('normalized', [False, True])
def test_a_run_is_filtered_as_if_alone(name, normalized, rng, monkeypatch):
    coords = 100 + rng.normal(size=(90, 7, 3)).cumsum(axis=0)
    inside = rng.random((90, 7)) < 0.9
    inside[:, 5], inside[:70, 6] = True, True
    weights = np.where(inside, rng.uniform(0.2, 1, (90, 7)), 0.0)
    normalization = Normalization(np.zeros(3), 1.0) if not normalized else Normalization(
        rng.normal(size=(7, 3)), rng.uniform(1, 2, (7, 1)))
    stage = Stage(FILTERS[name], normalization)
    together = apply_together([Segment(stage, coords, inside, weights, origin=4)], 30.0)[0]

    def one_by_one(mask, **_):
        for joint, column in enumerate(mask.T):
            edges = np.flatnonzero(np.diff(np.r_[False, column, False]))
            for start, stop in edges.reshape(-1, 2):
                yield Runs(*(np.array([value]) for value in (joint, start, stop - start)))

    monkeypatch.setattr(chain, 'runs', one_by_one)
    alone = apply_together([Segment(stage, coords, inside, weights, origin=4)], 30.0)[0]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    np.testing.assert_array_equal(together[~inside], coords[~inside])


def test_long_runs_take_little_memory_beside_their_result(rng, monkeypatch):
    coords = rng.normal(size=(4000, 17, 2))
    inside = np.ones(coords.shape[:2], dtype=bool)
    inside[0, 3] = inside[1000:1050, 5] = False
    stage = Stage(GaussianFilter(), Normalization(np.zeros(2), 1.0))
    segment = Segment(stage, coords, inside, None)

    def peak():
        tracemalloc.start()
        [result] = apply_together([segment], 30.0)
        copies = tracemalloc.get_traced_memory()[1] / coords.nbytes
        tracemalloc.stop()
        return result, copies

    at_once, much = peak()
    monkeypatch.setattr(chain, '_SAMPLES_AT_ONCE', 1)
    one_by_one, little = peak()
    np.testing.assert_allclose(one_by_one, at_once, rtol=1e-12)
    assert little < 1.8 < 3 < much
