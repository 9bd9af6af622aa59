from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d
from scipy.stats import kurtosis

from smoothnet_plugin.datasets import DetectorNoise, GaussianPoseNoise
from smoothnet_plugin.datasets.transforms.detector_noise import NOISE_PROFILES
from smoothnet_plugin.datasets.transforms.random_processes import ar1, episodes, slow_drift
from smoothnet_plugin.errors import ConfigError

from ..conftest import make_batch

STILL = {'drift_std': 0., 'joint_spread': 0., 'distal_gain': 1., 'burst_rate': 0.,
         'dropout_rate': 0., 'swap_rate': 0.}


def residual(transform, batch, seed=0):
    batch = transform(batch, np.random.default_rng(seed))
    return batch.inputs.astype(np.float64) - batch.target, batch


def lag1(values):
    return (values[:, 1:] * values[:, :-1]).mean() / (values**2).mean()


@pytest.mark.parametrize(('prob', 'expected'), [(0.1, 11.46), (0.5, 48.42), (0.9, 74.46)])
def test_gaussian_gives_the_input_errors_of_table_10(prob, expected):
    noise, _ = residual(GaussianPoseNoise(50., prob), make_batch(400, 60))
    mpjpe = 1000 * np.linalg.norm(noise, axis=-1).mean()
    assert mpjpe == pytest.approx(expected, rel=0.01)


def test_gaussian_is_white_and_in_the_unit_asked_for():
    noise, batch = residual(GaussianPoseNoise(8., unit='px'), make_batch(
        300, 60, unit='px', width=2))
    assert noise.std() == pytest.approx(8, rel=0.01) and abs(lag1(noise)) < 0.01
    batch = make_batch(300, 60)
    size = batch.body_size()
    noise, _ = residual(GaussianPoseNoise(0.1, unit='body'), batch)
    np.testing.assert_allclose(noise.std(axis=(1, 2, 3)) / size, 0.1, rtol=0.15)
    batch = make_batch(300, 60, unit='px', width=2)
    batch.scale = np.tile(np.float32([500, 250]), (300, 1))
    noise, _ = residual(GaussianPoseNoise(10., unit='px'), batch)
    np.testing.assert_allclose(noise.std(axis=(0, 1, 2)) * [500, 250], 10, rtol=0.02)


@pytest.mark.parametrize('fps', [15., 60.])
@pytest.mark.parametrize(('std', 'autocorrelation', 'excess'), [
    (5., 0., 0.), (12., 0.5, 3.), (25., 0.9, 7.)])
def test_detector_noise_has_the_stated_statistics(fps, std, autocorrelation, excess):
    transform = DetectorNoise(**STILL, std=std, autocorrelation=autocorrelation, kurtosis=excess)
    noise, _ = residual(transform, make_batch(500, 200, fps=fps))
    assert 1000 * noise.std() == pytest.approx(std, rel=0.03)
    assert lag1(noise) == pytest.approx(autocorrelation, abs=0.02)
    assert kurtosis(noise.ravel()) == pytest.approx(excess, abs=0.1 + 0.15 * excess)


#: Fast std, slow std, lag-1 autocorrelation and kurtosis of real estimators, and their rates.
MEASURED = {
    'stacked_hourglass_2d': (50., 3.8, 5.6, 0.47, 5.8),
    'blazepose_2d': (60., 5.0, 8.4, 0.83, 14.5),
    'blazepose_3d': (60., 25., 54., 0.88, 7.5),
    'kinect_v2_3d': (30., 6.4, 6.1, 0.79, 2.9),
}


@pytest.mark.parametrize('profile', MEASURED)
def test_profiles_resemble_the_measured_estimators(profile):
    fps, fast_std, slow_std, autocorrelation, excess = MEASURED[profile]
    unit = {'px': 'px', 'mm': 'm'}[NOISE_PROFILES[profile][0]]
    batch = make_batch(300, 400, fps=fps, unit=unit, width=2 if unit == 'px' else 3)
    noise, _ = residual(DetectorNoise(profile), batch)
    noise *= 1000 if unit == 'm' else 1
    slow = uniform_filter1d(noise, 31, axis=1)[:, 15:-15]
    fast = noise[:, 15:-15] - slow
    assert fast.std() == pytest.approx(fast_std, rel=0.06)
    assert slow.std() == pytest.approx(slow_std, rel=0.06)
    # An AR(1) minus its running mean cannot come closer to BlazePose, which smooths itself.
    assert lag1(fast) == pytest.approx(autocorrelation, abs=0.08 if 'blaze' in profile else 0.02)
    assert kurtosis(fast.ravel()) == pytest.approx(excess, rel=0.2)


def test_a_range_is_drawn_from_by_window():
    transform = DetectorNoise(**STILL, std=(5., 20.), autocorrelation=0., kurtosis=0.)
    noise, _ = residual(transform, make_batch(2000, 60))
    stds = 1000 * noise.std(axis=(1, 2, 3))
    assert 4 < stds.min() < 6 and 18 < stds.max() < 22
    assert np.median(stds) == pytest.approx(10, rel=0.05)


def test_distal_keypoints_err_more_and_the_mean_square_stays():
    still = {**STILL, 'distal_gain': 3.}
    batch = make_batch(300, 60)
    reach = batch.reach()
    noise, _ = residual(DetectorNoise(**still, std=10., autocorrelation=0., kurtosis=0.), batch)
    by_keypoint = 1000 * noise.std(axis=(1, 3))
    far, near = reach.argmax(axis=1)[:, None], reach.argmin(axis=1)[:, None]
    ratio = (np.take_along_axis(by_keypoint, far, 1) / np.take_along_axis(by_keypoint, near, 1))
    assert np.median(ratio) == pytest.approx(3, rel=0.1)
    assert np.sqrt((by_keypoint**2).mean()) == pytest.approx(10, rel=0.03)


def test_dropouts_are_interpolated_and_masked_by_limb():
    transform = DetectorNoise(**{**STILL, 'dropout_rate': 0.5}, std=5., autocorrelation=0.5,
                              kurtosis=0., with_scores=True, dropout_seconds=0.3)
    _, batch = residual(transform, make_batch(300, 60))
    lost = ~batch.mask
    assert np.isfinite(batch.inputs).all()
    # Rate x duration of each of the two arms; the others are never hidden.
    assert lost[..., 2:].mean() == pytest.approx(0.5 * 0.3 / (1 + 0.5 * 0.3), rel=0.15)
    assert not lost[..., :2].any()
    assert (lost[..., 2] == lost[..., 3]).all() and (lost[..., 2] == lost[..., 4]).all()
    assert (batch.scores[lost] == 0).all() and (batch.scores[~lost] > 0).all()
    inside = lost[:, 1:-1, 2] & lost[:, :-2, 2] & lost[:, 2:, 2]
    bend = np.abs(np.diff(batch.inputs[:, :, 2], n=2, axis=1)).max(axis=-1)
    assert bend[inside].max() < 1e-5
    _, batch = residual(DetectorNoise(**{**STILL, 'dropout_rate': 0.5}, loss_on_dropouts=True,
                                      std=5., autocorrelation=0.5, kurtosis=0.), make_batch(50, 60))
    assert batch.mask.all()


def test_swaps_exchange_limbs():
    transform = DetectorNoise(**{**STILL, 'swap_rate': 1.}, std=0., autocorrelation=0.,
                              kurtosis=0., swap_seconds=0.2)
    _, batch = residual(transform, make_batch(300, 60))
    swapped = (batch.inputs[:, :, 4] == batch.target[:, :, 7]).all(axis=-1)
    assert swapped.mean() == pytest.approx(0.2 / 1.2, rel=0.15)
    assert (batch.inputs[:, :, 7] == batch.target[:, :, 4]).all(axis=-1)[swapped].all()
    assert (batch.inputs == batch.target)[~swapped].all()
    assert (batch.inputs == batch.target)[:, :, :2].all()


def test_bursts_raise_the_error_and_lower_the_score():
    transform = DetectorNoise(**{**STILL, 'burst_rate': 1.}, std=5., autocorrelation=0.,
                              kurtosis=0., burst_gain=6., burst_seconds=0.5, with_scores=True)
    noise, batch = residual(transform, make_batch(300, 60))
    assert 1000 * noise[:, :, :2].std() == pytest.approx(5, rel=0.05)
    assert 1000 * noise[:, :, 2:].std() > 12
    size = np.linalg.norm(noise[:, :, 2:], axis=-1)
    low = batch.scores[:, :, 2:] < 0.4
    assert size[low].mean() > 3 * size[~low].mean()


def test_some_windows_stay_clean():
    noise, _ = residual(DetectorNoise(prob=0.3), make_batch(1000, 10))
    assert (noise == 0).all(axis=(1, 2, 3)).mean() == pytest.approx(0.7, abs=0.05)


def test_nameless_keypoints_and_single_frames():
    for frames in (0, 1, 2):
        noise, batch = residual(DetectorNoise(burst_rate=5., dropout_rate=5., swap_rate=5.),
                                make_batch(20, frames, names=[f'k{i}' for i in range(5)]))
        assert noise.shape == (20, frames, 5, 3) and np.isfinite(noise).all()
    assert batch.inputs.dtype == np.float32


@pytest.mark.parametrize(('make', 'message'), [
    (lambda: DetectorNoise('kinect'), "Unknown profile 'kinect'.*kinect_v2_3d"),
    (lambda: DetectorNoise(drift=3.), "no parameter 'drift'. Did you mean 'drift_std'"),
    (lambda: DetectorNoise(std=(5., 2.)), r'std is \(5.0, 2.0\); expected 0 <= low <= high'),
    (lambda: DetectorNoise(std='much'), "std is 'much'; expected a number"),
    (lambda: DetectorNoise(autocorrelation=1.), 'values up to 0.999'),
    (lambda: DetectorNoise(unit='m'), "unit is 'm'; expected one of: mm, px, body"),
    (lambda: GaussianPoseNoise(5., prob=1.5), 'prob is 1.5'),
    (lambda: DetectorNoise('detector_2d')(make_batch(), np.random.default_rng(0)),
     "has the unit 'px', but its input is in 'm'"),
    (lambda: GaussianPoseNoise(5.)(make_batch(unit='', width=6), np.random.default_rng(0)),
     "in 'rotations'"),
])
def test_bad_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_processes(rng):
    values = ar1(rng, 2000, (500,), 0.8)
    assert values.std() == pytest.approx(1, rel=0.02)
    assert values[0].std() == pytest.approx(1, rel=0.1)
    assert lag1(values.T) == pytest.approx(0.8, abs=0.01)
    drift = slow_drift(rng, 100, (400, 3), np.full((400, 4), 0.005))
    assert drift.std() == pytest.approx(1, rel=0.06) and lag1(drift) > 0.99
    inside = episodes(rng, 3000, (50, 4), np.full(50, 0.02), np.full(50, 10.))
    begins = (inside[:, 1:] & ~inside[:, :-1]).sum() / (~inside[:, :-1]).sum()
    assert begins == pytest.approx(0.02, rel=0.05)
    assert inside.mean() == pytest.approx(0.02 / (0.02 + 0.1), rel=0.05)
