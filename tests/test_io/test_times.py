"""Time stamps that files carry: read, used as the clock, written back unchanged."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from smoothnet_plugin import build_smoother, io, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.apis.stream import smooth_stream
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.io._times import time_unit
from smoothnet_plugin.structures import PoseFrame, PoseInstance

from . import documents as d

COUNT = 60


def uneven(rng) -> np.ndarray:
    """Milliseconds of a camera that gives frames every 20 to 48 ms."""
    return 1000 + np.cumsum(rng.integers(20, 48, COUNT))


def wide(stamps, column='timestamp_ms', frames=True) -> str:
    header = ['frame'] * frames + [column, 'a_x', 'a_y', 'b_x', 'b_y']
    rng = np.random.default_rng(0)
    rows = [[*([str(t)] if frames else []), str(stamp),
             *(f'{v:.2f}' for v in 100 + 2 * t + rng.normal(0, 2, 4))]
            for t, stamp in enumerate(stamps)]
    return '\n'.join(map(','.join, [header, *rows])) + '\n'


def column(path, name):
    rows = [line.split(',') for line in path.read_text().splitlines()]
    return [row[rows[0].index(name)] for row in rows[1:]]


@pytest.mark.parametrize('name, unit', [
    ('timestamp', 1), ('Time', 1), ('time (s)', 1), ('timestamp_ms', 1e-3), ('timestampMs', 1e-3),
    ('Time [ms]', 1e-3), ('time_us', 1e-6), ('timestamp_ns', 1e-9), ('timeout', None),
    ('lifetime', None), ('frame', None), (3, None), ('times_a', None)])
def test_names_of_stamps(name, unit):
    assert time_unit(name) == unit


@pytest.mark.parametrize('frames', [True, False])
def test_an_uneven_clock_is_used_and_kept(tmp_path, rng, frames):
    stamps = uneven(rng)
    (tmp_path / 'a.csv').write_text(wide(stamps, frames=frames))
    tracks, report = smooth_with_report(tmp_path / 'a.csv', 'gaussian', tmp_path / 'b.csv')
    np.testing.assert_allclose(tracks.times, stamps / 1000)
    assert 'uneven' in dict(report.lines())['note']
    raw = io.load(tmp_path / 'a.csv', fps=30)[0].coords
    np.testing.assert_allclose(tracks[0].coords, smooth(raw, 'gaussian', timestamps=stamps / 1000))
    assert column(tmp_path / 'b.csv', 'timestamp_ms') == [str(stamp) for stamp in stamps]


@pytest.mark.parametrize('fps', [25, 30, 59.94, 120, 240])
@pytest.mark.parametrize('digits', [3, 4, 12])
def test_roundings_of_an_even_clock_are_a_rate(tmp_path, fps, digits):
    stamps = np.round(5.2 + np.arange(COUNT) / fps, digits)
    (tmp_path / 'a.csv').write_text(wide(stamps, 'time'))
    tracks = io.load(tmp_path / 'a.csv')
    assert tracks.times is None and tracks.fps == pytest.approx(fps, rel=10.0**-digits * fps / 30)
    assert io.load(tmp_path / 'a.csv', fps=10).fps == 10


def test_a_row_per_keypoint_without_frame_numbers(tmp_path):
    lines = ['timestamp_ms,landmark_id,x,y'] + [
        f'{t * 40},{k},{10 * k + t:.1f},{t:.1f}' for t in range(5) for k in range(3)]
    (tmp_path / 'a.csv').write_text('\n'.join(lines) + '\n')
    tracks = io.load(tmp_path / 'a.csv')
    assert tracks.fps == 25 and tracks[0].coords.shape == (5, 3, 2)
    io.save(tmp_path / 'b.csv', d.shifted(tracks))
    assert column(tmp_path / 'b.csv', 'x')[:3] == ['1.0', '11.0', '21.0']
    assert column(tmp_path / 'b.csv', 'timestamp_ms') == column(tmp_path / 'a.csv', 'timestamp_ms')


def test_added_rows_get_a_stamp(tmp_path):
    text = wide([0, 40, 80, 120, 160]).splitlines(keepends=True)
    (tmp_path / 'a.csv').write_text(''.join(text[:3] + text[4:]))
    tracks = io.load(tmp_path / 'a.csv')
    assert tracks.frame_ids.tolist() == [0, 1, 2, 3, 4] and tracks.fps == 25
    io.save(tmp_path / 'b.csv', d.bridged(tracks, 0, 2))
    assert column(tmp_path / 'b.csv', 'timestamp_ms') == ['0', '40', '80', '120', '160']


@pytest.mark.parametrize('name, words', [('timestamp', 'timestamp_ms|milliseconds'),
                                         ('time', 'milliseconds')])
def test_milliseconds_without_a_unit_are_refused(tmp_path, rng, name, words):
    (tmp_path / 'a.csv').write_text(wide(uneven(rng), name))
    with pytest.raises(DataFormatError, match=words) as caught:
        io.load(tmp_path / 'a.csv')
    assert 'a.csv' in str(caught.value) and 'fps' in str(caught.value)
    assert io.load(tmp_path / 'a.csv', fps=30).times is None


def test_milliseconds_as_frame_numbers_are_refused(tmp_path, rng):
    document = d.video(COUNT, 1)
    for frame, stamp in zip(document, uneven(rng)):
        frame['frame_id'] = int(stamp)
    with pytest.raises(DataFormatError, match='as if they were milliseconds'):
        smooth(d.write(tmp_path / 'a.json', document), 'gaussian')


def test_stamps_that_decrease_are_refused(tmp_path):
    (tmp_path / 'a.csv').write_text(wide([0, 33, 20, 99]))
    with pytest.raises(DataFormatError, match='decrease'):
        io.load(tmp_path / 'a.csv')


@pytest.mark.parametrize('back', [[0, 33, 66, 99, 66, 99, 133], [0, 33, 66, 99, 40, 73, 107]])
def test_stamps_that_number_the_frames_and_go_back(tmp_path, back):
    """Whether or not they repeat others: never sorted, nor taken for more people."""
    (tmp_path / 'a.csv').write_text(wide(back, frames=False))
    words = f"line 6: the time stamp {back[4] / 1000:g} s follows 0.099 s.*a column 'frame'"
    with pytest.raises(DataFormatError, match=words):
        io.load(tmp_path / 'a.csv')
    with pytest.raises(DataFormatError, match='line 6: the time stamp'):
        smooth_stream(tmp_path / 'a.csv', tmp_path / 'b.csv', 'one_euro', fps=30)
    with pytest.raises(DataFormatError, match='follows 0.099'):
        smooth(np.zeros((7, 3, 2)), 'gaussian', timestamps=np.array(back) / 1000)
    live = build_smoother('one_euro', fps=30)
    with pytest.raises(DataFormatError, match='follows 0.099'):
        for n, stamp in enumerate(back):
            live.step(PoseFrame(n, [PoseInstance(np.eye(3, 2), track_id=1)]),
                      timestamp=stamp / 1000)


def test_people_one_after_another_have_a_clock_each(tmp_path):
    rows = [f'{t * 40},{p},{p}.5,{t}.25' for p in range(2) for t in range(5)]
    (tmp_path / 'a.csv').write_text('\n'.join(['time_ms,track_id,a_x,a_y', *rows]) + '\n')
    tracks = io.load(tmp_path / 'a.csv')
    assert tracks.fps == 25 and [len(one) for _, one in tracks] == [5, 5]
    (tmp_path / 'a.csv').write_text('\n'.join(['time_ms,track_id,a_x,a_y', *rows, '80,1,1,1']))
    with pytest.raises(DataFormatError, match='line 12: the time stamp 0.08 s follows 0.16 s'):
        io.load(tmp_path / 'a.csv')


def test_stamps_beside_a_rate_that_go_back(tmp_path):
    lines = d.trc_text(COUNT).splitlines()
    for t in range(30, COUNT):
        cells = lines[5 + t].split('\t')
        lines[5 + t] = '\t'.join([cells[0], f'{t / 60 - 0.2:.3f}', *cells[2:]])
    (tmp_path / 'a.trc').write_text('\n'.join(lines) + '\n')
    tracks, report = smooth_with_report(tmp_path / 'a.trc', 'gaussian', tmp_path / 'b.trc')
    [note] = [note for note in report.notes if 'go back' in note]
    assert '0.3 s follows 0.483333 s' in note and '60 frames per second' in note
    assert tracks.fps == 60 and tracks.times is None


@pytest.mark.parametrize('wrap', [lambda person: person, lambda person: {'poses': [person]}])
def test_stamps_of_frames_that_are_a_person(tmp_path, wrap):
    frames = [{'timestamp_ms': 40 * t, **wrap({'keypoints': [
        {'x': 1.5 * t, 'y': 2.0, 'score': 0.9, 'name': 'nose'}]})} for t in range(COUNT)]
    assert io.load(d.write(tmp_path / 'a.json', frames)).fps == 25
    frames[9]['timestamp_ms'] = 0
    with pytest.raises(DataFormatError, match='decrease'):
        io.load(d.write(tmp_path / 'a.json', frames))


@pytest.mark.parametrize('header', ['timestamp,landmark_id,x,y', 'time,track_id,a_x,a_y'])
def test_stamps_of_text_cannot_number_frames(tmp_path, header):
    (tmp_path / 'a.csv').write_text(f'{header}\nnoon,0,1,2\n12:00:02,0,2,3\n')
    with pytest.raises(DataFormatError, match="'noon' is neither a number nor an ISO 8601 time"):
        io.load(tmp_path / 'a.csv')


def test_people_without_frame_numbers_are_refused(tmp_path):
    (tmp_path / 'a.csv').write_text('track_id,a_x,a_y\n1,1,2\n2,5,6\n1,2,3\n2,6,7\n')
    with pytest.raises(DataFormatError, match="row per person needs a column 'frame'"):
        io.load(tmp_path / 'a.csv')


def test_trc(tmp_path, rng):
    stamps = uneven(rng) / 1000
    lines = d.trc_text(COUNT).splitlines()
    lines[5:] = ['\t'.join([cells[0], f'{stamp:.3f}', *cells[2:]]) for stamp, cells in zip(
        stamps, (line.split('\t') for line in lines[5:]))]
    (tmp_path / 'a.trc').write_text('\n'.join(lines) + '\n')
    tracks = io.load(tmp_path / 'a.trc')
    np.testing.assert_allclose(tracks.times, stamps)
    smooth(tmp_path / 'a.trc', 'gaussian', tmp_path / 'b.trc')
    kept = [line.split('\t')[1] for line in (tmp_path / 'b.trc').read_text().splitlines()[5:]]
    assert kept == [f'{stamp:.3f}' for stamp in stamps]
    io.save(tmp_path / 'c.trc', tracks.replace(source=None))
    np.testing.assert_allclose(io.load(tmp_path / 'c.trc').times, stamps)
    # The header's rate is exact, the rounded times of an even clock are not.
    (tmp_path / 'd.trc').write_text(d.trc_text(COUNT))
    assert io.load(tmp_path / 'd.trc').fps == 60 and io.load(tmp_path / 'd.trc').times is None


@pytest.mark.parametrize('name, unit', [('times', 1), ('timestamps_ms', 1e-3)])
def test_npz(tmp_path, rng, name, unit):
    stamps = uneven(rng) * 1e-3 / unit
    np.savez(tmp_path / 'a.npz', coords=rng.normal(size=(COUNT, 5, 2)), **{name: stamps})
    tracks = io.load(tmp_path / 'a.npz')
    np.testing.assert_allclose(tracks.times, stamps * unit)
    io.save(tmp_path / 'b.npz', d.shifted(tracks))
    with np.load(tmp_path / 'b.npz') as file:
        np.testing.assert_array_equal(file[name], stamps)
    io.save(tmp_path / 'c.npz', tracks.replace(source=None))
    np.testing.assert_allclose(io.load(tmp_path / 'c.npz').times, stamps * unit)
    io.save(tmp_path / 'd.csv', tracks)
    np.testing.assert_allclose(io.load(tmp_path / 'd.csv').times, stamps * unit)
    # Rows that are dropped or added take their stamps along.
    io.save(tmp_path / 'e.npz', d.bridged(d.without(tracks.replace(
        times=None), 0, 30), 0, 30).replace(times=tracks.times))
    np.testing.assert_allclose(io.load(tmp_path / 'e.npz').times, stamps * unit)


@pytest.mark.parametrize('key, factor', [('timestamp', 1e-3), ('timestamp_ms', 1)])
def test_json(tmp_path, rng, key, factor):
    stamps = uneven(rng) * factor
    video = [{**frame, key: stamp} for frame, stamp in zip(d.video(COUNT), stamps.tolist())]
    flat = [{**entry, key: stamps[entry['image_id'] - 100].item()} for entry in d.coco(COUNT)]
    annotations = {'images': [{'id': t, key: stamp} for t, stamp in enumerate(stamps.tolist())],
                   'annotations': [{'image_id': t, 'keypoints': d.flat(t)} for t in range(COUNT)]}
    for document in (video, flat, annotations, {'instance_info': video}):
        path = d.write(tmp_path / 'a.json', document)
        tracks = io.load(path)
        np.testing.assert_allclose(tracks.times, stamps * 1e-3 / factor)
        io.save(tmp_path / 'b.json', tracks)
        assert json.loads((tmp_path / 'b.json').read_text()) == document
        smooth(path, 'gaussian', tmp_path / 'b.json')


def test_openpose(tmp_path, rng):
    (tmp_path / 'a').mkdir()
    for t, stamp in enumerate(uneven(rng).tolist()):
        d.write(tmp_path / 'a' / f'{t}_keypoints.json', {**d.openpose_frame(t, 1),
                                                         'timestamp_ms': stamp})
    tracks = io.load(tmp_path / 'a')
    assert tracks.times is not None and len(tracks.times) == COUNT
    io.save(tmp_path / 'b', tracks)
    assert d.content(tmp_path / 'a').keys() == d.content(tmp_path / 'b').keys()


def test_columns_by_a_map(tmp_path):
    text = 'Bild;px;py;conf;x;y\n0;1,5;2;0.5;9;9\n'.replace(',', '.') + '1;2.5;3;0.25;9;9\n'
    (tmp_path / 'a.csv').write_text(text)
    names = {'frame': 'Bild', 'nose.x': 'px', 'nose.y': 'py', 'nose.score': 'conf'}
    tracks = io.load(tmp_path / 'a.csv', format='csv', columns=names)
    np.testing.assert_array_equal(tracks[0].coords, [[[1.5, 2]], [[2.5, 3]]])
    np.testing.assert_array_equal(tracks[0].scores, [[0.5], [0.25]])
    assert tracks[0].skeleton.keypoint_names == ('nose',)
    io.save(tmp_path / 'b.csv', d.shifted(tracks))
    assert (tmp_path / 'b.csv').read_text() == (
        'Bild;px;py;conf;x;y\n0;2.5;3.0;0.5;9;9\n1;3.5;4.0;0.25;9;9\n')
    with pytest.raises(ConfigError, match='no column .*pz'):
        io.load(tmp_path / 'a.csv', format='csv', columns={**names, 'nose.x': 'pz'})


def test_freemocap_by_frame(tmp_path):
    """Keypoints of the same name in several models are different ones."""
    header = 'frame,timestamp,timestamp_by_camera,model,keypoint,x,y,z,reprojection_error'
    lines = [f'{t},{t / 30:.4f},,{model},{name},{t:.3f},{k:.3f},,0.5' if name == 'wrist' and t == 2
             else f'{t},{t / 30:.4f},,{model},{name},{t:.3f},{k:.3f},{n:.3f},0.5'
             for t in range(4) for k, model in enumerate(['body', 'hand'])
             for n, name in enumerate(['wrist', 'tip'])]
    (tmp_path / 'a.csv').write_text('\n'.join([header, *lines]) + '\n')
    tracks = io.load(tmp_path / 'a.csv')
    assert tracks[0].skeleton.keypoint_names == ('body/wrist', 'body/tip', 'hand/wrist', 'hand/tip')
    assert tracks.fps == pytest.approx(30)
    assert np.isnan(tracks[0].coords[2, ::2, 2]).all()
    io.save(tmp_path / 'b.csv', tracks)
    assert (tmp_path / 'b.csv').read_bytes() == (tmp_path / 'a.csv').read_bytes()
    # A frame that is missing is added with all columns that a row has.
    partly = [line for line in lines if not line.startswith('1,')]
    (tmp_path / 'c.csv').write_text('\n'.join([header, *partly]) + '\n')
    io.save(tmp_path / 'e.csv', d.bridged(io.load(tmp_path / 'c.csv'), 0, 1))
    added = [line.split(',') for line in (tmp_path / 'e.csv').read_text().splitlines()[5:9]]
    assert [row[3:5] for row in added] == [row.split(',')[3:5] for row in lines[4:8]]
    assert {row[1] for row in added} <= {'0.0333', '0.0334'}


FORMS = {
    'dates': lambda stamp: (START + timedelta(seconds=stamp)).isoformat(),
    'blank and zone': lambda stamp: (START + timedelta(seconds=stamp)).isoformat(' ') + '+02:00',
    'Z': lambda stamp: (START + timedelta(seconds=stamp)).isoformat(timespec='milliseconds') + 'Z',
    'time of day': lambda stamp: (START + timedelta(seconds=stamp)).time().isoformat(
        'milliseconds'),
}
START = datetime(2026, 3, 1, 12, 30)


@pytest.mark.parametrize('form', FORMS)
def test_dates_and_times_of_day(tmp_path, rng, form):
    stamps = uneven(rng) / 1000
    rows = [f'{FORMS[form](float(stamp))},p,{100 + t},{200 - t}' for t, stamp in enumerate(stamps)]
    del rows[10]
    (tmp_path / 'a.csv').write_text('timestamp,person,a_x,a_y\n' + '\n'.join(rows) + '\n')
    tracks = io.load(tmp_path / 'a.csv')
    np.testing.assert_allclose(np.diff(tracks.times), np.diff(np.delete(stamps, 10)), atol=2e-3)
    io.save(tmp_path / 'b.csv', tracks)
    assert (tmp_path / 'b.csv').read_bytes() == (tmp_path / 'a.csv').read_bytes()


def test_a_line_that_is_added_has_a_time_of_the_same_form(tmp_path):
    rows = [f'{t},{FORMS["Z"](t / 30)},p,{100 + t},{200 - t}' for t in range(30)]
    (tmp_path / 'a.csv').write_text('frame,timestamp,person,a_x,a_y\n' + '\n'.join(
        rows[:10] + [rows[10].replace(',p,', ',q,')] + rows[11:]) + '\n')
    smooth(tmp_path / 'a.csv', 'gaussian', tmp_path / 'b.csv')
    added = [line for line in (tmp_path / 'b.csv').read_text().splitlines()
             if line.startswith('10,') and ',p,' in line]
    assert added[0].split(',')[1] == FORMS['Z'](10 / 30)
    assert io.load(tmp_path / 'b.csv').fps == pytest.approx(30, rel=1e-3)


def test_time_stamps_of_other_text_are_said(tmp_path):
    rows = ''.join(f'{t},t{t},1,{t}\n' for t in range(9))
    (tmp_path / 'a.csv').write_text('frame,time,a_x,a_y\n' + rows)
    with pytest.warns(UserWarning, match="'t0' is neither a number.*evenly spaced"):
        assert io.load(tmp_path / 'a.csv').times is None


def test_stamps_in_json_may_be_text(tmp_path, rng):
    stamps = uneven(rng) / 1000
    for form in (lambda stamp: f'{stamp:.3f}', FORMS['dates']):
        document = [dict(frame_id=t, timestamp=form(float(stamp)), instances=[
            dict(keypoints=[[t, 1], [2, 3]])]) for t, stamp in enumerate(stamps)]
        (tmp_path / 'a.json').write_text(json.dumps(document))
        np.testing.assert_allclose(np.diff(io.load(tmp_path / 'a.json').times), np.diff(stamps),
                                   atol=2e-3)


@pytest.mark.parametrize('header', ['frame,a_x,a_y,a_x,a_y', 'frame,frame,a_x,a_y,b_x',
                                    'frame,a_x,a_y,A_X,a_score'])
def test_columns_of_one_name_are_refused(tmp_path, header):
    (tmp_path / 'a.csv').write_text(f'{header}\n0,1,2,3,4\n1,1,2,3,4\n')
    with pytest.raises(DataFormatError, match='2 columns are called'):
        io.load(tmp_path / 'a.csv')


@pytest.mark.parametrize('start', [0.0, 1.77e9, -4e8])
def test_an_uneven_clock_is_uneven_whenever_it_starts(tmp_path, rng, start):
    """Seconds since 1970 were taken for a rounded even clock."""
    stamps = start + uneven(rng) / 1000
    rows = ''.join(f'{t},{stamp:.3f},{t},1\n' for t, stamp in enumerate(stamps))
    (tmp_path / 'a.csv').write_text('frame,timestamp,a_x,a_y\n' + rows)
    np.testing.assert_allclose(io.load(tmp_path / 'a.csv').times, stamps.round(3), atol=1e-6)
    even = ''.join(f'{t},{start + t / 30:.3f},{t},1\n' for t in range(90))
    (tmp_path / 'b.csv').write_text('frame,timestamp,a_x,a_y\n' + even)
    tracks = io.load(tmp_path / 'b.csv')
    assert tracks.times is None and tracks.fps == pytest.approx(30, rel=1e-3)
