from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.processing.normalization import normalization_of

EVERYBODY = np.ones(17, dtype=bool)
OPTIONS = dict(image_size=(1000, 800), root_indices=(0, 1))


@pytest.mark.parametrize('mode', ['none', 'image', 'bbox', 'scale', 'root'])
def test_invert_undoes_apply(mode, rng):
    coords = rng.normal(300, 80, (9, 17, 2))
    normalization = normalization_of(mode, coords[0], EVERYBODY, **OPTIONS)
    np.testing.assert_allclose(normalization.invert(normalization.apply(coords)), coords)


@pytest.mark.parametrize('mode', ['bbox', 'scale'])
def test_unit_does_not_matter(mode, rng):
    pose = rng.normal(0, 0.4, (17, 3))
    metres = normalization_of(mode, pose, EVERYBODY)
    other = normalization_of(mode, pose * 1000, EVERYBODY)
    np.testing.assert_allclose(other.apply(pose * 1000), metres.apply(pose))


@pytest.mark.parametrize('mode', ['bbox', 'root'])
def test_place_does_not_matter(mode, rng):
    pose = rng.normal(0, 0.4, (17, 3))
    here = normalization_of(mode, pose, EVERYBODY, root_indices=(3,))
    there = normalization_of(mode, pose + 5, EVERYBODY, root_indices=(3,))
    np.testing.assert_allclose(there.apply(pose + 5), here.apply(pose))


def test_image_mode_is_the_rule_of_human36m():
    pose = np.array([[500.0, 500.0], [750.0, 0.0]])
    normalization = normalization_of('image', pose, np.ones(2, bool), image_size=(1000, 1000))
    np.testing.assert_allclose(normalization.apply(pose), (pose - 500) / 500)


def test_one_wild_keypoint_hardly_changes_the_scale(rng):
    pose = rng.normal(0, 50, (17, 2))
    wild = pose.copy()
    wild[9] += 1e5
    scales = [normalization_of('scale', p, EVERYBODY).scale for p in (pose, wild)]
    assert 0.5 < scales[0] / scales[1] < 2


@pytest.mark.parametrize(('unit', 'scale'), [('px', 100), ('m', 0.4), (None, 1)])
def test_too_few_keypoints_have_the_typical_size_of_their_unit(unit, scale):
    present = np.arange(17) < 8
    pose = np.arange(34.).reshape(17, 2)
    assert normalization_of('scale', pose, present, unit=unit).scale == scale
    assert normalization_of('bbox', pose, present, unit=unit).scale == scale
    assert normalization_of('scale', pose, np.arange(17) < 9, unit=unit).scale != scale


def test_exactly_half_of_the_keypoints_are_enough():
    pose = np.arange(32.).reshape(16, 2) ** 2
    half, fewer = np.arange(16) < 8, np.arange(16) < 7
    for mode in ('scale', 'bbox'):
        assert normalization_of(mode, pose, half, unit='px').scale != 100
        assert normalization_of(mode, pose, fewer, unit='px').scale == 100


def test_bbox_mode_maps_the_longest_side_to_minus_one_to_one():
    pose = np.array([[100.0, 300.0], [140.0, 500.0], [120.0, 350.0]])
    normalization = normalization_of('bbox', pose, np.ones(3, dtype=bool))
    np.testing.assert_allclose(normalization.offset, [120, 400])
    assert normalization.scale == 100
    np.testing.assert_allclose(normalization.apply(pose), [[-0.2, -1], [0.2, 1], [0, -0.5]])


def test_missing_root_falls_back_to_the_others():
    pose = np.array([[np.nan, np.nan], [2.0, 4.0], [4.0, 8.0]])
    normalization = normalization_of('root', pose, np.array([False, True, True]),
                                     root_indices=(0,))
    np.testing.assert_allclose(normalization.offset, [3, 6])


@pytest.mark.parametrize(('mode', 'width', 'word'), [
    ('image', 2, 'image_size'), ('image', 3, '2D'), ('root', 2, 'skeleton'), ('zoom', 2, 'zoom')])
def test_errors_say_what_is_needed(mode, width, word):
    with pytest.raises(ConfigError, match=word):
        normalization_of(mode, np.zeros((2, width)), np.ones(2, bool))
