from __future__ import annotations

import json
import pickle
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.errors import ConfigError, DataFormatError, SmoothNetError
from smoothnet_plugin.io.body_format import BodyFormat
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton

from . import documents as d

READABLE = ['mmpose_video', 'mmpose_images', 'mmpose_demo', 'coco', 'openpose', 'alphapose',
            'mmengine_dump', 'npz', 'smoothnet_npz', 'csv', 'trc']
FURTHER = ['npy', 'mmaction', 'deeplabcut', 'ultralytics', 'poseflow', 'tfjs', 'mediapipe',
           'coco_annotations', 'opensim', 'posetrack17', 'openpose_file']
WRITABLE = {'mmpose_video': 'out.json', 'mmpose_lines': 'out.jsonl', 'mmpose_images': 'out',
            'mmpose_demo': 'out.json',
            'coco': 'out.json', 'openpose': 'out', 'alphapose': 'out.json', 'npz': 'out.npz',
            'smoothnet_npz': 'out.npz', 'csv': 'out.csv', 'trc': 'out.trc', 'c3d': 'out.c3d',
            'npy': 'out.npy', 'deeplabcut': 'out.csv', 'ultralytics': 'out.json',
            'poseflow': 'out.json', 'tfjs': 'out.json', 'mediapipe': 'out.json',
            'coco_annotations': 'out.json', 'openpose_file': 'out.json'}
#: Formats of body models; test_body_files.py has their documents.
BODIES = {name for name in io.formats() if isinstance(io.get_format(name), BodyFormat)}
SIZE = {'image_size': (640, 480)}
ONLY_2D = {'coco', 'alphapose', 'ultralytics', 'poseflow', 'tfjs', 'mediapipe', 'coco_annotations',
           'openpose_file'}
ONLY_3D = {'trc', 'c3d'}
ONE_PERSON = {'trc', 'c3d', 'smoothnet_npz', 'npy'}


def test_every_format_is_sniffed_by_content(tmp_path):
    paths = d.write_all(tmp_path)
    assert [*paths] and set(paths) == set(io.formats()) - {
        'c3d', 'ultralytics_labels', 'sleap', 'deeplabcut_h5', 'pose2sim', 'videopose3d',
        'videopose3d_detections'} - BODIES
    for name, path in paths.items():
        assert io.sniff(path) == name
        if path.is_file():
            path = path.rename(tmp_path / f'{name}_without_suffix')
            assert io.sniff(path) == name


def test_every_file_is_of_one_format_only(tmp_path):
    for name, path in d.write_all(tmp_path).items():
        file = io.InputFile(path)
        assert [one for one in io.formats() if io.get_format(one).sniff(file)] == [name]


@pytest.mark.parametrize('name', READABLE + FURTHER)
def test_every_format_comes_back_to_the_letter(tmp_path, name):
    path = d.write_all(tmp_path)[name]
    tracks = io.load(path, **SIZE)
    assert io.load(path, format=name, **SIZE).tracks.keys() == tracks.tracks.keys()
    out = tmp_path / f'out{path.suffix}'
    io.save(out, tracks)
    if name == 'mmaction':  # Pickles of equal arrays differ in their memo.
        np.testing.assert_equal(pickle.loads(out.read_bytes()), pickle.loads(path.read_bytes()))
    elif name == 'smoothnet_npz':  # Pickles of equal arrays differ in their memo.
        with np.load(out, allow_pickle=True) as new, np.load(path, allow_pickle=True) as old:
            for key in old.files:
                for one, other in zip(new[key], old[key], strict=True):
                    np.testing.assert_array_equal(one, other)
    else:
        assert d.content(out) == d.content(path)


@pytest.mark.parametrize('target', WRITABLE)
@pytest.mark.parametrize('source', READABLE)
def test_conversion(tmp_path, source, target):
    if target == 'c3d':
        pytest.importorskip('ezc3d')
    tracks = io.load(d.write_all(tmp_path)[source], fps=25, **SIZE).replace(**SIZE)
    if target in ONE_PERSON:
        first = next(iter(tracks.tracks))
        tracks = tracks.replace(tracks={first: tracks[first]}, frame_ids=None)
    out = tmp_path / 'converted' / WRITABLE[target]
    flat = next(iter(tracks.tracks.values())).representation == 'keypoints_2d'
    if (flat and target in ONLY_3D) or (not flat and target in ONLY_2D):
        with pytest.raises(DataFormatError, match=f"'{target}' holds"):
            io.save(out, tracks, format=target)
        assert not out.exists()
        return
    io.save(out, tracks, format=target)
    assert io.sniff(out) == target
    # The depths of the samples are 0 to 1 beside pixels, which an array does not say.
    depths = {} if flat or target != 'npy' else {'representation': 'keypoints_3d'}
    again = io.load(out, **SIZE, **depths)
    assert len(again) == len(tracks)
    numbered = {'mmpose_video': 0, 'mmpose_lines': 0, 'mmpose_demo': 1, 'openpose': 0,
                'alphapose': 0, 'c3d': 1, 'deeplabcut': 0, 'ultralytics': 0, 'poseflow': 0,
                'tfjs': 0, 'mediapipe': 0,
                'openpose_file': 0}
    shift = numbered[target] - numbered[source] if {source, target} <= set(numbered) else 0
    if target == 'c3d':  # It has no frame 0.
        shift = max(shift, 1 - int(tracks.frame_ids[0]))
    if target == 'npy':  # It starts at the first frame.
        shift = -int(tracks.frame_ids[0])
    for one, other in zip(tracks.tracks.values(), again.tracks.values()):
        assert other.representation == one.representation
        np.testing.assert_allclose(other.coords, one.coords, rtol=1e-6)
        if target != 'smoothnet_npz':
            np.testing.assert_array_equal(other.frame_ids, one.frame_ids + shift)
        if one.scores is not None and other.scores is not None:
            np.testing.assert_allclose(other.scores, one.scores, rtol=1e-6)
        if one.skeleton is not None and target in ('mmpose_demo', 'npz', 'csv', 'trc', 'c3d'):
            assert other.skeleton.keypoint_names == one.skeleton.keypoint_names


@pytest.mark.parametrize('target', ['mmpose_video', 'mmpose_demo', 'coco', 'alphapose', 'openpose'])
def test_new_documents_mark_what_is_missing_or_interpolated(tmp_path, target):
    coords = np.array([d.pose(t) for t in range(3)])
    coords[0, 1] = np.nan
    filled = np.zeros((3, d.K), bool)
    filled[1] = True
    tracks = PoseTracks({4: PoseSequence(coords, filled=filled, skeleton=None)})
    io.save(tmp_path / WRITABLE[target], tracks, format=target)
    again = next(iter(io.load(tmp_path / WRITABLE[target]).tracks.items()))
    assert again[0] == 4
    np.testing.assert_array_equal(again[1].coords, coords)
    np.testing.assert_array_equal(again[1].scores, [[1, 0, 1, 1], [0] * 4, [1] * 4])
    np.testing.assert_array_equal(again[1].filled, filled)


def test_real_file_comes_back(tmp_path, repo_dir):
    path = repo_dir / 'demo' / 'data' / 'sports2d_mediapipe.json'
    tracks = io.load(path, fps=30)
    assert tracks.num_frames == 230
    assert len({frame for _, s in tracks for frame in s.frame_ids.tolist()}) == 136
    io.save(tmp_path / 'out.json', tracks)
    assert (tmp_path / 'out.json').read_bytes() == path.read_bytes()


def test_importing_is_cheap():
    code = ('import sys; import smoothnet_plugin.io as io; io.formats(); '
            "print([m for m in ('torch', 'mmpose', 'mmcv', 'ezc3d', 'matplotlib') "
            'if m in sys.modules])')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'


@pytest.mark.parametrize('name, content, message', [
    ('none.json', None, 'does not exist'), ('empty.json', b'', 'is empty'),
    ('cut.json', b'[{"frame_id": 0,\n"instances": [', 'line 2.*cut off'),
    ('text.txt', b'hello', 'no known format.* mmpose_video, '),
    ('other.json', b'{"a": 1}', 'no known format'), ('bytes.bin', b'\x00\x01\xff', 'no known'),
    ('latin.json', b'[{"\xff": 1}]', 'not UTF-8'), ('bad.npz', b'PK\x03\x04cut', 'no known'),
])
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for read in (io.load, io.sniff):
        with pytest.raises(DataFormatError, match=message):
            read(tmp_path / name)


# HDF5 files are first read in a child process.
@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[pytest.mark.slow] if name in ('sleap', 'deeplabcut_h5') else [])
    for name in sorted(set(io.formats()) - {'c3d'})])
def test_other_content_than_specified(tmp_path, name):
    """A wrong format= is an error of ours, whatever the file is."""
    pytest.importorskip('ezc3d')
    for path in d.write_all(tmp_path).values():
        with suppress(SmoothNetError):
            io.load(path, format=name)
    (tmp_path / 'nothing').mkdir()
    with pytest.raises(DataFormatError):
        io.load(tmp_path / 'nothing', format=name)


def test_folders(tmp_path):
    (tmp_path / 'in').mkdir()
    with pytest.raises(DataFormatError, match='an empty folder'):
        io.load(tmp_path / 'in')
    d.write(tmp_path / 'in' / 'video.json', d.video())
    with pytest.raises(DataFormatError, match=r"only JSON file is 'video.json'"):
        io.load(tmp_path / 'in')
    (tmp_path / 'in' / 'b').mkdir()
    d.write(tmp_path / 'in' / 'a.json', d.video())
    with pytest.raises(DataFormatError, match=r"folder of a.json, b/, video.json; .* smooth-many "
                                              r"'\S+/in/\*' -o FOLDER") as caught:
        io.load(tmp_path / 'in')
    assert '\n' not in str(caught.value)
    # Other files beside do not matter.
    folder = d.write_all(tmp_path)['openpose']
    np.savez(folder / 'other.npz', x=np.zeros(3))
    assert io.sniff(folder) == 'openpose'


def test_arguments(tmp_path):
    path = d.write(tmp_path / 'a.json', d.video())
    with pytest.raises(ConfigError, match=r"Unknown format 'coko'. Did you mean 'coco'"):
        io.load(path, format='coko')
    with pytest.raises(ConfigError, match='fps is'):
        io.load(path, fps=-3)
    with pytest.raises(ConfigError, match='image_size is'):
        io.load(path, image_size=(0, 480))
    with pytest.raises(ConfigError, match=r"has no option 'trust' here. It has none"):
        io.load(path, trust=True)
    tracks = io.load(path, unit='m', tracker=dict(type='PoseTracker', max_lost=1))
    assert tracks[0].unit == 'm'
    with pytest.raises(ConfigError, match=r"no option 'track_id' here. Did you mean 'track_ids'"):
        io.save(tmp_path / 'b.json', tracks, track_id=True)
    with pytest.raises(DataFormatError, match=r'4 keypoints.*17'):
        io.load(d.write(tmp_path / 'c.json', d.video(people=1)), skeleton='coco')
    body = d.write(tmp_path / 'd.json', [{'keypoints': [[t, 2 * t] for t in range(17)]}])
    assert io.load(body, skeleton='coco')[0].skeleton is get_skeleton('coco')


def test_output_format_by_name(tmp_path):
    paths = d.write_all(tmp_path)
    for name, out, expected in [
            ('coco', 'a.json', 'coco'), ('csv', 'b.json', 'mmpose_video'), ('coco', 'c.csv', 'csv'),
            ('mmpose_video', 'd.npz', 'npz'), ('smoothnet_npz', 'e.npz', 'smoothnet_npz'),
            ('openpose', 'f', 'openpose'), ('mmpose_images', 'g', 'mmpose_images')]:
        io.save(tmp_path / out, io.load(paths[name]))
        assert io.sniff(tmp_path / out) == expected
    with pytest.raises(DataFormatError, match=r"is not clear from its name.*\.csv"):
        io.save(tmp_path / 'out.xyz', io.load(paths['csv']))


@pytest.mark.parametrize('name', ['mmpose_video', 'coco', 'openpose', 'npz', 'csv', 'trc'])
def test_other_keypoints_than_the_source_make_a_new_document(tmp_path, name):
    tracks = io.load(d.write_all(tmp_path)[name], fps=25)
    fewer = tracks.map(lambda s: PoseSequence(
        s.coords[:, :2], scores=None if s.scores is None else s.scores[:, :2], fps=25,
        frame_ids=s.frame_ids, representation=s.representation, refs=s.refs))
    io.save(tmp_path / WRITABLE[name], fewer)
    again = io.load(tmp_path / WRITABLE[name])
    for track_id, sequence in fewer:
        np.testing.assert_array_equal(again[track_id].coords, sequence.coords)


def test_output_path_that_is_a_directory(tmp_path):
    (tmp_path / 'out.json').mkdir()
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()))
    with pytest.raises(DataFormatError, match='is a directory'):
        io.save(tmp_path / 'out.json', tracks)
    with pytest.raises(DataFormatError, match='is a directory'):
        io.save(tmp_path, tracks)
    assert not list((tmp_path / 'out.json').iterdir())


def test_nothing_half_written(tmp_path, monkeypatch):
    path = d.write(tmp_path / 'a.json', d.demo())
    tracks = io.load(path)
    broken = tracks.replace(provenance=[{'x': float}])
    io.save(path, broken, provenance=True)  # Written in place; what JSON has not becomes text.
    before = path.read_bytes()
    monkeypatch.setattr('os.replace', lambda *args: (_ for _ in ()).throw(OSError('full')))
    monkeypatch.setattr('pathlib.Path.replace',
                        lambda *args: (_ for _ in ()).throw(OSError('full')))
    with pytest.raises(OSError):
        io.save(path, d.shifted(tracks))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ['a.json']


@pytest.mark.parametrize('name', ['mmpose_video', 'openpose', 'csv'])
def test_provenance_beside(tmp_path, name):
    tracks = io.load(d.write_all(tmp_path)[name]).replace(
        provenance=[{'method': 'savgol', 'window': np.int64(7)}])
    out = tmp_path / WRITABLE[name]
    io.save(out, tracks)
    beside = tmp_path / f'{out.name}.provenance.json'
    assert not beside.exists()
    io.save(out, tracks, provenance=True)
    assert json.loads(beside.read_text()) == [{'method': 'savgol', 'window': 7}]


def test_rotations_need_a_format_that_holds_them(tmp_path):
    tracks = PoseTracks.from_array(np.zeros((3, 24, 3)), representation='axis_angle')
    with pytest.raises(DataFormatError, match="axis_angle; choose one of .*npz, .*smoothnet_npz"):
        io.save(tmp_path / 'a.json', tracks)
    io.save(tmp_path / 'a.npz', tracks)
    assert io.load(tmp_path / 'a.npz')[0].representation == 'axis_angle'


@pytest.mark.parametrize('target', [*WRITABLE, 'sleap'])
def test_a_person_without_frames_can_be_written(tmp_path, target):
    if target in ('c3d', 'sleap'):
        pytest.importorskip({'c3d': 'ezc3d', 'sleap': 'h5py'}[target])
    kind = 'keypoints_3d' if target in ONLY_3D else 'keypoints_2d'
    person = PoseSequence(np.full((4, 3, int(kind[-2])), 5.0), fps=25, representation=kind)
    people = {0: person.select(slice(0)), 1: person}
    if target in ONE_PERSON - {'smoothnet_npz'}:
        del people[0]
    out = tmp_path / WRITABLE.get(target, 'out.h5')
    io.save(out, PoseTracks(people, fps=25, image_size=(640, 480)), format=target)
    assert sum(len(sequence) for _, sequence in io.load(out, **SIZE)) == 4


@pytest.mark.parametrize('arguments', [
    lambda tracks, path: (tracks, path), lambda tracks, path: (path, np.zeros((9, 5, 2)))])
def test_save_takes_a_path_and_tracks(tmp_path, arguments):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()))
    with pytest.raises(DataFormatError, match=r'save\(path, tracks\) takes PoseTracks as its'):
        io.save(*arguments(tracks, tmp_path / 'b.json'))
