from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.gaps import (
    bridge_gaps,
    first_unsettled,
    interpolate_at,
    interpolate_missing,
    missing_mask,
)
from smoothnet_plugin.processing.runs import frame_stride, runs, split_rows


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
def test_only_short_inner_gaps_are_interpolated(text, max_gap, expected):
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


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('share', [0.0, 0.3, 0.9])
def test_missing_values_equal_numpy_interpolation(rng, share, dtype):
    coords = (1e3 * rng.normal(size=(80, 7, 3))).astype(dtype)
    usable = rng.random((80, 7)) >= share
    usable[:, 2], usable[:, 3] = True, False
    expected = coords.copy()
    frames = np.arange(80)
    for joint in range(7):
        known = usable[:, joint]
        for channel in range(3) if known.any() else ():
            expected[~known, joint, channel] = np.interp(
                frames[~known], frames[known], coords[known, joint, channel])
    before = coords.copy()
    filled = interpolate_missing(coords, usable)
    np.testing.assert_allclose(filled, expected, rtol=0, atol=4e3 * np.finfo(dtype).eps)
    assert filled.dtype == dtype and not np.shares_memory(filled, coords)
    np.testing.assert_array_equal(coords, before)


def test_interpolation_never_reads_what_is_not_usable():
    coords = np.array([np.nan, 2, np.inf, 1e9, 8, -np.inf])[:, None, None]
    filled = interpolate_missing(coords, np.isin(coords, [2, 8])[..., 0])
    np.testing.assert_allclose(filled[:, 0, 0], [2, 2, 4, 6, 8, 8])


@pytest.mark.parametrize('shape', [(0, 3, 2), (4, 0, 2), (1, 1, 1)])
def test_interpolation_of_nothing(shape):
    coords = np.full(shape, np.nan)
    np.testing.assert_array_equal(interpolate_missing(coords, np.zeros(shape[:2], bool)), coords)


@pytest.mark.parametrize(('frame', 'expected'), [
    (0, [0, 0, 1, 1]), (2, [0, 0, 1, 1]), (3, [1, 2, 2, 3]), (4, [2, 4, 3, 5]),
    (8, [4, 4, 5, 5]), (99, [4, 4, 5, 5])])
def test_value_between_two_frames(frame, expected):
    seen = [(2, np.array([0, 0, 1, 1])), (4, np.array([2, 4, 3, 5])), (8, np.array([4, 4, 5, 5]))]
    np.testing.assert_allclose(interpolate_at(frame, seen), expected)
    assert interpolate_at(frame, []) is None


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


def plain_runs(inside):
    """Keypoint, first frame and length of every run, frame by frame."""
    found = []
    for joint, column in enumerate(inside.T):
        for frame, here in enumerate(column):
            if here and (frame == 0 or not column[frame - 1]):
                found.append([joint, frame, 0])
            if here:
                found[-1][2] += 1
    return sorted(map(tuple, found))


@pytest.mark.parametrize('one_start', [False, True])
@pytest.mark.parametrize('unequal', [False, True])
@pytest.mark.parametrize('shape', [(0, 3), (3, 0), (1, 1), (17, 3), (40, 6)])
@pytest.mark.parametrize('share', [0.0, 0.7, 0.95, 1.0])
def test_runs_are_found_and_grouped(rng, shape, share, unequal, one_start):
    inside = rng.random(shape) < share
    groups = list(runs(inside, unequal, one_start))
    found = [tuple(run) for group in groups for run in np.stack(group, axis=1).tolist()]
    assert sorted(found) == plain_runs(inside)
    for group in groups:
        assert group.lengths.max() < 2 * group.lengths.min() if unequal else (
            len(set(group.lengths)) == 1)
        assert not one_start or len(set(group.starts)) == 1
    kinds = {(length if not unequal else length.bit_length(), one_start and start)
             for _, start, length in plain_runs(inside)}
    assert len(groups) == len(kinds)


@pytest.mark.parametrize('unequal', [False, True])
def test_runs_take_and_put_their_frames(rng, unequal):
    inside, coords = rng.random((40, 6)) < 0.8, rng.normal(size=(40, 6, 2))
    target = np.zeros_like(coords)
    for group in runs(inside, unequal):
        part = coords[group.frames(), group.joints]
        assert np.isfinite(part).all() and part.shape[1:] == (len(group.joints), 2)
        group.put(target, 2 * part)
    np.testing.assert_array_equal(target, 2 * coords * inside[..., None])


@pytest.mark.parametrize('most', [1, 60, 10**6])
def test_parts_hold_every_run_once_and_in_order(rng, most):
    for group in runs(rng.random((40, 6)) < 0.9, unequal=True):
        parts = list(group.parts(most))
        for name, values in group._asdict().items():
            np.testing.assert_array_equal(
                np.concatenate([getattr(part, name) for part in parts]), values)
        longest = group.lengths.max()
        assert all(len(part.joints) * longest <= max(most, longest) for part in parts)
        assert len(parts) == -(-len(group.joints) // max(1, most // longest))


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
