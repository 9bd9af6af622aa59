"""Notes of the report on people who are in a clip twice."""

from __future__ import annotations

import numpy as np
import pytest
from walker import walker

from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.structures import PoseTracks


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
