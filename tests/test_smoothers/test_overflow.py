"""Absurd but finite values: finite results, or an error that names frame and keypoint."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.smoothers import build_smoother

NAMES = ('default', 'robust', 'classical', 'one_euro', 'one_euro_zero_phase', 'savgol', 'gaussian',
         'butterworth', 'median', 'hampel', 'kalman', 'whittaker')
PLAIN = ('OneEuroFilter', 'SavgolFilter', 'GaussianFilter', 'ButterworthFilter', 'KalmanFilter',
         'WhittakerFilter', 'MedianFilter', 'HampelFilter')


@pytest.fixture
def coords(rng):
    return np.cumsum(rng.normal(0, 1, (60, 17, 2)), axis=0) + 300


@pytest.mark.parametrize('entry', [*NAMES, *(dict(type=name) for name in PLAIN)], ids=str)
@pytest.mark.parametrize('dtype, value', [(np.float64, 1e30), (np.float64, -1e150),
                                          (np.float32, 1e30)])
def test_finite_in_finite_out(coords, entry, dtype, value):
    coords[20, 3, 0] = coords[31, 9, 1] = value
    coords = coords.astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        whole = smooth(coords, entry, fps=30)
        smoother = build_smoother(entry, fps=30, lookahead=3)
        frames = [f for pose in coords for f in smoother.step({'a': pose})] + smoother.flush()
    live = np.stack([f.instances[0].keypoints for f in frames])
    assert whole.dtype == live.dtype == dtype
    assert np.isfinite(whole).all() and np.isfinite(live).all()


@pytest.mark.parametrize('name', NAMES)
def test_up_to_the_largest_number_the_gate_holds_or_an_error_comes(coords, name):
    coords[20, 3, 0] = 1.7e308
    with np.errstate(all='ignore'):
        try:
            assert np.isfinite(smooth(coords, name, fps=30)).all()
        except DataFormatError as error:
            assert 'Frame 20, keypoint 3' in str(error)
            assert name in ('one_euro',)


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('value', [1e155, -1e200, 1.7e308])
def test_live_absurd_values_are_held_or_refused(coords, name, value):
    """Beyond 1e150 a frame is finite, or is refused and the video goes on without it."""
    smoother, refused = build_smoother(name, fps=30, lookahead=4), 0
    wrong = coords.copy()
    wrong[20, 3, 0] = wrong[33, 7, 1] = value
    frames = []
    with np.errstate(all='ignore'):
        for pose in wrong:
            try:
                frames += smoother.step({'a': pose})
            except DataFormatError as error:
                refused += 1
                assert 'keypoint 3' in str(error) or 'keypoint 7' in str(error)
    frames += smoother.flush()
    assert refused in (0, 2) and len(frames) == 60 - refused
    live = np.stack([frame.instances[0].keypoints for frame in frames])
    assert np.isfinite(live).all()
    others = np.delete(live, (3, 7), axis=1)
    assert np.abs(others).max() < 2 * np.abs(coords).max()


@pytest.mark.parametrize('name', ['OneEuroFilter', 'SavgolFilter'])
def test_overflow_names_frame_and_keypoint(coords, name):
    coords[20:24, 3, 0] = (1.7e308, -1.7e308, 1.7e308, -1.7e308)
    with np.errstate(all='ignore'), pytest.raises(
            DataFormatError, match=r'Frame \d+, keypoint 3: smoothing overflows'):
        smooth(coords, dict(type=name), fps=30)
    smoother = build_smoother(dict(type=name), fps=30)
    for pose in coords[:20]:
        smoother.step({'a': pose})
    with pytest.raises(DataFormatError, match="Frame 20, person 'a', keypoint 3"):
        smoother.step({'a': coords[20]})
    # The refused frame has changed nothing.
    out = [f for pose in coords[24:] for f in smoother.step({'a': pose})] + smoother.flush()
    assert all(np.isfinite(f.instances[0].keypoints).all() for f in out)


def test_an_outlier_moves_no_other_joint_of_filters_of_single_joints(coords):
    base = smooth(coords, dict(type='SavgolFilter'), fps=30)
    coords[20, 3, 0] = 1e9
    moved = np.abs(smooth(coords, dict(type='SavgolFilter'), fps=30) - base)
    assert np.delete(moved, 3, axis=1).max() == 0


@pytest.mark.parametrize('entry', [*NAMES, *(dict(type=name) for name in PLAIN)], ids=str)
@pytest.mark.parametrize('share', [0.3, 1.0])
def test_many_of_the_largest_numbers(rng, entry, share):
    """No filter of a chain has another error for what the filter before it overflows to."""
    coords = rng.normal(0, 100, (12, 5, 2))
    wrong = rng.random(coords.shape) < share
    coords[wrong] = rng.choice([-1.7e308, 1.7e308], wrong.sum())
    with np.errstate(all='ignore'), warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)
        try:
            assert np.isfinite(smooth(coords, entry, fps=30)).all()
        except DataFormatError as error:
            assert 'smoothing overflows' in str(error)
