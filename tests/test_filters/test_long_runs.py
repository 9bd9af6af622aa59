"""Long runs go through robust track, gate and blend in blocks: the results stay the same."""

import numpy as np
import pytest

from smoothnet_plugin.filters import DefaultFilter, OutlierGate, RobustFilter, _together
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
    monkeypatch.setattr(_together, '_FEWEST_IN_BLOCK', 500)
    monkeypatch.setattr(_together, '_SAMPLES_IN_BLOCK', 1)
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
    monkeypatch.setattr(_together, '_FEWEST_IN_BLOCK', 500)
    monkeypatch.setattr(_together, '_SAMPLES_IN_BLOCK', 1)
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

    [result] = _together.in_blocks(work, [_together.Run(coords)], FPS)
    assert len(runs) == 1 and result is coords
