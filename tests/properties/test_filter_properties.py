"""What holds for every classical filter, whatever the run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smoothnet_plugin.filters import (
    BaseFilter,
    ButterworthFilter,
    DefaultFilter,
    GaussianFilter,
    GeodesicGaussianFilter,
    GeodesicSavgolFilter,
    HampelFilter,
    KalmanFilter,
    LearnedFilter,
    MedianFilter,
    OneEuroFilter,
    OutlierGate,
    RobustFilter,
    RotationKalmanFilter,
    RotationOneEuroFilter,
    SavgolFilter,
    SmoothNetFilter,
    WhittakerFilter,
)
from smoothnet_plugin.registry import SMOOTHERS

FILTERS: dict[str, BaseFilter] = {
    'one_euro': OneEuroFilter(),
    'one_euro_fixed': OneEuroFilter(min_cutoff=3.0, beta=0),
    'one_euro_zero_phase': OneEuroFilter(zero_phase=True),
    'one_euro_legacy': OneEuroFilter(legacy=True),
    'savgol': SavgolFilter(),
    'savgol_cubic': SavgolFilter(window_size=9, polyorder=3),
    'savgol_legacy': SavgolFilter(legacy=True),
    'gaussian': GaussianFilter(),
    'gaussian_truncated': GaussianFilter(window_size=11, sigma=4.0),
    'gaussian_weighted': GaussianFilter(weighting='scores'),
    'gaussian_legacy': GaussianFilter(legacy=True),
    'butterworth': ButterworthFilter(),
    'butterworth_first': ButterworthFilter(cutoff=7.5, order=1),
    'butterworth_fourth': ButterworthFilter(cutoff=6.0, order=4),
    'butterworth_causal': ButterworthFilter(causal=True),
    'median': MedianFilter(),
    'hampel': HampelFilter(),
    'kalman': KalmanFilter(),
    'kalman_acceleration': KalmanFilter(model='constant_acceleration'),
    'kalman_weighted': KalmanFilter(weighting='scores'),
    'kalman_causal': KalmanFilter(causal=True),
    'kalman_causal_weighted': KalmanFilter(causal=True, weighting='scores'),
    'whittaker': WhittakerFilter(),
    'whittaker_third': WhittakerFilter(order=3),
    'whittaker_weighted': WhittakerFilter(weighting='scores'),
}
LEGACY_BLOCKS = 'gaussian_legacy'
# MMPose 0.x had a causal filter, and blocks counted from the first frame.
TIME_SYMMETRIC = [k for k, f in FILTERS.items() if not f.causal and k != LEGACY_BLOCKS]
# A lag at the ends is what the legacy ones are kept for.
KEEP_RAMPS = [k for k in TIME_SYMMETRIC if not k.endswith('legacy')] + [
    'savgol_legacy', 'kalman_causal', 'kalman_causal_weighted']
STREAMED = [k for k, f in FILTERS.items() if f.stream(30, 3, 2) is not None]
FPS = 30.0
WIDE_PRIOR = 3e-6  # what Kalman filters owe to a first state that is almost unknown

every = pytest.mark.parametrize('name', FILTERS)
quick = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 60)


def make_run(seed: int, total: int, keypoints: int = 3, width: int = 2):
    """A person of a size of about 1 who walks about with jitter, and confidences."""
    rng = np.random.default_rng(seed)
    body = rng.normal(0, 1, (1, keypoints, width))
    path = rng.normal(0, 0.05, (total, 1, width)).cumsum(axis=0)
    coords = body + path + rng.normal(0, 0.03, (total, keypoints, width))
    return coords, rng.uniform(0.5, 1, (total, keypoints))


def test_every_registered_filter_is_here():
    registered = {c for c in SMOOTHERS.module_dict.values()
                  if isinstance(c, type) and issubclass(c, BaseFilter)
                  and c.__module__.startswith('smoothnet_plugin.')}
    # These have tests of their own in tests/test_filters.
    others = {LearnedFilter, SmoothNetFilter, DefaultFilter, OutlierGate, RobustFilter,
              GeodesicGaussianFilter, GeodesicSavgolFilter, RotationKalmanFilter,
              RotationOneEuroFilter}
    assert registered - others == {type(f) for f in FILTERS.values()}


@every
@quick
@given(value=st.floats(-1e6, 1e6), total=lengths, seed=seeds)
def test_constants_stay(name, value, total, seed):
    _, scores = make_run(seed, total)
    coords = np.full((total, 3, 2), value)
    filtered = FILTERS[name].filter(coords, fps=FPS, scores=scores)
    np.testing.assert_allclose(filtered, coords, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize('name', KEEP_RAMPS)
@quick
@given(slope=st.floats(-50, 50), total=lengths, seed=seeds)
def test_ramps_stay(name, slope, total, seed):
    _, scores = make_run(seed, total)
    coords = np.broadcast_to(slope * np.arange(float(total))[:, None, None], (total, 3, 2))
    filtered = FILTERS[name].filter(coords, fps=FPS, scores=scores)
    np.testing.assert_allclose(filtered, coords, rtol=0, atol=WIDE_PRIOR * (1 + abs(slope)))


@every
@quick
@given(seed=seeds, total=lengths, scale=st.floats(1e-3, 1e3), offset=st.floats(-1e3, 1e3),
       mirror=st.booleans())
def test_scale_and_offset_pass_through(name, seed, total, scale, offset, mirror):
    coords, scores = make_run(seed, total)
    own = other = FILTERS[name]
    scale = -scale if mirror else scale
    if isinstance(own, OneEuroFilter):
        # Its beta is per unit of speed; normalize='scale' does this division.
        other = OneEuroFilter(own.min_cutoff, own.beta / abs(scale), own.d_cutoff, own.zero_phase,
                              own.legacy)
    expected = scale * own.filter(coords, fps=FPS, scores=scores) + offset
    filtered = other.filter(scale * coords + offset, fps=FPS, scores=scores)
    np.testing.assert_allclose(filtered, expected, rtol=1e-9, atol=1e-9 * (1 + abs(scale)))


@every
@quick
@given(seed=seeds, total=lengths)
def test_keypoints_and_channels_are_alone(name, seed, total):
    coords, scores = make_run(seed, total)
    own = FILTERS[name]
    together = own.filter(coords, fps=FPS, scores=scores)
    for joint, channel in np.ndindex(3, 2):
        alone = own.filter(coords[:, joint:joint + 1, channel:channel + 1], fps=FPS,
                           scores=scores[:, joint:joint + 1])
        np.testing.assert_allclose(
            together[:, joint:joint + 1, channel:channel + 1], alone, atol=1e-10)


@pytest.mark.parametrize('name', TIME_SYMMETRIC)
@quick
@given(seed=seeds, total=lengths)
def test_zero_phase_filters_are_time_symmetric(name, seed, total):
    coords, scores = make_run(seed, total)
    own = FILTERS[name]
    np.testing.assert_allclose(
        own.filter(coords[::-1], fps=FPS, scores=scores[::-1])[::-1],
        own.filter(coords, fps=FPS, scores=scores), atol=WIDE_PRIOR)


@every
@quick
@given(seed=seeds, total=lengths, bad=st.sampled_from([np.nan, np.inf, -np.inf]),
       share=st.floats(0, 1))
def test_finite_comes_out_whatever_comes_in(name, seed, total, bad, share):
    coords, scores = make_run(seed, total)
    rng = np.random.default_rng(seed)
    spoilt, spoilt_scores = coords.copy(), scores.copy()
    spoilt[rng.random(coords.shape) < share] = bad
    spoilt_scores[rng.random(scores.shape) < share / 2] = bad
    seen = np.isfinite(spoilt).all(axis=-1).any(axis=0)
    filtered = FILTERS[name].filter(spoilt, fps=FPS, scores=spoilt_scores)
    assert np.isfinite(filtered[:, seen]).all()
    np.testing.assert_array_equal(filtered[:, ~seen], spoilt[:, ~seen])


@every
def test_any_length_is_legal_and_stays_where_it_is(name):
    own = FILTERS[name]
    window = sum(own.support(FPS)) + 1
    for total in {0, 1, 2, 3, 4, 5, window - 1, window, window + 1}:
        coords, scores = make_run(total, total)
        filtered = own.filter(500 + coords, fps=FPS, scores=scores)
        assert filtered.shape == coords.shape
        if total:
            low, high = 500 + coords.min(axis=0), 500 + coords.max(axis=0)
            margin = 0.5 * (high - low) + 1e-6
            assert (filtered >= low - margin).all() and (filtered <= high + margin).all()
        if total == 1:
            np.testing.assert_allclose(filtered, 500 + coords, rtol=1e-12)


@every
@quick
@given(seed=seeds, place=st.floats(0, 1), change=st.sampled_from(['move', 'jump', 'nan']))
@example(seed=0, place=0.0, change='move')
@example(seed=0, place=1.0, change='move')
@example(seed=0, place=0.5, change='nan')
def test_a_changed_frame_reaches_no_further_than_the_support(name, seed, place, change):
    own = FILTERS[name]
    past, future = own.support(FPS)
    total = past + future + 40
    coords, _ = make_run(seed, total)
    frame = round(place * (total - 1))
    changed = coords.copy()
    changed[frame] += {'move': 0.05, 'jump': 1.0, 'nan': np.nan}[change]
    moved = np.abs(own.filter(changed, fps=FPS) - own.filter(coords, fps=FPS)).max(axis=(1, 2))
    beyond = np.ones(total, dtype=bool)
    beyond[max(0, frame - future):frame + past + 1] = False
    assert moved[beyond].max(initial=0) < 1e-6
    if change == 'jump' and not isinstance(own, MedianFilter | HampelFilter):
        assert moved[~beyond].max() > 0.01


@pytest.mark.parametrize('name', STREAMED)
@quick
@given(seed=seeds, total=lengths)
def test_stream_equals_filter(name, seed, total):
    coords, scores = make_run(seed, total)
    own = FILTERS[name]
    stream = own.stream(FPS, 3, 2)
    rows = np.stack([stream.push(row, weight, np.ones(3, dtype=bool))
                     for row, weight in zip(coords, scores)])
    np.testing.assert_array_equal(rows, own.filter(coords, fps=FPS, scores=scores))


@pytest.mark.parametrize('name', STREAMED)
@quick
@given(seed=seeds)
def test_stream_of_joints_that_come_and_go(name, seed):
    coords, scores = make_run(seed, 30)
    own = FILTERS[name]
    active = np.random.default_rng(seed).random((30, 3)) < 0.7
    spoilt = np.where(active[..., None], coords, np.nan)
    stream = own.stream(FPS, 3, 2)
    rows = np.stack([stream.push(*now) for now in zip(spoilt, scores, active)])
    np.testing.assert_array_equal(np.isnan(rows).any(axis=-1), ~active)
    for joint in range(3):
        there = active[:, joint]
        expected = own.filter(coords[there, joint:joint + 1], fps=FPS,
                              scores=scores[there, joint:joint + 1])
        np.testing.assert_allclose(rows[there, joint], expected[:, 0], atol=1e-12)


@pytest.mark.parametrize('name', STREAMED)
def test_stream_restart_and_clone(name):
    coords, scores = make_run(1, 40)
    own, everyone = FILTERS[name], np.ones(3, dtype=bool)
    stream = own.stream(FPS, 3, 2)
    for row, weight in zip(coords[:20], scores):
        stream.push(row, weight, everyone)
    ahead = stream.clone()
    stream.restart(np.array([False, True, False]))
    rows = np.stack([stream.push(*now, everyone) for now in zip(coords[20:], scores[20:])])
    on = np.stack([ahead.push(*now, everyone) for now in zip(coords[20:], scores[20:])])
    whole = own.filter(coords, fps=FPS, scores=scores)[20:]
    anew = own.filter(coords[20:], fps=FPS, scores=scores[20:])
    np.testing.assert_allclose(on, whole, atol=1e-12)
    np.testing.assert_allclose(rows[:, [0, 2]], whole[:, [0, 2]], atol=1e-12)
    np.testing.assert_allclose(rows[:, 1], anew[:, 1], atol=1e-12)


@every
@pytest.mark.parametrize('dtype', ['float16', 'float32', 'float64'])
def test_kind_and_dtype_are_kept(name, dtype):
    coords, scores = make_run(3, 25)
    own = FILTERS[name]
    array = coords.astype(dtype)
    filtered = own.filter(array, fps=FPS, scores=scores)
    assert filtered.dtype == array.dtype
    tensor = torch.from_numpy(array.copy())
    result = own.filter(tensor, fps=FPS, scores=torch.from_numpy(scores))
    assert isinstance(result, torch.Tensor) and result.dtype == tensor.dtype
    # Torch's half precision goes through single precision and is rounded twice.
    np.testing.assert_allclose(result.numpy(), filtered, rtol=2e-3 if dtype == 'float16' else 0)
    np.testing.assert_array_equal(tensor.numpy(), array)


@every
@pytest.mark.parametrize('fps', [5, 24, 60, 240])
def test_frame_rates_far_and_near(name, fps):
    coords, scores = make_run(4, 50)
    own = FILTERS[name]
    past, future = own.support(fps)
    assert past >= 0 and future >= 0
    filtered = own.filter(coords, fps=fps, scores=scores)
    assert np.abs(np.diff(filtered, 2, axis=0)).mean() <= np.abs(np.diff(coords, 2, axis=0)).mean()
