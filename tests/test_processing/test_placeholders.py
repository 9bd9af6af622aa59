from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.placeholders import elsewhere, placeholder_mask


@pytest.fixture
def body(rng):
    """A person 300 pixels tall near the middle of a picture, shape (20, 17, 2)."""
    return np.array([640.0, 360.0]) + rng.normal(0, 75, (20, 17, 2))


@pytest.mark.parametrize('value', [0.0, -1.0, -99.0, -9999.0, 65535.0])
@pytest.mark.parametrize('joints', [[3], [3, 9], list(range(17))])
def test_placeholders_of_any_number_are_found(body, value, joints):
    body[5, joints] = value
    expected = np.zeros((20, 17), dtype=bool)
    expected[5, joints] = True
    np.testing.assert_array_equal(placeholder_mask(body), expected)
    np.testing.assert_array_equal(placeholder_mask(body[5]), expected[5])


def test_three_dimensions(rng):
    coords = rng.normal(5, 0.3, (8, 12, 3))
    coords[2, 4] = 0
    assert np.argwhere(placeholder_mask(coords)).tolist() == [[2, 4]]


def test_a_root_at_the_origin_is_measured(rng):
    coords = rng.normal(0, 0.4, (30, 17, 3))
    coords[:, 0] = 0
    assert not placeholder_mask(coords).any()


def test_one_coordinate_of_zero_is_measured(body):
    body[3, 4, 0] = 0
    assert not placeholder_mask(body).any()


def test_few_keypoints_say_nothing_about_a_single_zero(rng):
    coords = rng.normal(500, 5, (6, 3, 2))
    coords[1, 1] = 0
    assert not placeholder_mask(coords[1]).any()
    assert not placeholder_mask(coords[:, :2]).any()
    # Three of them, and the track, say that it is lost.
    assert np.argwhere(placeholder_mask(coords)).tolist() == [[1, 1]]


def test_missing_values_do_not_matter(body):
    body[:, :5] = np.nan
    body[7, 10] = 0
    assert np.argwhere(placeholder_mask(body)).tolist() == [[7, 10]]


def test_people_of_a_list_of_frames_are_judged_alone(body):
    stacked = np.stack([body, body])
    stacked[1, 2, [1, 2]] = 0
    assert np.argwhere(placeholder_mask(stacked)).tolist() == [[1, 2, 1], [1, 2, 2]]


def test_a_single_zero_beside_a_person_near_the_origin(rng):
    """A person who fills the picture: the origin is within reach of the limbs."""
    coords = np.array([320.0, 240.0]) + rng.uniform(-200, 200, (20, 17, 2))
    coords[4:9, 9] = 0
    coords[12, 3] = -1
    expected = np.zeros((20, 17), dtype=bool)
    expected[4:9, 9] = expected[12, 3] = True
    np.testing.assert_array_equal(placeholder_mask(coords), expected)
    np.testing.assert_array_equal(placeholder_mask(np.stack([coords, coords + 1])),
                                  [expected, placeholder_mask(coords + 1)])
    seen = elsewhere(coords[0])
    assert seen.all() and not elsewhere(coords[4])[9]
    np.testing.assert_array_equal(placeholder_mask(coords[4], seen), expected[4])
    # Of one pose alone it cannot be known, nor of a root that is always there.
    assert not placeholder_mask(coords[4]).any()
    hand = rng.uniform(1, 90, (20, 17, 2))
    hand[:, 0] = 0
    assert not placeholder_mask(hand).any()


def test_an_unusual_value_that_stays_is_no_position(body):
    body[4:14, 9] = -100
    expected = np.zeros((20, 17), dtype=bool)
    expected[4:14, 9] = True
    np.testing.assert_array_equal(placeholder_mask(body), expected)
    np.testing.assert_array_equal(placeholder_mask(np.pad(body, ((0, 0), (0, 0), (0, 1)),
                                                          mode='edge')), expected)


def test_measured_values_that_look_alike(rng):
    """Whole pixels on the diagonal, left of and above the picture, and far from the origin."""
    body = np.round(rng.uniform(-60, 200, (30, 17, 2)))
    body[:, 3] = np.arange(-40, -10)[:, None]
    assert placeholder_mask(body).sum() < 20
    metres = rng.normal(0, 0.4, (30, 17, 3))
    metres[:, 4] = metres[:, 4, :1]
    assert not placeholder_mask(metres).any()
    assert not placeholder_mask(10_000 + np.abs(metres * 3000)).any()
