"""Tables are streamed as JSON lines are: live, row by row."""

from __future__ import annotations

import csv
import io as streams
import sys
import tracemalloc

import numpy as np
import pytest

from smoothnet_plugin import PoseTracks, io, smooth
from smoothnet_plugin.apis.stream import smooth_stream
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseSequence, Skeleton

NAMES = ('nose', 'left_wrist', 'right_wrist', 'left_ankle', 'right_ankle')


@pytest.fixture
def tracks():
    rng = np.random.default_rng(5)
    body = np.array([[0, 0], [90, 0], [9, 50], [0, 99], [90, 99]])
    people = {}
    for n in range(2):
        poses = np.round(body + 400 * n + np.arange(40)[:, None, None]
                         + rng.normal(0, 2, (40, 5, 2)), 3)
        rows = np.delete(np.arange(40), range(10, 14)) if n else np.arange(40)
        poses[20, 2] = np.nan
        people[n] = PoseSequence(poses[rows], frame_ids=rows, scores=np.full((len(rows), 5), 0.9),
                                 skeleton=Skeleton('five', NAMES))
    return PoseTracks(people, fps=30)


def tidy(path, tracks, end='\r\n'):
    lines = ['track_id;frame;note;keypoint;x;y;score']
    lines += [f'{key};{frame};"a;b";{name};{x:.3f};{y:.3f};0.5'.replace('nan', '')
              for frame in range(40) for key, sequence in tracks
              for at in np.flatnonzero(sequence.frame_ids == frame)
              for name, (x, y) in zip(NAMES, sequence.coords[at].tolist())]
    path.write_bytes(b'\xef\xbb\xbf' + (end.join(lines) + end).encode())


@pytest.mark.parametrize('kind', ['csv', 'deeplabcut', 'tidy', 'commas'])
def test_a_stream_is_what_a_live_run_of_the_whole_file_gives(tmp_path, tracks, kind):
    path, out, whole = (tmp_path / f'{name}.csv' for name in ('in', 'out', 'whole'))
    if kind == 'tidy':
        tidy(path, tracks)
    elif kind == 'commas':
        tidy(path, tracks)
        path.write_bytes(path.read_bytes().replace(b'.', b','))
    else:
        io.save(path, tracks, format=kind)
    expected = smooth(path, 'classical', whole, lookahead=4, fps=30)
    assert smooth_stream(path, out, 'classical', lookahead=4, fps=30) == 40
    streamed = io.load(out, fps=30)
    assert [str(key) for key in streamed.tracks] == [str(key) for key in expected.tracks]
    for key, sequence in expected:
        np.testing.assert_allclose(streamed[key].coords, sequence.coords, atol=6e-4)
        np.testing.assert_array_equal(streamed[key].frame_ids, sequence.frame_ids)
    # The layout is that of the file: only numbers differ, by the last decimal.
    a, b = (list(csv.reader(one.read_text('utf-8-sig').splitlines())) for one in (out, whole))
    assert len(a) == len(b) and a[0] == b[0]
    assert out.read_bytes().startswith(path.read_bytes()[:30])
    assert out.read_bytes().count(b'\r\n') == whole.read_bytes().count(b'\r\n')
    if kind == 'tidy':
        assert out.read_text('utf-8-sig').count(';"a;b";') == 5 * 76


def test_decimal_commas(tmp_path, tracks):
    path, commas, out, other = (tmp_path / f'{n}.csv' for n in ('in', 'commas', 'out', 'other'))
    tidy(path, tracks)
    commas.write_bytes(path.read_bytes().replace(b'.', b','))
    assert smooth_stream(path, out, 'kalman', fps=30) == 40
    assert smooth_stream(commas, other, 'kalman', fps=30) == 40
    assert other.read_bytes() == out.read_bytes().replace(b'.', b',') != commas.read_bytes()


def test_decimal_commas_after_points_were_written(tmp_path):
    path = tmp_path / 'in.csv'
    path.write_text('frame;id;a_x;a_y\n' + ''.join(f'{n};1;{n * n};3\n' for n in range(9))
                    + '9;1;70,5;2\n')
    with pytest.raises(DataFormatError, match="line 11.*got '70,5'. Write decimal points"):
        smooth_stream(path, tmp_path / 'out.csv', 'one_euro', fps=30)


def test_frames_come_out_as_they_are_finished(tmp_path, tracks, monkeypatch):
    class Source(streams.BytesIO):
        def __iter__(self):
            for n, line in enumerate(self.getvalue().splitlines(keepends=True)):
                seen.append((n - 4, sink.getvalue().count(b'\n') - 4))
                yield line

    seen: list[tuple[int, int]] = []
    sink = streams.BytesIO()
    io.save(tmp_path / 'in.csv', tracks, format='deeplabcut')
    source = Source((tmp_path / 'in.csv').read_bytes())
    monkeypatch.setattr(sys, 'stdin', type('In', (), {'buffer': source}))
    monkeypatch.setattr(sys, 'stdout', type('Out', (), {'buffer': sink}))
    assert smooth_stream('-', '-', 'one_euro', fps=30) == 40
    assert seen[-1][0] - seen[-1][1] <= 2 and seen[-1][0] == 39


@pytest.mark.parametrize('first, frames', [
    ('', [0, 1, 2, 3]), ('time,', [0, 0, 1, 2]), ('frame,', [0, 0, 1, 2])])
def test_frames_without_numbers(tmp_path, first, frames):
    """Rows count as frames, or their time stamps do."""
    lines = [f'{frame},{n}.5,2,{90 * n},70' for n, frame in enumerate(frames)]
    path, out = tmp_path / 'in.csv', tmp_path / 'out.csv'
    path.write_text('\n'.join([f'{first}a_x,a_y,b_x,b_y', *(
        line if first else line.partition(',')[2] for line in lines)]))
    assert smooth_stream(path, out, 'gaussian', fps=30) == len(set(frames))
    assert len(out.read_text().splitlines()) == 5


@pytest.mark.parametrize(('text', 'message'), [
    ('frame,id,a_x,a_y\n0,1,1,2\n1,1,x,3\n', "line 3, column 3: expected a number, got 'x'"),
    ('frame,id,a_x,a_y\n0,1,1,2\n1,3\n', 'line 3: 2 cells, but the header has 4'),
    ('frame,id,a_x,a_y\n0,1,1,2\n1,1,3,4\n0,1,1,2\n', 'increase'),
    ('frame,id,keypoint,x,y\n0,1,a,1,2\n1,1,b,1,2\n', "line 3: the keypoint 'b' is not in the"),
    ('frame,a_x,a_y\n0,1,"2\n', 'not a readable CSV'),
    ('track_id,a_x,a_y\n0,1,2\n', "needs a column 'frame'"),
    ('time,a_x,a_y\n0,1,2\n,1,2\n', 'line 3: the time stamp is missing'),
    ('one,two\n1,2\n', 'not a stream of poses'),
    ('scorer,a,a\nbodyparts,b,b\ncoords,x,y\n0,1,2\n1,z,3\n', 'line 5, column 2'),
    ('scorer,a,a\nbodyparts,b,b\n', 'expected scorer'),
])
def test_damaged_tables(tmp_path, text, message):
    path = tmp_path / 'bad.csv'
    path.write_text(text)
    with pytest.raises(DataFormatError, match=message):
        smooth_stream(path, tmp_path / 'out.csv', 'gaussian')
    assert not (tmp_path / 'out.csv').exists()


def test_ids_are_for_json_lines(tmp_path):
    (tmp_path / 'in.csv').write_text('frame,a_x,a_y\n0,1,2\n')
    with pytest.raises(ConfigError, match='track_ids is for JSON lines'):
        smooth_stream(tmp_path / 'in.csv', tmp_path / 'out.csv', 'gaussian', track_ids=True)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_table(tmp_path):
    path = tmp_path / 'in.csv'
    header = 'frame,id,' + ','.join(f'k{n}_{axis}' for n in range(17) for axis in 'xy')
    peaks = []
    for frames in (50, 150, 800):  # The first run fills caches.
        values = np.random.default_rng(0).normal(0, 1, (frames, 34))
        np.savetxt(path, np.c_[np.arange(frames), np.zeros(frames), values], '%.3f', ',',
                   header=header, comments='')
        tracemalloc.start()
        smooth_stream(path, tmp_path / 'out.csv', 'one_euro', fps=30)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The cells of 650 lines take 1.2 MB, their poses 0.5 MB.
    assert peaks[2] - peaks[1] < 200_000
