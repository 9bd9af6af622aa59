from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseTracks

from . import documents as d


def table(path, people=('',), frames=8, coords=('x', 'y', 'likelihood'), start=0, missing=(),
          scorer='DLC_resnet50'):
    """A file as DeepLabCut writes it; the individual 'single' has a body part of its own."""
    parts = {name: ['box'] if name == 'single' else ['nose', 'hip', 'tail'] for name in people}
    columns = [(name, part, coord) for name in people for part in parts[name] for coord in coords]
    rows = [['scorer', *(scorer for _ in columns)]]
    if people != ('',):
        rows.append(['individuals', *(c[0] for c in columns)])
    rows += [['bodyparts', *(c[1] for c in columns)], ['coords', *(c[2] for c in columns)]]
    values = {'x': 10.125, 'y': 20.25, 'z': 30.5, 'likelihood': 0.9, 'x_posterior_var': 7.0}
    for t in range(start, start + frames):
        rows.append([str(t)] + [
            '' if (name, t) in missing else
            f'{values[coord] + (t + 100 * people.index(name) if len(coord) == 1 else 0):.3f}'
            for name, _, coord in columns])
    path.write_text('\n'.join(map(','.join, rows)) + '\n')
    return path


CASES = {
    'single': {}, 'multi': {'people': ('mouse1', 'mouse2')},
    'unique': {'people': ('mouse1', 'single')}, '3d': {'coords': ('x', 'y', 'z')},
    'lightning': {'scorer': 'heatmap_tracker',
                  'coords': ('x', 'y', 'likelihood', 'x_posterior_var')},
    'later': {'start': 100, 'missing': (('', 103),)},
    'absent': {'people': ('mouse1', 'mouse2'), 'missing': (('mouse1', 0), ('mouse2', 7))},
}


@pytest.mark.parametrize('case', CASES)
def test_read_by_content_and_written_back(tmp_path, case):
    path = table(tmp_path / 'a.csv', **CASES[case])
    assert io.sniff(path) == 'deeplabcut'
    tracks = io.load(path, fps=30)
    io.save(tmp_path / 'same.csv', tracks)
    assert (tmp_path / 'same.csv').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.csv', d.shifted(tracks))
    again = io.load(tmp_path / 'out.csv', fps=30)
    for track_id, sequence in tracks:
        np.testing.assert_array_equal(again[track_id].coords, sequence.coords + 1)
        np.testing.assert_array_equal(again[track_id].frame_ids, sequence.frame_ids)
        if sequence.scores is not None:
            np.testing.assert_array_equal(again[track_id].scores, sequence.scores)
    old, new = (p.read_text().splitlines() for p in (path, tmp_path / 'out.csv'))
    heads = 4 if CASES[case].get('people') else 3
    assert old[:heads] == new[:heads]
    kept = [i for i, cell in enumerate(old[heads - 1].split(',')) if len(cell) > 1 or i == 0]
    for one, other in zip(old[heads:], new[heads:]):
        assert [one.split(',')[i] for i in kept] == [other.split(',')[i] for i in kept]


@pytest.mark.parametrize('delimiter', [';', '\t'])
@pytest.mark.parametrize('case', CASES)
def test_of_a_european_spreadsheet(tmp_path, case, delimiter):
    path = table(tmp_path / 'a.csv', **CASES[case])
    european = tmp_path / 'b.csv'
    european.write_text('\ufeff' + path.read_text().replace(',', delimiter).replace('.', ','))
    assert io.sniff(european) == 'deeplabcut'
    tracks, expected = io.load(european), io.load(path)
    for key, sequence in expected:
        np.testing.assert_array_equal(tracks[key].coords, sequence.coords)
        np.testing.assert_array_equal(tracks[key].scores, sequence.scores)
    io.save(tmp_path / 'out.csv', d.shifted(tracks))
    io.save(tmp_path / 'expected.csv', d.shifted(expected))
    assert (tmp_path / 'out.csv').read_text() == '\ufeff' + (
        tmp_path / 'expected.csv').read_text().replace(',', delimiter).replace('.', ',')


def test_individuals_are_tracks(tmp_path):
    tracks = io.load(table(tmp_path / 'a.csv', **CASES['unique']))
    assert list(tracks.tracks) == ['mouse1', 'single']
    assert tracks['single'].skeleton.keypoint_names == ('nose', 'hip', 'tail', 'box')
    assert tracks['single'].valid.sum(axis=0).tolist() == [0, 0, 0, 8]
    absent = io.load(table(tmp_path / 'a.csv', **CASES['absent']))
    assert absent['mouse1'].frame_ids.tolist() == [*range(1, 8)]
    assert absent.frame_ids.tolist() == [*range(8)]


def test_filled_poses_get_a_likelihood_of_0(tmp_path):
    path = table(tmp_path / 'a.csv', **CASES['later'])
    io.save(tmp_path / 'out.csv', d.bridged(io.load(path), 0, 103))
    cells = (tmp_path / 'out.csv').read_text().splitlines()[6].split(',')
    assert cells[:4] == ['103', '113.125', '123.250', '0']


def test_smoothed_by_the_front_door(tmp_path):
    path = table(tmp_path / 'a.csv', people=('a', 'b'), frames=30)
    smooth(path, 'gaussian', tmp_path / 'out.csv', fps=30)
    assert io.sniff(tmp_path / 'out.csv') == 'deeplabcut'


def test_new_tables(tmp_path):
    for people in (1, 2):
        coords = np.array([d.pose(t) for t in range(4)])
        coords[1, 0] = np.nan
        one = PoseTracks.from_array(coords)[0]
        tracks = PoseTracks(dict.fromkeys(range(people), one))
        io.save(tmp_path / 'a.csv', tracks, format='deeplabcut')
        again = io.load(tmp_path / 'a.csv')
        assert again.source.format == 'deeplabcut' and len(again) == people
        for _, sequence in again:
            np.testing.assert_array_equal(sequence.coords, coords)


@pytest.mark.parametrize('change, message', [
    (lambda t: t.replace('bodyparts', 'parts', 1), 'expected scorer, .individuals,. bodyparts'),
    (lambda t: t.replace('10.125', 'far', 1), "line 4, column 2: expected a number, got 'far'"),
    (lambda t: t.replace('\n2,', '\nimg2.png,'), 'is an image; these are labels'),
    (lambda t: t.replace('\n2,', '\ntwo,'), "line 6, frame.*'two'"),
    (lambda t: t.replace('\n2,', '\n1,'), 'frame 1 occurs twice'),
    (lambda t: t.rstrip('\n') + ',3\n', 'line 11: 11 cells, but the header has 10'),
    (lambda t: t.replace('coords,x,y', 'coords,x,x'), "column 3 repeats 'nose', 'x'"),
    (lambda t: t.replace('x,y,', 'a,b,'), 'none of the body parts has columns x and y'),
])
def test_damaged_tables(tmp_path, change, message):
    path = table(tmp_path / 'a.csv')
    path.write_text(change(path.read_text()))
    with pytest.raises(DataFormatError, match=message):
        io.load(path)
