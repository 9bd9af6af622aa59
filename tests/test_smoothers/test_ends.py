"""Keypoints before their first sample and after their last one."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import load, smooth
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.structures import PoseSequence, PoseTracks

from ..walking import walking_person

FRAMES = 80


@pytest.fixture
def clip(rng):
    """A walk without the wrist at first, the ankle at the end, and an ear."""
    coords = walking_person(FRAMES, 30, dims=3) + rng.normal(0, 0.01, (FRAMES, 17, 3))
    coords[:5, 9] = coords[-3:, 15] = coords[:, 4] = np.nan
    coords[40:70, 10] = np.nan  # Longer than max_gap, but no end.
    return coords


def is_held(result, coords):
    assert np.isnan(result[:, 4]).all() and np.isnan(result[40:70, 10]).all()
    assert (result[:5, 9] == result[5, 9]).all() and (result[-3:, 15] == result[-4, 15]).all()
    return np.isfinite(result) == np.isfinite(coords)


@pytest.mark.parametrize('name', ['gaussian', 'one_euro', 'robust', 'default'])
def test_held_ends(clip, name):
    given = clip.copy()
    plain, held = (smooth(clip, name, fps=30, ends=ends) for ends in ('missing', 'hold'))
    np.testing.assert_array_equal(clip, given)
    same = is_held(held, clip)
    np.testing.assert_array_equal(held[same], plain[same])
    np.testing.assert_array_equal(np.isnan(plain), np.isnan(clip))
    assert np.argwhere(~same.all(axis=-1)).tolist() == [
        *([frame, 9] for frame in range(5)), *([frame, 15] for frame in range(FRAMES - 3, FRAMES))]


def test_marked_as_interpolated_and_without_scores_of_their_own(clip):
    scores = np.where(np.isfinite(clip[..., 0]), 0.9, 0.0)
    tracks = PoseTracks({0: PoseSequence(
        clip, scores=scores, fps=30.0, representation='keypoints_3d')}, fps=30.0)
    result = smooth(tracks, 'gaussian', ends='hold')[0]
    assert result.filled[:5, 9].all() and result.filled[-3:, 15].all() and result.filled.sum() == 8
    np.testing.assert_array_equal(result.scores, scores)


def test_a_person_who_returns_is_not_held_where_they_were(clip):
    coords = clip.copy()
    coords[30:60] = np.nan
    coords[60:, 12] = np.nan
    result = smooth(coords, 'gaussian', fps=30, ends='hold')
    assert np.isnan(result[30:, 12]).all() and np.isfinite(result[:30, 12]).all()


def test_at_strength_0_and_between_time_stamps(clip, rng):
    held = smooth(clip, 'gaussian', fps=30, ends='hold', strength=0.0)
    same = is_held(held, clip)
    np.testing.assert_array_equal(held[same], clip[same])
    times = np.arange(FRAMES) / 30 + rng.uniform(-0.01, 0.01, FRAMES)
    held = smooth(clip, 'gaussian', timestamps=times, ends='hold')
    assert np.isfinite(held[:5, 9]).all() and np.isfinite(held[-3:, 15]).all()


@pytest.mark.parametrize('zeros', [False, True])
def test_a_trc_file_of_the_command(clip, tmp_path, zeros):
    source, out = tmp_path / 'a.trc', tmp_path / 'b.trc'
    from smoothnet_plugin import save
    given = np.nan_to_num(clip) if zeros else clip
    save(source, PoseTracks({0: PoseSequence(
        given, fps=30.0, unit='m', representation='keypoints_3d')}, fps=30.0), format='trc')
    assert main(['smooth', str(source), '-o', str(out), '--smoother', 'gaussian',
                 '--ends', 'hold', '--quiet']) == 0
    result = load(out)[0]
    is_there = np.isfinite(result.coords[..., 0]) & (result.coords != 0).any(axis=-1)
    assert is_there[:, 9].all() and is_there[:, 15].all() and not is_there[:, 4].any()


def test_not_live(clip):
    with pytest.raises(ConfigError, match="'hold' needs the whole clip"):
        smooth(clip, 'gaussian', fps=30, ends='hold', lookahead=4)
    with pytest.raises(ConfigError, match='Known: hold, missing'):
        smooth(clip, 'gaussian', fps=30, ends='filled')
