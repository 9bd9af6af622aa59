"""Long runs are filtered in blocks of frames or parts of keypoints: the results stay the same."""

from itertools import pairwise

import numpy as np
import pytest

from smoothnet_plugin.filters import (
    DefaultFilter,
    KalmanFilter,
    LearnedFilter,
    OneEuroFilter,
    OutlierGate,
    RobustFilter,
    WhittakerFilter,
    _blockwise,
    _parts,
    _together,
    learned_filter,
)
from tests.walking import walking_person

FPS = 30.0


def run(frames: int) -> np.ndarray:
    """Noise, outliers and gaps of up to three seconds on a person 1.7 m tall."""
    rng = np.random.default_rng(0)
    coords = walking_person(frames, FPS, speed=0.0)
    coords += rng.normal(0, 0.01, coords.shape)
    coords[rng.random(coords.shape[:2]) < 0.02] += 0.5
    for keypoint in range(0, 17, 2):
        for start in rng.integers(0, frames, 5):
            coords[start:start + rng.integers(1, 90), keypoint] = np.nan
    return coords


@pytest.mark.parametrize('entry', [RobustFilter(), OutlierGate(), DefaultFilter()])
def test_blocks_equal_the_whole(entry, monkeypatch):
    coords = run(1500)
    whole = entry.filter(coords, fps=FPS, origin=0)
    monkeypatch.setattr(_blockwise, '_FEWEST_IN_BLOCK', 500)
    monkeypatch.setattr(_blockwise, '_SAMPLES_IN_BLOCK', 1)
    sizes = []
    stacked = _together.stacked

    def seen(runs, numbers):
        sizes.append(max(len(runs[i].coords) for i in numbers))
        return stacked(runs, numbers)

    for module in (_together, *(__import__(
            f'smoothnet_plugin.filters.{name}', fromlist=['stacked'])
            for name in ('robust_filter', 'outlier_gate', 'blended_filter'))):
        monkeypatch.setattr(module, 'stacked', seen)
    blocks = entry.filter(coords, fps=FPS, origin=0)
    assert max(sizes) <= 500 + 2 * 300
    np.testing.assert_allclose(blocks, whole, atol=1e-5 * 1.7, rtol=0)


def test_keypoints_that_are_missing_in_a_whole_block(monkeypatch):
    coords = run(1500)
    coords[100:1450, 4] = np.nan
    whole = RobustFilter().filter(coords, fps=FPS)
    monkeypatch.setattr(_blockwise, '_FEWEST_IN_BLOCK', 500)
    monkeypatch.setattr(_blockwise, '_SAMPLES_IN_BLOCK', 1)
    blocks = RobustFilter().filter(coords, fps=FPS)
    # The size of the body, which noise is measured in, differs a little.
    np.testing.assert_allclose(blocks, whole, atol=1e-3 * 1.7, rtol=0)
    assert np.abs(blocks - whole).mean() < 1e-5


def test_short_runs_are_whole():
    coords = run(900)
    runs = []

    def work(given):
        runs.extend(given)
        return [entry.coords for entry in given]

    [result] = _blockwise.in_blocks(
        work, [_together.Run(coords)], RobustFilter()._cut(FPS))
    assert len(runs) == 1 and result is coords


@pytest.mark.parametrize('fps', [30.0, 120.0])
@pytest.mark.parametrize(('first', 'origin'), [(0, 0), (0, 5), (700, 3), (650, None)])
def test_network_in_blocks(first, origin, fps, monkeypatch):
    entry, coords = LearnedFilter(), run(1100)
    asked = dict(fps=fps, first=first, origin=origin)
    whole = entry.filter(coords, **asked)
    monkeypatch.setattr(learned_filter, '_FEWEST_IN_BLOCK', 300)
    monkeypatch.setattr(learned_filter, '_SAMPLES_IN_BLOCK', 1)
    lengths, refine = [], entry.refine_many

    def seen(clips, *rest):
        lengths.extend(map(len, clips))
        return refine(clips, *rest)

    monkeypatch.setattr(entry, 'refine_many', seen)
    blocks = entry.filter(coords, **asked)
    assert len(lengths) > 1 and max(lengths) < 600
    np.testing.assert_allclose(blocks[first:], whole[first:], atol=1e-6, rtol=0)


@pytest.mark.parametrize('weighted', [False, True])
@pytest.mark.parametrize('entry', [
    KalmanFilter(weighting='scores'), KalmanFilter(causal=True), OneEuroFilter(zero_phase=True),
    WhittakerFilter(), WhittakerFilter(weighting='scores')])
def test_parts_equal_the_whole(entry, weighted, monkeypatch):
    coords = run(200)
    scores = np.random.default_rng(0).uniform(0.2, 1, coords.shape[:2]) if weighted else None
    whole = entry.filter(coords, fps=FPS, scores=scores)
    monkeypatch.setattr(_parts, 'LONG', 100)
    assert len(_parts.parts_of(len(coords), coords.shape[1], 3)) == 3
    parts = entry.filter(coords, fps=FPS, scores=scores)
    np.testing.assert_allclose(parts, whole, atol=1e-12, rtol=0)


@pytest.mark.parametrize(('curves', 'most', 'sizes'), [
    (17, 3, [6, 5, 6]), (2, 4, [1, 1]), (1, 2, [1])])
def test_parts_hold_every_curve_once(curves, most, sizes):
    parts = _parts.parts_of(_parts.LONG, curves, most)
    assert [part.stop - part.start for part in parts] == sizes
    assert parts[0].start == 0 and parts[-1].stop == curves
    assert all(one.stop == other.start for one, other in pairwise(parts))
    assert _parts.parts_of(_parts.LONG - 1, curves, most) == [slice(0, curves)]
