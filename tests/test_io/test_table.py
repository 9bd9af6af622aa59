from __future__ import annotations

import warnings

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseTracks

from . import documents as d


def table(tmp_path, text, name='a.csv'):
    (tmp_path / name).write_bytes(text.encode())
    return tmp_path / name


TIDY = 'frame,keypoint,x,y,confidence\n0,hip,1,2,0.5\n0,toe,3,4,0.25\n1,hip,1.50,2.5,1\n1,toe,,,\n'


def test_wide(tmp_path):
    path = table(tmp_path, d.csv_text())
    tracks = io.load(path, fps=30)
    assert list(tracks.tracks) == [0, 1]
    assert tracks[0].skeleton.keypoint_names == ('nose', 'hip', 'knee', 'toe')
    np.testing.assert_array_equal(tracks[1].coords, [d.pose(t, 1) for t in range(5)])
    np.testing.assert_array_equal(tracks[1].scores[0], [0.9, 0.8, 0.7, 0.625])
    io.save(tmp_path / 'out.csv', tracks)
    assert (tmp_path / 'out.csv').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.csv', d.shifted(tracks))
    line = (tmp_path / 'out.csv').read_text().splitlines()[4].split(',')
    assert line[:3] == ['1', '1', 'ok'] and line[5::3] == ['0.9', '0.8', '0.7', '0.625']
    np.testing.assert_array_equal(np.array(line[3:], float).reshape(-1, 3)[:, :2],
                                  np.array(d.pose(1, 1)) + 1)


@pytest.mark.parametrize('text', [
    TIDY, TIDY.replace(',', ';'), TIDY.replace(',', '\t'), TIDY.replace('\n', '\r\n'),
    '\ufeff' + TIDY, TIDY.rstrip('\n'), TIDY.replace('1.50', '+1.5e0'),
    TIDY.replace('1,toe,,,', '1,toe,NaN,nan,'), TIDY.replace('toe', '"to,e"'),
    ',frame,a_x,a_y,a_z\n0,3,1,2,3\n1,5,4,5,6\n', 'Frame,A.X,A.Y,B X,B Y,bbox_x,bbox_y\n'
    '7,1,2,3,4,x,y\n8,5,6,,8,x,y\n', 'a_x,a_y\n1,2\n3,4\n',
    'frame,track_id,a_x,a_y\n0,7.0,1,2\n0,left one,3,4\n',
])
def test_comes_back_to_the_letter(tmp_path, text):
    path = table(tmp_path, text)
    tracks = io.load(path, format=io.sniff(path))
    assert len(tracks) >= 1
    io.save(tmp_path / 'out.csv', tracks)
    assert (tmp_path / 'out.csv').read_bytes() == path.read_bytes()


EUROPEAN = ('\ufeff"frame";track_id;note;a_x;a_y;a_score\r\n0;1;"x; 1,y";412,5;-0,25;0,875\r\n'
            '1;1;;413;1,5e1;1\r\n2;1;ok;;;\r\n3;1;v1.2;415,125;16,5;0,5\r\n')


@pytest.mark.parametrize('text', [
    EUROPEAN, EUROPEAN.replace('"x; 1,y"', 'x').replace(';', '\t'),
    # In quotes, a comma in a cell separates nothing.
    'frame,track_id,note,a_x,a_y,a_score\n0,1,,"412,5","-0,25","0,875"\n1,1,,413,15,1\n'
    '2,1,,,,\n3,1,,"415,125","16,5","0,5"\n'])
def test_decimal_commas(tmp_path, text):
    path = table(tmp_path, text)
    tracks = io.load(path, fps=30)
    np.testing.assert_array_equal(tracks[1].coords[:, 0], [[412.5, -0.25], [413, 15],
                                                           [np.nan, np.nan], [415.125, 16.5]])
    np.testing.assert_array_equal(tracks[1].scores[:, 0], [0.875, 1, 0, 0.5])
    io.save(tmp_path / 'out.csv', tracks)
    written = (tmp_path / 'out.csv').read_bytes().decode()
    assert written == text.replace('"frame"', 'frame')
    io.save(tmp_path / 'out.csv', tracks.map(lambda one: one.replace(coords=one.coords + 1.25)))
    written = (tmp_path / 'out.csv').read_bytes().decode()
    assert '413,75' in written and '416,375' in written and '413.75' not in written
    np.testing.assert_array_equal(io.load(tmp_path / 'out.csv')[1].coords, tracks[1].coords + 1.25)


def test_decimals_of_three_digits_are_no_thousands(tmp_path):
    path = table(tmp_path, 'frame;a_x;a_y\n0;512,125;300,250\n1;513,250;301,375\n')
    np.testing.assert_array_equal(io.load(path)[0].coords[:, 0], [[512.125, 300.25],
                                                                  [513.25, 301.375]])


def test_decimal_commas_by_a_map_of_columns(tmp_path):
    path = table(tmp_path, 'Bild;px;py\n0;1,5;2,5\n1;2,5;3,5\n')
    tracks = io.load(path, format='csv', columns={'frame': 'Bild', 'nose.x': 'px', 'nose.y': 'py'})
    np.testing.assert_array_equal(tracks[0].coords[:, 0], [[1.5, 2.5], [2.5, 3.5]])


def test_tidy(tmp_path):
    tracks = io.load(table(tmp_path, TIDY))
    np.testing.assert_array_equal(tracks[0].coords, [[[1, 2], [3, 4]], [[1.5, 2.5], [np.nan] * 2]])
    np.testing.assert_array_equal(tracks[0].scores, [[0.5, 0.25], [1, 0]])
    coords = tracks[0].coords.copy()
    coords[1] = [[1.5, 7], [8, 9]]
    io.save(tmp_path / 'out.csv', d.replaced(tracks, 0, tracks[0].replace(coords=coords)))
    assert (tmp_path / 'out.csv').read_text() == TIDY.replace(
        '1.50,2.5', '1.50,7.00').replace('1,toe,,,', '1,toe,8.00,9.00,')


def test_tidy_keypoints_without_a_line(tmp_path):
    text = TIDY.replace('1,toe,,,\n', '2,toe,5,6,1\n')
    tracks = io.load(table(tmp_path, text))
    np.testing.assert_array_equal(tracks[0].valid, [[1, 1], [1, 0], [0, 1]])
    coords = np.where(np.isnan(tracks[0].coords), 0.5, tracks[0].coords)
    io.save(tmp_path / 'out.csv', d.replaced(tracks, 0, tracks[0].replace(coords=coords)))
    assert (tmp_path / 'out.csv').read_text() == text.replace(
        '2,toe', '1,toe,0.50,0.50,0.0\n2,toe') + '2,hip,0.50,0.50,0.0\n'


@pytest.mark.parametrize('wide', [True, False])
def test_interpolated_pose_is_added(tmp_path, wide):
    if wide:
        text, columns = d.csv_text(people=1), 3
        tracks = io.load(table(tmp_path, '\n'.join(
            line for line in text.splitlines() if not line.startswith('2,')) + '\n'))
        assert tracks.frame_ids.tolist() == [0, 1, 2, 3, 4]
        io.save(tmp_path / 'out.csv', d.bridged(tracks, 0, 2))
        line = (tmp_path / 'out.csv').read_text().splitlines()[3].split(',')
        assert line[:columns] == ['2', '0', ''] and line[5::3] == ['0.0'] * d.K
        np.testing.assert_allclose(np.array(line[3:], float).reshape(-1, 3)[:, :2], d.pose(2))
    else:
        tracks = io.load(table(tmp_path, TIDY.replace('1,hip', '2,hip').replace('1,toe,,,',
                                                                               '2,toe,5,6,1')))
        tracks = tracks.replace(frame_ids=np.arange(3))
        io.save(tmp_path / 'out.csv', d.bridged(tracks, 0, 1))
        assert (tmp_path / 'out.csv').read_text().splitlines()[3:5] == [
            '1,hip,1.25,2.25,0.0', '1,toe,4.00,5.00,0.0']


def test_people_without_ids_are_tracked(tmp_path):
    text = 'frame,a_x,a_y,b_x,b_y\n' + ''.join(
        f'{t},{x},0,{x + 40},90\n' for t in range(4) for x in (t, 500 + t)[::1 if t % 2 else -1])
    path = table(tmp_path, text)
    tracks = io.load(path)
    assert len(tracks) == 2 and sorted(s.coords[0, 0, 0] for _, s in tracks) == [0, 500]
    assert all((np.diff(s.coords[:, 0, 0]) == 1).all() for _, s in tracks)
    io.save(tmp_path / 'out.csv', tracks)
    assert (tmp_path / 'out.csv').read_text() == text


def test_new_table(tmp_path):
    coords = np.array([d.pose(t) for t in range(3)])
    coords[1, 0] = np.nan
    io.save(tmp_path / 'a.csv', PoseTracks.from_array(coords))
    lines = (tmp_path / 'a.csv').read_text().splitlines()
    assert lines[0].startswith('frame,track_id,keypoint_0_x,keypoint_0_y,keypoint_1_x')
    assert lines[2].startswith('1,0,,,42.25,')
    np.testing.assert_array_equal(io.load(tmp_path / 'a.csv')[0].coords, coords)
    io.save(tmp_path / 'a.tsv', PoseTracks.from_array(coords))
    assert (tmp_path / 'a.tsv').read_text().startswith('frame\ttrack_id\t')
    io.save(tmp_path / 'empty.csv', PoseTracks())
    assert (tmp_path / 'empty.csv').read_text() == 'frame,track_id\n'


@pytest.mark.parametrize('text, message', [
    (d.csv_text().replace('0.625', 'high', 1), "line 2, column 15.*'high'"),
    (d.csv_text().replace('\n2,', '\ntwo,', 1), "line 6, frame.*'two'"),
    ('frame,a_x,a_y\n0,1,2\n1,2\n', 'line 3: 2 cells.*header has 3'),
    ('frame,a_x,a_y,a_z,b_x,b_y\n', 'some with z and some without'),
    ('keypoint,x,y\na,1,2\n', "needs a column 'frame'"),
    (TIDY + '1,toe,1,2,3\n', "line 6: keypoint 'toe' occurs twice"),
    ('frame,track_id,a_x,a_y\n0,1,1,2\n0,1,3,4\n', 'Frame 0.*1 twice'),
    ('frame,a_x,a_y\n0,"1,2\n', 'not a readable CSV'),
    # Commas that separate thousands, and commas beside points.
    ('frame;a_x;a_y\n0;999;1\n1;1,024;2\n', "column 2: expected a number, got '1,024'. Write dec"),
    ('frame;a_x;a_y\n0;1.5;2,5\n', "column 3: expected a number, got '2,5'. Write decimal points"),
    ('frame;a_x;a_y\n0;1.024,5;2,5\n', "got '1.024,5'. Write decimal points, and nothing between"),
    ('frame,a_x,a_y\n0,1,5,2,5\n', '5 cells.*header has 3; if commas also mark the decimals, sep'),
    ('scorer,n,n\nbodyparts,a,a\ncoords,x,y\n0,1,5,2,5\n', 'if commas also mark the decimals'),
])
def test_bad_tables(tmp_path, text, message):
    with pytest.raises(DataFormatError, match=message):
        io.load(table(tmp_path, text))


def test_sleap(tmp_path):
    header = 'track,frame_idx,instance.score,nose.x,nose.y,nose.score,l.eye.x,l.eye.y,l.eye.score\n'
    rows = ''.join(f'{track},{t},0.75,{t}.5,{2 * t}.5,0.9,{t + 4}.25,{t}.25,\n'
                   for track in ('mouse', 'rat') for t in (0, 1, 3) if (track, t) != ('rat', 1))
    path = table(tmp_path, header + rows)
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # The score of an instance is no keypoint's.
        tracks = io.load(path)
    assert list(tracks.tracks) == ['mouse', 'rat'] and tracks['rat'].frame_ids.tolist() == [0, 3]
    assert tracks['rat'].skeleton.keypoint_names == ('nose', 'l.eye')
    io.save(tmp_path / 'out.csv', tracks)
    assert (tmp_path / 'out.csv').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.csv', d.shifted(tracks))
    assert (tmp_path / 'out.csv').read_text().splitlines()[4] == (
        'rat,0,0.75,1.50,1.50,0.9,5.25,1.25,')


@pytest.mark.parametrize('columns', [['x0', 'y0', 'x1', 'y1'],
                                     ['X_0', 'Y_0', 'v_0', 'X_1', 'Y_1', 'v_1']])
def test_numbered_columns(tmp_path, columns):
    rows = [[t, *(t + i + 0.25 for i in range(len(columns)))] for t in range(5)]
    path = table(tmp_path, '\n'.join(','.join(map(str, row)) for row in [
        ['frame', *columns], *rows]) + '\n')
    tracks = io.load(path)
    scored = len(columns) == 6
    assert tracks[0].coords.shape == (5, 2, 2) and (tracks[0].scores is not None) == scored
    assert tracks[0].coords[0].tolist() == (
        [[0.25, 1.25], [3.25, 4.25]] if scored else [[0.25, 1.25], [2.25, 3.25]])
    io.save(tmp_path / 'out.csv', tracks)
    assert (tmp_path / 'out.csv').read_bytes() == path.read_bytes()


@pytest.mark.parametrize('header, words', [
    ('frame,a_x,a_y,b_x', '1 columns .*: b_x'), ('frame,a_x,a_y,a_p', ': a_p'),
    ('frame,a_x,a_y,a_q,c_z', '2 columns .*: a_q, c_z')])
def test_columns_of_keypoints_that_are_not_read_are_said(tmp_path, header, words):
    cells = ',0.5' * (header.count(',') - 2)
    (tmp_path / 'a.csv').write_text(header + ''.join(f'\n{t},{t},2{cells}' for t in range(5)))
    with pytest.warns(UserWarning, match=f'not read.*{words}' if words[0] == ':' else words):
        assert io.load(tmp_path / 'a.csv')[0].num_keypoints == 1


@pytest.mark.parametrize('score', ['prob', 'probability', 'likelihood'])
def test_names_of_confidences(tmp_path, score):
    (tmp_path / 'a.csv').write_text(f'frame,person,note,bbox_x,bbox_y,a_x,a_y,a_{score}' + ''.join(
        f'\n{t},p,ok,1,2,{t},2,0.5' for t in range(5)))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        tracks = io.load(tmp_path / 'a.csv')
    assert (tracks['p'].scores == 0.5).all()
