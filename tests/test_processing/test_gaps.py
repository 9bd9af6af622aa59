from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.gaps import (
    bridge_gaps,
    first_unsettled,
    frame_stride,
    missing_mask,
    runs,
    split_rows,
)


def mask(text: str) -> np.ndarray:
    """One keypoint over time from a picture: '#' measured, '.' missing."""
    return np.array([c == '.' for c in text], dtype=bool)[:, None]


def drawn(inside: np.ndarray) -> str:
    return ''.join('#' if value else '.' for value in inside[:, 0])


@pytest.mark.parametrize(('text', 'max_gap', 'expected'), [
    ('####', 2, '####'),
    ('#..#', 2, '####'),
    ('#...#', 2, '#...#'),
    ('#.#..#', 1, '###..#'),
    ('..##..', 9, '..##..'),
    ('....', 9, '....'),
    ('#.#', 0, '#.#'),
    ('', 3, ''),
])
def test_only_short_inner_gaps_are_bridged(text, max_gap, expected):
    missing = mask(text)
    coords = np.where(missing[..., None], np.nan, np.arange(len(text))[:, None, None] * 2.0)
    bridged, inside = bridge_gaps(coords, missing, max_gap)
    assert drawn(inside) == expected
    np.testing.assert_allclose(bridged[inside][:, 0], 2.0 * np.flatnonzero(inside[:, 0]))
    assert np.isnan(bridged[~inside]).all()


def test_bridging_equals_numpy_interpolation(rng):
    coords = rng.normal(size=(60, 5, 3))
    missing = rng.random((60, 5)) < 0.4
    bridged, inside = bridge_gaps(coords, missing, 60)
    for joint in range(5):
        known = np.flatnonzero(~missing[:, joint])
        span = slice(known[0], known[-1] + 1)
        assert inside[span, joint].all()
        for channel in range(3):
            np.testing.assert_allclose(
                bridged[span, joint, channel],
                np.interp(np.arange(60)[span], known, coords[known, joint, channel]))


@pytest.mark.parametrize(('text', 'max_gap', 'expected'), [
    ('###', 2, 3), ('##.', 2, 2), ('#..', 2, 1), ('#...', 2, 4), ('...', 2, 3), ('#.#', 2, 3),
])
def test_first_unsettled_is_the_start_of_a_gap_that_may_still_close(text, max_gap, expected):
    assert first_unsettled(mask(text), max_gap) == expected


def test_what_first_unsettled_calls_settled_never_changes(rng):
    missing = rng.random((200, 2)) < 0.5
    coords = rng.normal(size=(200, 2, 1))
    for max_gap in (0, 1, 3):
        bridged, inside = bridge_gaps(coords, missing, max_gap)
        for now in range(1, 200):
            part, part_inside = bridge_gaps(coords[:now], missing[:now], max_gap)
            settled = first_unsettled(missing[:now], max_gap)
            np.testing.assert_array_equal(part_inside[:settled], inside[:settled])
            np.testing.assert_array_equal(part[:settled], bridged[:settled])


def test_runs_cover_inside_once(rng):
    inside = rng.random((40, 6)) < 0.7
    inside[:, 4] = inside[:, 1]
    count = np.zeros_like(inside, dtype=int)
    together = False
    for span, joints in runs(inside):
        assert inside[span][:, joints].all()
        count[span, joints] += 1
        together |= {1, 4} <= set(joints.tolist())
    np.testing.assert_array_equal(count, inside)
    assert together


def test_missing_mask_names_every_reason():
    coords = np.zeros((1, 5, 2))
    coords[0, 0, 1] = np.nan
    coords[0, 1, 0] = np.inf
    scores = np.array([[1, 1, 0.1, np.nan, 1]])
    valid = np.array([[True, True, True, True, False]])
    assert missing_mask(coords, scores, valid, 0.3).all()
    assert missing_mask(coords, None, None, 0.3).tolist() == [[True, True, False, False, False]]


def test_split_rows_counts_absent_frames_not_rows():
    frame_ids = np.array([0, 1, 5, 6, 20])
    present = np.ones(5, dtype=bool)
    assert [p.tolist() for p in split_rows(frame_ids, present, 3)] == [[0, 1, 2, 3], [4]]
    assert [p.tolist() for p in split_rows(frame_ids, present, 2)] == [[0, 1], [2, 3], [4]]
    present[[0, 3]] = False
    assert [p.tolist() for p in split_rows(frame_ids, present, 3)] == [[1, 2], [4]]
    assert split_rows(frame_ids, np.zeros(5, dtype=bool), 3) == []


@pytest.mark.parametrize(('ids', 'stride'), [
    ([], 1), ([7], 1), ([0, 4, 12], 4), ([0, 4, 9], 1), ([0, 15, 30], 15), ([0, 100, 200], 1)])
def test_frame_stride(ids, stride):
    assert frame_stride(np.array(ids, dtype=int), 30) == stride
