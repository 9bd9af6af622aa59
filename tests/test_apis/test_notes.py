"""Notes of the report on people who are in a clip twice, or whose ids are exchanged."""

from __future__ import annotations

import re

import numpy as np
import pytest
from walker import walker

from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.structures import PoseTracks
from smoothnet_plugin.tracking.traded_ids import traded_ids


def csv(path, rows):
    header = [f'k{k}_{axis}' for k in range(17) for axis in 'xy']
    path.write_text('\n'.join(','.join(map(str, row)) for row in [
        ['time', *header], *([time, *pose.ravel().round(3)] for time, pose in rows)]) + '\n')
    return path


def notes_of(source):
    report = smooth_with_report(source, 'one_euro', fps=None if isinstance(source, PoseTracks)
                                else 30)[1]
    return [note for note in report.notes if 'lies on' in note or 'lie on' in note]


@pytest.fixture
def poses(rng):
    return walker() + rng.normal(0, 2, (120, 17, 2))


@pytest.mark.parametrize('doubled', [[50], [50, 70, 71], range(120)], ids=['1', '3', 'all'])
def test_duplicate_rows(tmp_path, poses, doubled):
    rows = [(t, pose) for t, pose in enumerate(poses) for _ in range(1 + (t in doubled))]
    path = csv(tmp_path / 'a.csv', rows)
    path.write_text(path.read_text().replace('time', 'frame', 1))
    [note] = notes_of(path)
    assert note.startswith(f'{len(doubled)} pose') and f'(first {doubled[0]})' in note


def test_two_rows_of_one_time(tmp_path, poses):
    """Not two people, as the table has it, but a stamp that is written twice."""
    times = [round(t / 30, 4) for t in range(120)]
    times[60] = times[59]
    report = smooth_with_report(csv(tmp_path / 'a.csv', zip(times, poses)), 'one_euro')[1]
    assert any('1 pose lies on another pose of the same frame (first 59)' in note
               for note in report.notes)


def test_people_beside_each_other_are_none(rng, poses):
    """Nor is a person of one frame, a body's width away, or a pose of zeros."""
    for apart in (20, 60, 300):
        others = poses + rng.normal(0, 2, poses.shape) + [apart, 0]
        tracks = PoseTracks.from_array(poses, fps=30)
        one = PoseTracks.from_array(others[50:51], fps=30, frame_ids=[50])[0]
        two = PoseTracks.from_array(others, fps=30)[0]
        for other in (one, two):
            assert not notes_of(tracks.replace(tracks={0: tracks[0], 1: other}))
    lost = PoseTracks.from_array(np.zeros_like(poses), fps=30)[0]
    assert not notes_of(tracks.replace(tracks={0: tracks[0], 1: lost, 2: lost}))


def test_real_people_are_none(motion_data):
    """Recordings of one person each, as the people of one clip."""
    with np.load(motion_data('uiprmd_val.npz')) as data:
        clips = np.split(data['estimate'], np.cumsum(data['lengths'])[:-1])[:12]
    frames = min(map(len, clips))
    people = {i: PoseTracks.from_array(clip[:frames], fps=30, representation='keypoints_3d')[0]
              for i, clip in enumerate(clips)}
    assert not notes_of(PoseTracks(people, fps=30))


def exchanged(poses, rng, order=(1, 0), first=50, last=80):
    """People beside one another who have the ids of others for a while; one has lost keypoints."""
    people = np.stack([poses + [150 * n, 10 * n] + rng.normal(0, 2, poses.shape)
                       for n in range(3)])
    people[0, rng.random((120, 17)) < 0.2] = np.nan
    people[:len(order), first:last] = people[list(order), first:last]
    alone = PoseTracks.from_array(poses, fps=30)
    return alone.replace(tracks={f'p{n}': alone[0].replace(coords=one, refs=None)
                                 for n, one in enumerate(people)})


@pytest.mark.parametrize('order, last, words', [
    ((1, 0), 80, r'people \(p0, p1\) trade places between two frames, 2 times \(first at frame 50'),
    ((1, 0), 51, r'2 times \(first at frame 50\)'), ((1, 0), 120, r'1 time \(first'),
    ((1, 2, 0), 80, r'people \(p0, p1, p2\) trade')])
def test_exchanged_ids(poses, rng, order, last, words):
    report = smooth_with_report(exchanged(poses, rng, order, 50, last), 'one_euro')[1]
    [note] = [note for note in report.notes if 'trade places' in note]
    assert re.search(words, note)
    assert not any('cuts of the video' in note for note in report.notes)


def test_ids_that_are_kept(poses, rng):
    """People who cross or meet, one who jumps, and one who takes the place of one who leaves."""
    assert not traded_ids(exchanged(poses, rng, (0, 1)))
    a, b = poses + rng.normal(0, 2, poses.shape), poses[::-1] + rng.normal(0, 2, poses.shape)
    alone = PoseTracks.from_array(a, fps=30)

    def of(*people):
        return alone.replace(tracks={n: alone[0].replace(coords=one) for n, one in
                                     enumerate(people)})

    assert not traded_ids(of(a, b)) and not traded_ids(of(a, a + 1e-3))
    jumping = a + np.where(np.arange(120) < 60, 0, 300)[:, None, None]
    assert not traded_ids(of(jumping, b)) and not traded_ids(of(jumping, jumping + 300))
    gone = b + [300, 0]
    taking = np.concatenate([a[:60], gone[60:]])
    gone[60:] = np.nan
    assert not traded_ids(of(taking, gone))


@pytest.mark.parametrize('step', [1, 6])
@pytest.mark.parametrize('name, key', [('uiprmd_val.npz', 'estimate'),
                                       ('cmu_bvh_60hz.npz', 'positions')])
def test_ids_of_real_people(motion_data, rng, name, key, step):
    """Recordings of one person each, in one room; in the second round, two are exchanged."""
    with np.load(motion_data(name)) as data:
        clips = np.split(data[key].astype(float), np.cumsum(data['lengths'])[:-1])
    clips = [clip[::step] + rng.uniform(-2, 2, 3) for clip in clips if len(clip) > 20 * step][:24]

    def tracks(people, frames):
        return PoseTracks({n: PoseTracks.from_array(
            clip[:frames], fps=30, representation='keypoints_3d')[0]
            for n, clip in enumerate(people)}, fps=30)

    found = 0
    for group in (clips[n:n + 4] for n in range(0, len(clips) - 3, 4)):
        frames = min(map(len, group))
        assert not traded_ids(tracks(group, frames))
        others = [np.concatenate([group[n][:9], group[1 - n][9:frames]]) for n in (0, 1)]
        found += traded_ids(tracks([*others, *group[2:]], frames)) == [(9, [0, 1])]
    assert found >= len(clips) // 4 - 1
