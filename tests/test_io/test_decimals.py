"""Numbers in text keep the decimals of the input, and enough for smoothing to show."""

from __future__ import annotations

import copy
import json
import math
import re

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis.stream import smooth_stream
from smoothnet_plugin.io._decimals import decimals_in, written_decimals
from smoothnet_plugin.structures import PoseTracks

from . import documents as d

SIZE = (640, 480)
NUMBER = re.compile(r'-?\d+\.?\d*(?:[eE][-+]?\d+)?')


def decimals(text: str) -> int:
    return len(text.partition('.')[2])


@pytest.mark.parametrize('values, expected', [
    ([3.0, -4.0], 0), ([0.1 + 0.2], None), ([0.3, 1e-5], 5), ([math.nan, 2.5], 1), ([], 0),
    ([1e300, 0.25], 2), ([123456.12345678], 8), ([0.123456789], None), ([math.inf, 1.0], 0)])
def test_decimals_in(values, expected):
    assert decimals_in(np.array(values)) == expected
    assert decimals_in(np.tile(np.array(values), 1000)) == expected


@pytest.mark.parametrize('seen, unit, greatest, expected', [
    (0, 'px', 500, 2), (1, 'px', 500, 2), (3, 'px', 500, 3), (0, 'px', 1, 6), (None, 'px', 1, None),
    (1, 'm', 2, 4), (6, 'm', 2, 6), (0, 'mm', 900, 1), (0, 'deg', 90, 2), (0, 'yards', 9, 4)])
def test_written_decimals(seen, unit, greatest, expected):
    assert written_decimals(seen, unit, greatest) == expected


def rough(tracks: PoseTracks, rng) -> PoseTracks:
    """The tracks with coordinates of full precision."""
    return tracks.map(lambda s: s.replace(coords=s.coords + rng.uniform(0.01, 0.5, s.coords.shape)))


@pytest.mark.parametrize('name', [
    'mmpose_video', 'mmpose_lines', 'mmpose_demo', 'mmpose_images', 'coco', 'alphapose', 'openpose',
    'openpose_file', 'ultralytics', 'poseflow', 'posetrack17', 'tfjs', 'coco_annotations', 'csv',
    'deeplabcut', 'trc'])
def test_every_text_format_keeps_the_decimals(tmp_path, rng, name):
    """The coordinates have two decimals in 2D, three in TRC."""
    path = d.write_all(tmp_path)[name]
    tracks = io.load(path)
    expected = 4 if name == 'trc' else 2
    assert tracks.source.decimals.most == expected
    out = tmp_path / f'out{path.suffix}'
    wanted = rough(tracks, rng)
    io.save(out, wanted, format=name)
    files = sorted(out.iterdir()) if out.is_dir() else [out]
    before = set(NUMBER.findall(''.join(d.content(path)[k].decode() for k in d.content(path))))
    new = set(NUMBER.findall(''.join(file.read_text() for file in files))) - before
    assert len(new) > 20 and max(map(decimals, new)) == expected
    again = io.load(out)
    for key, sequence in wanted:
        np.testing.assert_allclose(again[key].coords, sequence.coords, atol=0.51 * 10.0**-expected)


@pytest.mark.parametrize('digits', [0, 1, 3, None])
@pytest.mark.parametrize('suffix', ['.json', '.csv'])
def test_smoothing_is_not_rounded_away(tmp_path, rng, digits, suffix):
    coords = np.cumsum(rng.normal(0, 2, (60, 5, 2)), axis=0) + 300
    coords = coords if digits is None else coords.round(digits)
    io.save(tmp_path / f'a{suffix}', PoseTracks.from_array(coords, fps=30))
    result = smooth(tmp_path / f'a{suffix}', 'gaussian', tmp_path / f'b{suffix}', fps=30)
    written = io.load(tmp_path / f'b{suffix}')[0].coords
    least = {0: 2, 1: 2, 3: 3, None: 12}[digits]
    np.testing.assert_allclose(written, result[0].coords, atol=0.51 * 10.0**-least)
    assert decimals_in(written) == (None if digits is None else least)


def test_what_did_not_change_stays_to_the_letter(tmp_path):
    document = d.video(4)
    document[1]['instances'][0]['keypoints'][2] = [35, 1.5e2]
    text = json.dumps(document).replace('35, 150.0', '35, 1.50e2')
    (tmp_path / 'a.json').write_text(text)
    tracks = io.load(tmp_path / 'a.json')
    changed = copy.deepcopy(tracks)
    changed[1].coords[0, 0, 0] += 1 / 3
    io.save(tmp_path / 'b.json', changed)
    old = json.loads(text)
    old[0]['instances'][1]['keypoints'][0][0] = round(old[0]['instances'][1]['keypoints'][0][0]
                                                      + 1 / 3, 2)
    assert json.loads((tmp_path / 'b.json').read_text()) == old
    (tmp_path / 'a.csv').write_text('frame,a_x,a_y\n0,1.500,2\n1,2.500,3\n2,9.125,1e1\n')
    tracks = io.load(tmp_path / 'a.csv')
    tracks[0].coords[1, 0, 0] += 1 / 3
    io.save(tmp_path / 'b.csv', tracks)
    assert (tmp_path / 'b.csv').read_text() == (
        'frame,a_x,a_y\n0,1.500,2\n1,2.833,3\n2,9.125,1e1\n')


def test_zeros_are_padded_as_in_the_file(tmp_path):
    (tmp_path / 'a.csv').write_text('frame,a_x,a_y\n0,1.50,20\n1,2.50,3\n2,9.10,1\n')
    tracks = io.load(tmp_path / 'a.csv')
    io.save(tmp_path / 'b.csv', d.shifted(tracks, 0.5))
    assert (tmp_path / 'b.csv').read_text() == (
        'frame,a_x,a_y\n0,2.00,20.50\n1,3.00,3.50\n2,9.60,1.50\n')
    (tmp_path / 'a.csv').write_text('frame,a_x,a_y\n0,100,20\n1,250,3\n2,9,1\n')
    io.save(tmp_path / 'b.csv', d.shifted(io.load(tmp_path / 'a.csv'), 0.5))
    assert (tmp_path / 'b.csv').read_text() == (
        'frame,a_x,a_y\n0,100.5,20.5\n1,250.5,3.5\n2,9.5,1.5\n')


def test_fractions_and_angles(tmp_path):
    angles = d.write_all(tmp_path)['opensim']
    point = [[[{'x': 0.25, 'y': 0.5 + t / 64, 'z': 0.125}]] for t in range(8)]
    d.write(tmp_path / 'landmarks.json', point)
    tracks = io.load(tmp_path / 'landmarks.json', image_size=SIZE)
    io.save(tmp_path / 'out.json', d.shifted(tracks, 1 / 3))
    new = json.loads((tmp_path / 'out.json').read_text())
    assert {decimals(repr(frame[0][0]['x'])) for frame in new} == {6}
    tracks = io.load(angles)
    io.save(tmp_path / 'b.mot', d.shifted(tracks, 1 / 3))
    first = (tmp_path / 'b.mot').read_text().splitlines()[-1].split('\t')
    assert list(map(decimals, first)) == [2, 3, 4]


def test_streams_know_the_decimals_so_far(tmp_path):
    document = d.video(12, 1)
    document[5]['instances'][0]['keypoints'][0][0] += 0.125
    source = d.lines(tmp_path / 'a.jsonl', document)
    smooth_stream(source, tmp_path / 'b.jsonl', 'gaussian', fps=30, lookahead=0)
    lines = [json.loads(line)['instances'][0]['keypoints']
             for line in (tmp_path / 'b.jsonl').read_text().splitlines()]
    digits = [decimals_in(np.array(pose)) or 0 for pose in lines]
    assert max(digits[:5]) == 2 and max(digits[5:]) == 3


def test_other_formats_get_the_decimals_of_the_source(tmp_path, rng):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video(6, 1)))
    io.save(tmp_path / 'b.csv', rough(tracks, rng))
    cells = (tmp_path / 'b.csv').read_text().splitlines()[1].split(',')
    assert max(map(decimals, cells)) <= 3 and decimals(cells[2]) <= 2
    io.save(tmp_path / 'b.npz', rough(tracks, rng))
    assert decimals_in(io.load(tmp_path / 'b.npz')[0].coords) is None
