from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.processing.exchange_detector import ExchangeDetector
from smoothnet_plugin.processing.exchange_prices import ExchangePrices
from smoothnet_plugin.processing.exchanges import apply_exchanges, find_exchanges

from ..walking import walking_person

ARMS = ((5, 6), (1, 2), (3, 4), (7, 8), (9, 10))
LEGS = ((11, 12), (13, 14), (15, 16))
GROUPS = (ARMS, LEGS)


def labelled(frames: int, *runs: tuple[int, int, int]) -> np.ndarray:
    """Labels with runs of (group, first frame, frame after the last)."""
    labels = np.zeros((frames, 2), dtype=bool)
    for group, start, stop in runs:
        labels[start:stop, group] = True
    return labels


def noisy(coords: np.ndarray, rng: np.random.Generator, share: float = 0.003) -> np.ndarray:
    height = np.ptp(coords[..., 1])
    return coords + rng.normal(0, share * height, coords.shape)


@pytest.mark.parametrize('fps', [12, 30, 60, 120, 240])
@pytest.mark.parametrize('dims', [2, 3])
def test_a_walk_without_exchanges_stays_as_it_is(fps, dims, rng):
    for turn in (0.0, 0.7, 1.5):
        person = noisy(walking_person(4 * fps, fps, dims, turn), rng)
        assert not find_exchanges(person, fps, GROUPS).any()


def test_a_full_turn_in_half_a_second_is_no_exchange(rng):
    person = walking_person(90, 30)
    person[:, 5:11, 2] *= 3  # arms held out
    done = 2 * np.pi * np.clip((np.arange(90) / 30 - 1.2) / 0.6, 0, 1)
    angle = (done - 0.9 * np.sin(done))[:, None]
    x, y, z = np.moveaxis(person - person.mean(axis=1, keepdims=True), -1, 0)
    for start in (0.0, 0.7, 1.5):
        seen = np.stack([np.cos(angle + start) * x + np.sin(angle + start) * z, y], axis=-1)
        assert not find_exchanges(noisy(seen, rng), 30, GROUPS).any()


@pytest.mark.parametrize('fps', [30, 60, 120])
@pytest.mark.parametrize('dims', [2, 3])
@pytest.mark.parametrize('runs', [
    [(0, 20, 40)], [(1, 20, 40)], [(0, 20, 40), (1, 20, 40)], [(1, 30, 31)],
    [(0, 20, 45), (1, 35, 60)], [(1, 60, 90)],
])
def test_exchanges_are_found(fps, dims, runs, rng):
    labels = labelled(90, *runs)
    person = noisy(walking_person(90, fps, dims, phase=0.5), rng)
    spoilt = apply_exchanges(person, labels, GROUPS)
    np.testing.assert_array_equal(find_exchanges(spoilt, fps, GROUPS), labels)


def test_exchanges_in_the_first_frames_are_found(rng):
    labels = labelled(60, (1, 0, 6))
    spoilt = apply_exchanges(noisy(walking_person(60, 30, 2), rng), labels, GROUPS)
    np.testing.assert_array_equal(find_exchanges(spoilt, 30, GROUPS), labels)


def test_the_trunk_speaks_where_all_legs_are_exchanged(rng):
    labels = labelled(60, (1, 0, 60))
    spoilt = apply_exchanges(noisy(walking_person(60, 30), rng), labels, GROUPS)
    found = find_exchanges(spoilt, 30, GROUPS)
    assert (found[:, 0] != found[:, 1]).all()
    assert not find_exchanges(spoilt, 30, GROUPS, torso=False).any()


def test_low_scores_say_which_part_is_exchanged(rng):
    """Half of the clip is exchanged: only the scores can say which half."""
    person = noisy(walking_person(40, 30, 2), rng)
    for first in (True, False):
        rows = slice(0, 20) if first else slice(20, 40)
        labels = labelled(40, (0, rows.start, rows.stop), (1, rows.start, rows.stop))
        scores = np.full((40, 17), 0.5)
        scores[rows] = 0.25
        spoilt = apply_exchanges(person, labels, GROUPS)
        found = find_exchanges(spoilt, 30, GROUPS, scores, prices=ExchangePrices(start=0))
        np.testing.assert_array_equal(found, labels)


def test_the_first_frames_are_right_unless_most_of_the_clip_speaks_against_them(rng):
    person = noisy(walking_person(40, 30, 2), rng)
    for stop, expected in ((20, (20, 40)), (6, (0, 6))):
        spoilt = apply_exchanges(person, labelled(40, (0, 0, stop), (1, 0, stop)), GROUPS)
        labels = labelled(40, (0, *expected), (1, *expected))
        np.testing.assert_array_equal(find_exchanges(spoilt, 30, GROUPS), labels)


def test_missing_keypoints_neither_cause_nor_hide_exchanges(rng):
    labels = labelled(90, (1, 30, 50))
    person = noisy(walking_person(90, 30, 2), rng)
    gaps = rng.random((90, 17)) < 0.25
    for truth in (labels, labelled(90)):
        spoilt = apply_exchanges(person, truth, GROUPS)
        spoilt[gaps] = np.nan
        spoilt[60:63] = np.inf
        found = find_exchanges(spoilt, 30, GROUPS)
        np.testing.assert_array_equal(np.delete(found, slice(60, 63), 0),
                                      np.delete(truth, slice(60, 63), 0))


def test_a_lost_leg_is_no_exchange(rng):
    person = noisy(walking_person(90, 30, 2), rng)
    person[30:60, [14, 16]] = np.nan
    assert not find_exchanges(person, 30, GROUPS).any()


def test_camera_pans_and_outliers_are_no_exchange(rng):
    person = noisy(walking_person(90, 30, 2), rng)
    pan = 800 / (1 + np.exp(-(np.arange(90) - 45) / 1.5))
    assert not find_exchanges(person + pan[:, None, None], 30, GROUPS).any()
    person[rng.integers(0, 90, 12), rng.integers(0, 17, 12)] += 700
    assert not find_exchanges(person, 30, GROUPS).any()


def test_exchanges_are_found_though_the_camera_shakes(rng):
    labels = labelled(90, (1, 30, 50))
    spoilt = apply_exchanges(noisy(walking_person(90, 30, 2), rng), labels, GROUPS)
    shake = rng.normal(0, 150, (90, 1, 2))
    np.testing.assert_array_equal(find_exchanges(spoilt + shake, 30, GROUPS), labels)


def test_nothing_is_found_where_nothing_moves_or_nothing_is_there():
    still = np.repeat(walking_person(1, 30), 50, axis=0)
    for coords in (still, np.zeros_like(still), np.full_like(still, np.nan), still[:1], still[:0]):
        found = find_exchanges(coords, 30, GROUPS)
        assert found.shape == (len(coords), 2) and not found.any()


@pytest.mark.parametrize('groups', [(LEGS,), (ARMS, LEGS[:2], LEGS[2:]),
                                    (ARMS[:3], ARMS[3:], LEGS[:1], LEGS[1:])])
def test_other_numbers_of_groups(groups, rng):
    labels = np.zeros((60, len(groups)), dtype=bool)
    labels[20:40, 0] = True
    spoilt = apply_exchanges(noisy(walking_person(60, 30), rng), labels, groups)
    np.testing.assert_array_equal(find_exchanges(spoilt, 30, groups, torso=False), labels)


def test_live_labels_with_a_look_ahead_and_a_bounded_past(rng):
    labels = labelled(150, (1, 30, 50), (0, 70, 80), (1, 100, 140))
    spoilt = apply_exchanges(noisy(walking_person(150, 30, 2), rng), labels, GROUPS)
    for lookahead in (0, 4, 8):
        detector = ExchangeDetector(30, GROUPS, 17, history=9)
        live = []
        for t, row in enumerate(spoilt):
            detector.extend(row[None])
            if t >= lookahead:
                live.append(detector.labels(lookahead + 1)[0])
        wrong = np.array(live) != labels[:len(live)]
        assert wrong.sum() <= 2
    assert detector.frames == 150


def test_a_wrong_turn_does_not_last(rng):
    """A body that jumps into its mirror image: exchanged for a moment, then seen as it is."""
    person = noisy(walking_person(120, 30, 2), rng)
    person[40:] = apply_exchanges(person[40:], np.ones((80, 2), bool), GROUPS)
    detector = ExchangeDetector(30, GROUPS, 17)
    newest = []
    for row in person:
        detector.extend(row[None])
        newest.append(detector.labels(1)[0])
    newest = np.array(newest)
    assert newest[40:44].all()
    assert not newest[100:].any()


def test_apply_exchanges_twice_changes_nothing(rng):
    labels = rng.random((20, 2)) < 0.5
    for array in (rng.normal(size=(20, 17, 3)), rng.random((20, 17)), rng.random((20, 17)) < 0.5):
        once = apply_exchanges(array, labels, GROUPS)
        assert once.dtype == array.dtype
        np.testing.assert_array_equal(once[labels[:, 1], 15], array[labels[:, 1], 16])
        np.testing.assert_array_equal(once[:, 0], array[:, 0])
        np.testing.assert_array_equal(apply_exchanges(once, labels, GROUPS), array)


def test_errors_name_the_input():
    with pytest.raises(ConfigError, match='fps is 0'):
        ExchangeDetector(0, GROUPS, 17)
    with pytest.raises(ConfigError, match='history is 0'):
        ExchangeDetector(30, GROUPS, 17, history=0)
    with pytest.raises(ConfigError, match='are 0 groups'):
        ExchangeDetector(30, (), 17)
    with pytest.raises(ConfigError, match='are 1 groups'):
        ExchangeDetector(30, ((),), 17)
    with pytest.raises(ConfigError, match='16 keypoints'):
        ExchangeDetector(30, GROUPS, 16)
    with pytest.raises(ConfigError, match='one pair only'):
        ExchangeDetector(30, (ARMS, ((5, 11),)), 17)
    detector = ExchangeDetector(30, GROUPS, 17, history=4)
    with pytest.raises(DataFormatError, match=r'\(1, 16, 2\)'):
        detector.extend(np.zeros((1, 16, 2)))
    with pytest.raises(DataFormatError, match='one score per'):
        detector.extend(np.zeros((1, 17, 2)), np.zeros((1, 16)))
    detector.extend(np.zeros((1, 17, 2)))
    with pytest.raises(DataFormatError, match='same C'):
        detector.extend(np.zeros((1, 17, 3)))
    with pytest.raises(ConfigError, match='1 frames so far'):
        detector.labels(2)
    with pytest.raises(DataFormatError, match='T, K, C'):
        find_exchanges(np.zeros((17, 2)), 30, GROUPS)


def test_labels_asked_for_after_every_frame_are_those_asked_for_once(rng):
    spoilt = apply_exchanges(noisy(walking_person(150, 30, 2), rng, 0.1),
                             labelled(150, (0, 20, 30), (1, 60, 64), (0, 100, 101)), GROUPS)
    history, often = 40, ExchangeDetector(30, GROUPS, 17, 40)
    changed = 0
    before = None
    for end in range(1, len(spoilt) + 1):
        often.extend(spoilt[end - 1:end])
        last = min(end, int(rng.integers(0, history + 1)))
        once = ExchangeDetector(30, GROUPS, 17, history)
        once.extend(spoilt[:end])
        found = often.labels(last)
        np.testing.assert_array_equal(found, once.labels(last))
        if before is not None and min(len(before), last) > 1:
            common = min(len(before), last - 1)
            changed += int((before[-common:] != found[-common - 1:-1]).any())
        before = found
    assert changed  # Labels of earlier frames were revised on the way.
