from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import trapezoid

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton
from smoothnet_plugin.visualization import acceleration, position_error, spectrum
from smoothnet_plugin.visualization.series import keypoint_index


def test_acceleration_of_a_parabola():
    time = np.arange(10.0)
    coords = np.zeros((10, 2, 2))
    coords[:, 0, 0], coords[:, 1, 1] = time**2, 5 * time
    clip = PoseTracks.from_array(coords, fps=30)
    np.testing.assert_allclose(acceleration(clip, 0)[1:-1], 2)
    np.testing.assert_allclose(acceleration(clip)[1:-1], 1)
    assert np.isnan(acceleration(clip)[[0, -1]]).all()


def test_acceleration_never_spans_a_gap(rng):
    sequence = PoseSequence(rng.normal(size=(10, 3, 2)), fps=30)
    whole = acceleration(PoseTracks({0: sequence}, frame_ids=np.arange(10)))
    gappy = sequence.select(np.arange(10) != 5)
    for frame_ids in (np.arange(10), None):
        clip = PoseTracks({0: gappy}, frame_ids=frame_ids)
        got = dict(zip(clip.frame_ids.tolist(), acceleration(clip)))
        assert np.isnan([got[i] for i in (4, 6)]).all()
        np.testing.assert_array_equal([got[i] for i in (1, 2, 3, 7, 8)], whole[[1, 2, 3, 7, 8]])


def test_missing_counts_as_unknown_and_bridged_as_known(rng):
    coords = rng.normal(size=(10, 1, 2))
    valid = np.ones((10, 1), bool)
    valid[5] = False
    for filled, unknown in ((False, [0, 4, 5, 6, 9]), (True, [0, 9])):
        sequence = PoseSequence(coords, valid=valid, filled=~valid & filled)
        got = acceleration(PoseTracks({0: sequence}))
        assert np.flatnonzero(np.isnan(got)).tolist() == unknown


@pytest.mark.parametrize('frames', [0, 1, 2])
def test_too_short_for_anything(frames):
    clip = PoseTracks.from_array(np.ones((frames, 3, 2)), fps=30)
    assert np.isnan(acceleration(clip)).all() and len(acceleration(clip)) == frames
    assert len(spectrum(clip, 30)[0]) == 0
    assert len(position_error(clip, clip)) == frames


def test_error_is_the_distance(rng):
    truth = rng.normal(size=(6, 3, 2))
    estimate = truth + [3, 4]
    estimate[2] = np.nan
    got = position_error(PoseTracks.from_array(estimate), PoseTracks.from_array(truth))
    np.testing.assert_allclose(got, [5, 5, np.nan, 5, 5, 5])
    with pytest.raises(ConfigError, match='same ids'):
        position_error(PoseTracks.from_array(truth), PoseTracks({3: PoseSequence(truth)}))


@pytest.mark.parametrize('stride', [1, 4])
def test_spectrum_peaks_where_the_motion_is(stride):
    fps, hertz = 60.0, 3.0
    frame_ids = np.arange(400) * stride
    wave = np.sin(2 * np.pi * hertz * frame_ids / fps)
    coords = np.stack([wave, np.zeros(400)], axis=-1)[:, None]
    clip = PoseTracks({0: PoseSequence(coords, frame_ids=frame_ids)})
    frequency, power = spectrum(clip, fps)
    assert frequency[power.argmax()] == pytest.approx(hertz, abs=fps / stride / 256)
    # Parseval: mean of the two coordinates' variances, 1/2 and 0.
    assert trapezoid(power, frequency) == pytest.approx(0.25, rel=0.05)


def test_spectrum_uses_the_longest_run(rng):
    coords = rng.normal(size=(100, 1, 2))
    coords[30] = np.nan
    frequency, power = spectrum(PoseTracks.from_array(coords), 30)
    alone, expected = spectrum(PoseTracks.from_array(coords[31:]), 30)
    np.testing.assert_array_equal(frequency, alone)
    np.testing.assert_array_equal(power, expected)


def test_keypoint_by_name_and_number():
    coco = PoseSequence(np.zeros((1, 17, 2)), skeleton=get_skeleton('coco'))
    assert keypoint_index(coco, 'left_wrist') == keypoint_index(coco, '9') == 9
    with pytest.raises(ConfigError, match="Did you mean 'left_wrist'"):
        keypoint_index(coco, 'left_wirst')
    with pytest.raises(ConfigError, match='0 to 16'):
        keypoint_index(coco, 17)
    with pytest.raises(ConfigError, match='no names'):
        keypoint_index(coco.replace(skeleton=None), 'nose')
