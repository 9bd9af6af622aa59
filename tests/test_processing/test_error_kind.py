from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.error_kind import KIND_MEASURES, KINDS, kind_measures
from smoothnet_plugin.processing.outliers import gate
from smoothnet_plugin.processing.trust_features import FEATURES, trust_features

from .test_blending import ar1, body

FPS = 30.0


def measured(coords, network=None, first=0):
    """The measures of a run, by name."""
    gated, _, track = gate(coords, FPS)
    residual = np.nan_to_num(gated - track.coords) / track.size[..., None]
    change = None if network is None else network - track.coords
    return dict(zip(KIND_MEASURES, kind_measures(residual, change, track, FPS, first)))


def flat(seed=0, phi=0.5, size=0.02):
    return body()[..., :2] + ar1((150, 13, 2), size, phi, seed)


def test_bones_keep_their_length_where_a_network_removes_errors():
    noisy = flat()
    for network, steadier in ((body()[..., :2], True), (noisy, False)):
        assert (np.median(measured(noisy, network)['bones_steadier']) < -0.3) == steadier


def test_without_a_network_there_is_no_change_to_measure():
    found = measured(flat())
    assert not found['bones_steadier'].any() and not found['change_along'].any()
    assert found['bones_vary'].any()


def test_a_change_along_the_motion_shows():
    noisy = flat(size=0.002)
    step = np.gradient(body()[..., :2], axis=0)
    along = measured(noisy, noisy + step)['change_along']
    across = measured(noisy, noisy + step[..., ::-1] * [1, -1])['change_along']
    assert np.median(along) > np.median(across) + 0.2


def test_kinds_of_residuals_differ():
    track, rng = gate(body()[..., :2], FPS)[2], np.random.default_rng(3)
    white, coloured, tailed, shared = (
        {name: np.median(values) for name, values in zip(
            KIND_MEASURES, kind_measures(residual, None, track, FPS))}
        for residual in (ar1((150, 13, 2), 0.02, 0.0), ar1((150, 13, 2), 0.02, 0.8),
                         0.02 * rng.standard_t(3, (150, 13, 2)),
                         np.broadcast_to(rng.normal(0, 0.02, (150, 1, 2)), (150, 13, 2))))
    assert abs(white['residual_lag_two']) < 0.1 and coloured['residual_lag_two'] > 0.4
    assert tailed['residual_peaks'] > white['residual_peaks'] + 0.2
    assert white['common_residual'] < 2 and shared['common_residual'] > 12


@pytest.mark.parametrize('keypoints', [1, 2, 13])
def test_measures_of_the_newest_frames_are_those_of_the_whole_run(keypoints):
    noisy = flat()[:, :keypoints]
    network = noisy + ar1(noisy.shape, 0.01, 0.9, seed=5)
    whole, newest = (measured(noisy, network, first) for first in (0, 120))
    for name, values in newest.items():
        assert values.shape == (30, keypoints) and np.isfinite(values).all()
        np.testing.assert_allclose(values, whole[name][120:], rtol=1e-7, atol=1e-9)
    for name in KINDS:
        np.testing.assert_allclose(whole[f'person_{name}'],
                                   np.broadcast_to(whole[name].mean(axis=1, keepdims=True),
                                                   whole[name].shape))


def test_a_gate_may_take_the_first_measures_only():
    gated, far, track = gate(flat(), FPS)
    change = np.full(gated.shape, 0.01)
    few, every = (trust_features(gated, far, track, change, FPS, False, number=number)
                  for number in (44, len(FEATURES)))
    assert every.shape[-1] == len(FEATURES) == 59 and few.shape[-1] == 44
    np.testing.assert_array_equal(few, every[..., :44])
