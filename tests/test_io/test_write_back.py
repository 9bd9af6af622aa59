from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io import ReadContext, SourceDocument, write_back

from . import documents as d

SOURCE = SourceDocument('x', Path('x'), None)


def people(missing=()):
    values = {p: np.array([d.pose(t, p) for t in range(6)]) for p in range(2)}
    for person, frame in missing:
        values[person][frame] = np.nan
    return values


def test_people_who_are_not_seen_have_no_row():
    tracks = ReadContext().dense_tracks(people([(0, 0), (0, 1), (1, 3)]), SOURCE)
    assert tracks[0].frame_ids.tolist() == [2, 3, 4, 5] and tracks.frame_ids.tolist() == [*range(6)]
    assert tracks[1].refs == [0, 1, 2, 4, 5]


def test_nothing_changed():
    values = people([(0, 0)])
    update = write_back(ReadContext().dense_tracks(values, SOURCE), values)
    assert not any(changed.any() for changed in update.changed.values())


def test_frames_out_of_order_keep_their_rows():
    values, numbers = people(), [3, 1, 2, 9, 8, 7]
    tracks = ReadContext().dense_tracks(values, SOURCE, frame_ids=numbers)
    np.testing.assert_array_equal(tracks[0].coords[0], values[0][1])
    update = write_back(d.shifted(tracks), values, numbers)
    assert update.frame_ids == numbers and update.rows == [*range(6)]
    np.testing.assert_array_equal(update.coords[1], values[1] + 1)


def test_interpolated_frames_and_people_who_are_gone():
    values, numbers = people(), [0, 1, 2, 4, 5, 6]
    tracks = ReadContext().dense_tracks(values, SOURCE, frame_ids=numbers)
    tracks = d.without(d.bridged(tracks, 0, 3), 1, 0)
    update = write_back(tracks, values, numbers)
    assert update.frame_ids == [*range(7)] and update.rows == [0, 1, 2, None, 3, 4, 5]
    np.testing.assert_allclose(update.coords[0][3], (values[0][2] + values[0][3]) / 2)
    assert update.changed[1][0].all() and np.isnan(update.coords[1][0]).all()
    assert (update.scores[0][3] == 0).all() and np.isnan(update.scores[0][2]).all()
    dropped = write_back(tracks.replace(
        tracks={0: tracks[0].select(slice(2))}, frame_ids=[0, 1]), values, numbers)
    assert dropped.frame_ids == [0, 1] and dropped.changed[1].all()


def test_strangers_and_double_frames():
    values = people()
    tracks = ReadContext().dense_tracks(values, SOURCE)
    with pytest.raises(DataFormatError, match='no place for 5'):
        write_back(tracks.replace(tracks={5: tracks[0]}), values)
    with pytest.raises(DataFormatError, match='frame 4 occurs twice'):
        ReadContext().dense_tracks(values, SOURCE, frame_ids=[4, 1, 2, 3, 4, 5])
