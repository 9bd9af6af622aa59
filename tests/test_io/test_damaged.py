"""Whatever a file says, a reader answers with tracks or with an error of ours."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smoothnet_plugin import io
from smoothnet_plugin.errors import SmoothNetError

from . import documents as d
from . import test_frame_lists as frame_lists
from .test_coco_annotations import posetrack

JSON_DOCUMENTS = {
    'mmpose_video': d.video(2), 'mmpose_demo': d.demo(2), 'coco': d.coco(2),
    'mmpose_images': [d.person(0), d.person(0, 1)], 'alphapose': d.alphapose(2),
    'openpose': d.openpose_frame(0),
    'ultralytics': frame_lists.frames(frame_lists.ultralytics, count=2),
    'poseflow': frame_lists.CASES['poseflow'],
    'tfjs': frame_lists.frames(frame_lists.tfjs, count=2),
    'mediapipe': frame_lists.frames(frame_lists.mediapipe, count=2),
    'posetrack17': frame_lists.CASES['posetrack17'],
    'openpose_file': frame_lists.CASES['openpose_file list'][:2],
    'coco_annotations': posetrack(2, labelled=range(2)),
}
SIZE = {'image_size': frame_lists.SIZE}
strange = st.sampled_from([None, True, 0, -1, 1.5, 10**400, float('nan'), float('inf'), '', 'x',
                           '3', [], {}, [[]], [None], [1, 'x'], {'keypoints': [1]}, [[1, 2]]])
quiet = settings(max_examples=40, deadline=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(node, path=()):
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(
        node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(document, path, value):
    if not path:
        return value
    document = copy.deepcopy(document)
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


@quiet
@pytest.mark.parametrize('name', JSON_DOCUMENTS)
@given(data=st.data())
def test_json(tmp_path, name, data):
    document = JSON_DOCUMENTS[name]
    path = data.draw(st.sampled_from(list(places(document))))
    document = changed(document, path, data.draw(strange))
    file = d.write(tmp_path / 'a.json', document)
    try:
        tracks = io.load(file, format=name, **SIZE)
    except SmoothNetError as error:
        assert str(file) in str(error)
        return
    io.save(tmp_path / 'out.json', tracks)
    assert json.dumps(json.loads((tmp_path / 'out.json').read_text())) == json.dumps(document)
    io.save(tmp_path / 'out.json', d.shifted(tracks))


@quiet
@pytest.mark.parametrize('name', ['csv', 'trc', 'deeplabcut', 'opensim'])
@given(data=st.data())
def test_text(tmp_path, name, data):
    text = {'csv': d.csv_text(3), 'trc': d.trc_text(3), 'deeplabcut': d.deeplabcut_text(3),
            'opensim': d.opensim_text(3)}[name]
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(start + 20, len(text))))
    inserted = data.draw(st.sampled_from(['', 'x', '\t', ',', '\n', 'nan', '"', '1e999', '\0']))
    file = tmp_path / 'a'
    file.write_bytes((text[:start] + inserted + text[stop:]).encode())
    if not file.read_bytes():
        return
    try:
        tracks = io.load(file, format=name)
    except SmoothNetError as error:
        assert str(file) in str(error)
        return
    io.save(tmp_path / 'out', tracks, format=name)
    again = io.load(tmp_path / 'out', format=name)
    for track_id, sequence in tracks:
        np.testing.assert_array_equal(again[track_id].coords, sequence.coords)


@quiet
@given(name=st.sampled_from(['estimate', 'lengths', 'names', 'joints', 'fps', 'scores', 'valid',
                             'filled', 'frame_ids', 'track_ids', 'clip_frame_ids', 'unit',
                             'image_size', 'provenance', 'representation']),
       value=st.sampled_from([np.zeros(0), np.array(3), np.array('x'), np.ones((10, 4)),
                              np.arange(10), np.array([np.nan, 1]), np.ones((2, 2), bool),
                              np.array(['a', 'a']), np.zeros((10, 4, 3)), np.array([-1, 11])]))
def test_npz(tmp_path, name, value):
    with np.load(d.plain_npz(tmp_path / 'a.npz')) as file:
        arrays = dict(file)
    np.savez(tmp_path / 'b.npz', **{**arrays, name: value})
    try:
        tracks = io.load(tmp_path / 'b.npz')
    except SmoothNetError as error:
        assert 'b.npz' in str(error)
        return
    io.save(tmp_path / 'out.npz', tracks)
    assert (tmp_path / 'out.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()


@pytest.mark.parametrize('name', ['mmengine_dump', 'npz', 'smoothnet_npz', 'npy', 'mmaction'])
def test_bytes(tmp_path, name):
    path = d.write_all(tmp_path)[name]
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        at, value = int(rng.integers(len(content))), int(rng.integers(256))
        (tmp_path / 'b').write_bytes(content[:at] + bytes([value]) + content[at + 1:])
        try:
            io.load(tmp_path / 'b', format=name)
        except SmoothNetError as error:
            assert str(tmp_path / 'b') in str(error)
