"""Long documents of MMPose are read frame by frame: as short ones are, to the byte."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io import _json_items, input_file, mmpose_lines
from smoothnet_plugin.io._json_items import split_document

from . import documents as d

LAYOUTS = [{}, {'indent': 2}, {'indent': '\t'}, {'separators': (',', ':')}, {'ensure_ascii': False}]


@pytest.fixture
def long(monkeypatch):
    """Every document counts as long."""
    for module in (input_file, mmpose_lines):
        monkeypatch.setattr(module, 'LONG', 0)


def clip(frames: int = 30) -> list[dict]:
    document = d.video(frames)
    document[3]['note'] = 'é "{\\"frame_id\\": ['
    document[4]['instances'][0]['keypoints'][0] = [None, None]
    document[5]['instances'] = []
    document[9]['instances'][1]['keypoints'] = []
    del document[10:13], document[15]['instances'][1]
    document[2]['timestamp'] = 7
    return document


def documents() -> dict[str, object]:
    return {'video': clip(), 'demo': {**d.demo(), 'instance_info': clip(), 'after': [1, {}]},
            'empty': {**d.demo(), 'instance_info': []}}


@pytest.mark.parametrize('layout', LAYOUTS, ids=str)
@pytest.mark.parametrize('kind', documents())
def test_a_long_document_is_smoothed_as_a_short_one(tmp_path, monkeypatch, kind, layout):
    path = tmp_path / 'in.json'
    path.write_text(json.dumps(documents()[kind], **layout) + '\n', encoding='utf-8')
    for name, limit in {'short': 1 << 30, 'long': 0}.items():
        monkeypatch.setattr(input_file, 'LONG', limit)
        smooth(path, 'classical', out=tmp_path / f'{name}.json', fps=30)
        io.save(tmp_path / f'{name}_same.json', io.load(path))
    assert (tmp_path / 'long.json').read_bytes() == (tmp_path / 'short.json').read_bytes()
    assert (tmp_path / 'long_same.json').read_bytes() == path.read_bytes()


@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_lines(tmp_path, monkeypatch, end):
    path = tmp_path / 'in.jsonl'
    lines = list(map(json.dumps, clip()))
    lines.insert(5, '')
    path.write_bytes(b'\xef\xbb\xbf' + end.join(lines).encode())
    for name, limit in {'short': 1 << 30, 'long': 0}.items():
        monkeypatch.setattr(mmpose_lines, 'LONG', limit)
        smooth(path, 'gaussian', out=tmp_path / f'{name}.jsonl', fps=30)
    assert (tmp_path / 'long.jsonl').read_bytes() == (tmp_path / 'short.jsonl').read_bytes()


@pytest.mark.parametrize(('text', 'message'), [
    ('[{"frame_id": 0, "instances": []}, {"frame_id": 1, "inst', 'cut off'),
    ('[{"frame_id": 0, "instances": []} {"frame_id": 1, "instances": []}]', 'column'),
    ('[{"frame_id": 0, "instances": []}, {"frame_id": 1, "instances": []}] x', 'column'),
    ('[{"frame_id": 0, "instances": []}, {"frame_id": 0, "instances": []}]', 'occurs twice'),
    ('[{"frame_id": 0, "instances": [{"frame_id": 1}]}]', "'keypoints'"),
    ('{"instance_info": [{"frame_id": 0}]}', 'entry 0'),
    ('[{"people": [', 'cut off'),
])
def test_damage_is_named_as_in_short_documents(tmp_path, long, text, message):
    path = tmp_path / 'in.json'
    path.write_text(text)
    with pytest.raises(DataFormatError, match=message):
        io.load(path)


@pytest.mark.parametrize('name', ['coco', 'tfjs', 'openpose_file'])
def test_other_formats_of_long_lists_are_recognised(tmp_path, long, name, monkeypatch):
    monkeypatch.setattr(input_file, '_FIRST_ITEMS', 1)
    tracks = io.load(d.write(tmp_path / 'in.json', d.video(3)))
    io.save(tmp_path / 'out.json', tracks, format=name)
    again = io.load(tmp_path / 'out.json')
    assert again.source.format == name
    np.testing.assert_allclose(again[0].coords, tracks[0].coords)


def test_frames_without_people_first(tmp_path, long, monkeypatch):
    """The first frames do not say which format it is; the whole does."""
    monkeypatch.setattr(input_file, '_FIRST_ITEMS', 1)
    path = tmp_path / 'in.json'
    path.write_text(json.dumps([{'poses': []}, {'poses': [{'keypoints': [
        {'x': 1.5, 'y': 2.5, 'score': 0.5}, {'x': 3, 'y': 4, 'score': 1}]}]}]))
    assert io.sniff(path) == 'tfjs'


values = st.recursive(
    st.none() | st.floats() | st.integers() | st.text(max_size=9)
    | st.sampled_from(['{"a":', ',{"a":', '}, {"a": 1}', ']']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(['a', 'b', 'é']), inner, max_size=3), max_leaves=9)


@given(items=st.lists(st.dictionaries(st.sampled_from(['a', 'b']), values, min_size=1), min_size=1),
       indent=st.sampled_from([None, 1]), key=st.booleans(), tail=st.sampled_from(['', '\n', ' 1']))
def test_pieces_are_the_items_or_there_are_none(items, indent, key, tail):
    document = {'x': 1, 'instance_info': items, 'y': {}} if key else items
    content = (json.dumps(document, indent=indent, ensure_ascii=False) + tail).encode()
    split = split_document(content)
    if split is None:
        # A key in another place, or content that no program writes.
        assert len({next(iter(item)) for item in items}) > 1 or tail == ' 1' or (
            content.count(b'{') > len(items) + 2 * key)
    else:
        assert tail != ' 1'
        assert repr(split.around(list(split.items))) == repr(json.loads(content))


@pytest.mark.slow
def test_memory_is_a_fraction_of_the_tree(tmp_path):
    path = tmp_path / 'in.json'
    path.write_text(json.dumps(d.video(20_000, 1)))
    assert path.stat().st_size > _json_items.LONG
    peaks = []
    for read in (lambda: json.loads(path.read_bytes()),
                 lambda: input_file.InputFile(path).lazy_json):
        tracemalloc.start()
        read()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 0.4 * peaks[0]
