from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseTracks, get_skeleton
from smoothnet_plugin.tracking import PoseTracker, frames_from_tracks, tracks_from_frames


def instance(value=0.0, track_id=None, scores=True, payload=None, filled=False):
    keypoints = value + np.arange(10, dtype=np.float32).reshape(5, 2) ** 2
    return PoseInstance(keypoints, np.full(5, 0.5, np.float32) if scores else None,
                        track_id=track_id, filled=filled, payload=payload)


def test_given_ids_are_kept_and_rows_sorted():
    frames = [PoseFrame(7, [instance(7, 'b', payload='b7')]), PoseFrame(9),
              PoseFrame(2, [instance(2, np.int64(4), payload='a2'), instance(3, 'b')])]
    tracks = tracks_from_frames(frames, fps=25.0, image_size=(640, 480), source='doc',
                                unit='px')
    assert list(tracks.tracks) == [4, 'b'] and type(next(iter(tracks.tracks))) is int
    assert tracks.frame_ids.tolist() == [2, 7, 9]
    assert (tracks.fps, tracks.image_size, tracks.source) == (25.0, (640, 480), 'doc')
    assert tracks['b'].frame_ids.tolist() == [2, 7]
    assert tracks['b'].refs == [None, 'b7'] and tracks[4].refs == ['a2']
    assert tracks['b'].coords.dtype == np.float32 and tracks['b'].fps == 25.0
    np.testing.assert_array_equal(tracks['b'].coords[:, 0, 0], [3, 7])
    assert frames[0].frame_id == 7


def test_without_ids_the_tracker_assigns():
    frames = [PoseFrame(t, [instance(t), instance(500 - t)][::(-1) ** t]) for t in range(6)]
    tracks = tracks_from_frames(frames)
    assert list(tracks.tracks) == [0, 1]
    np.testing.assert_array_equal(tracks[0].coords[:, 0, 0], np.arange(6))
    np.testing.assert_array_equal(tracks[1].coords[:, 0, 0], 500 - np.arange(6))
    assert all(i.track_id is None for frame in frames for i in frame.instances)


def test_instances_without_id_beside_named_ones():
    frames = [PoseFrame(t, [instance(0, 7), instance(500), instance(1000, 'x')])
              for t in range(3)]
    tracks = tracks_from_frames(frames)
    assert {key: len(s) for key, s in tracks} == {7: 3, 8: 3, 'x': 3}
    assert tracks[8].coords[0, 0, 0] == 500


def test_tracker_is_reset_and_configurable():
    frames = [PoseFrame(t, [instance(0)] if t in (0, 9) else []) for t in range(10)]
    tracker = PoseTracker(max_lost=3)
    for _ in range(2):
        assert list(tracks_from_frames(frames, tracker=tracker).tracks) == [0, 1]
    assert len(tracks_from_frames(frames, tracker=dict(type='PoseTracker', max_lost=3))) == 2
    assert len(tracks_from_frames(frames, tracker=dict(max_lost=8))) == 1


def test_scores():
    tracks = tracks_from_frames([
        PoseFrame(0, [instance(0, 1, scores=False), instance(50, 2, scores=False)]),
        PoseFrame(1, [instance(0, 1, scores=False), instance(50, 2)])])
    assert tracks[1].scores is None
    np.testing.assert_array_equal(tracks[2].scores, np.repeat([[1], [0.5]], 5, axis=1))


def test_empty_clips():
    assert tracks_from_frames([]).num_frames == 0
    tracks = tracks_from_frames([PoseFrame(3), PoseFrame(4)], fps=30.0)
    assert tracks.frame_ids.tolist() == [3, 4] and len(tracks) == 0
    assert [f.frame_id for f in frames_from_tracks(tracks)] == [3, 4]
    assert frames_from_tracks(PoseTracks()) == []


def test_round_trip(rng):
    frames = []
    for t in range(0, 40, 2):
        people = [instance(rng.normal(), name, payload=(t, name), filled=t == 8)
                  for name in ('a', 'b', 3) if rng.random() < 0.7]
        for one in people:
            one.keypoints[rng.integers(5)] = np.nan
            if t == 10:
                one.keypoints_filled = np.arange(5) < 2
        frames.append(PoseFrame(t, people))
    tracks = tracks_from_frames(frames, fps=30.0)
    back = frames_from_tracks(tracks)
    assert [f.frame_id for f in back] == [f.frame_id for f in frames]
    for one, other in zip(frames, back):
        mine = {i.track_id: i for i in one.instances}
        assert [i.track_id for i in other.instances] == [k for k in tracks.tracks if k in mine]
        for got in other.instances:
            expected = mine[got.track_id]
            np.testing.assert_array_equal(got.keypoints, expected.keypoints)
            np.testing.assert_array_equal(got.keypoint_scores, expected.keypoint_scores)
            if one.frame_id == 10:
                np.testing.assert_array_equal(got.keypoints_filled, expected.keypoints_filled)
            assert got.filled == expected.filled and got.payload == expected.payload
    again = tracks_from_frames(back, fps=30.0)
    for key, sequence in tracks:
        np.testing.assert_array_equal(again[key].coords, sequence.coords)
        np.testing.assert_array_equal(again[key].filled, sequence.filled)
        assert again[key].refs == sequence.refs


def test_rotations_without_ids():
    def frames(people):
        return [PoseFrame(t, [PoseInstance(np.zeros((24, 3)))] * people) for t in range(3)]

    tracks = tracks_from_frames(frames(1), representation='axis_angle')
    assert list(tracks.tracks) == [0] and len(tracks[0]) == 3
    with pytest.raises(DataFormatError, match=r'Frame 0 holds 2 people.*axis_angle'):
        tracks_from_frames(frames(2), representation='axis_angle')


def test_skeleton_reaches_tracker_and_sequences():
    skeleton = get_skeleton('coco')
    frames = [PoseFrame(t, [PoseInstance(np.random.default_rng(0).normal(0, 50, (17, 2)))])
              for t in range(2)]
    assert tracks_from_frames(frames, skeleton=skeleton)[0].skeleton is skeleton
    with pytest.raises(DataFormatError, match='5 keypoints'):
        tracks_from_frames([PoseFrame(0, [instance()])], skeleton=skeleton)


def test_bad_input():
    with pytest.raises(DataFormatError, match='Frame 5 holds the track id 2 twice'):
        tracks_from_frames([PoseFrame(5, [instance(0, 2), instance(9, 2)])])
    with pytest.raises(DataFormatError, match='Frame 5 occurs twice'):
        tracks_from_frames([PoseFrame(5), PoseFrame(5)])
    odd = PoseInstance(np.zeros((4, 2)), track_id=1)
    with pytest.raises(DataFormatError, match=r'Frame 1, person 1.*\(4, 2\).*\(5, 2\)'):
        tracks_from_frames([PoseFrame(0, [instance(0, 1)]), PoseFrame(1, [odd])])
    short = PoseInstance(np.zeros((4, 2)), np.zeros(3), track_id=1)
    with pytest.raises(DataFormatError, match=r'keypoint_scores.*\(3,\).*\(4,\)'):
        tracks_from_frames([PoseFrame(0, [short])])
