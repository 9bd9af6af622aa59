"""Every registered format, and every layout people hold, through the front door.

Read by content, smoothed, written back, read again: ids, frames, scores, missing keypoints and the
structure of the document stay, and the coordinates are those of the result.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import BodySequence

from .samples import write_samples

SIZE = (640, 480)


@pytest.fixture(scope='module')
def samples(tmp_path_factory) -> list[Path]:
    return write_samples(tmp_path_factory.mktemp('samples'))


def structure(value: Any) -> Any:
    """A JSON document without its numbers: keys in their order, lengths, texts, types."""
    if isinstance(value, dict):
        return [(key, structure(child)) for key, child in value.items()]
    if isinstance(value, list):
        return [structure(child) for child in value]
    return 'number' if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def documents(path: Path) -> dict[str, Any]:
    """The structure of every JSON file of a file or folder."""
    files = sorted(path.rglob('*.json')) if path.is_dir() else [path]
    return {str(file.relative_to(path)) if path.is_dir() else '': structure(json.loads(
        file.read_text())) for file in files if file.suffix == '.json'}


def trembling(path: Path, folder: Path, rng: np.random.Generator) -> Path:
    """A copy of a file whose keypoints tremble: those of some samples walk evenly."""
    tracks = io.load(path, image_size=SIZE)
    if any(sequence.representation not in ('keypoints_2d', 'keypoints_3d', 'scalar')
           for _, sequence in tracks):
        return path
    folder.mkdir(exist_ok=True)
    io.save(folder / path.name, tracks.map(lambda s: s.replace(coords=(
        s.coords + rng.normal(0, 0.6, s.coords.shape)).astype(s.coords.dtype))),
        format=path.name.partition('.')[0])
    return folder / path.name


def test_smoothed_and_read_again(samples, tmp_path, rng):
    for path in samples:
        name = path.name.partition('.')[0]
        path = trembling(path, tmp_path / 'before', rng)
        before = io.load(path, image_size=SIZE)
        out = tmp_path / path.name
        result = smooth(path, 'gaussian', out, fps=before.fps or 30, image_size=SIZE, max_gap=0,
                        betas='kept' if any(isinstance(s, BodySequence) for _, s in before)
                        else 'mean', output_format=name)
        assert io.sniff(out) == name, path.name
        again = io.load(out, image_size=SIZE)
        assert list(again.tracks) == list(before.tracks), path.name
        np.testing.assert_array_equal(again.frame_ids, before.frame_ids, path.name)
        for track_id, sequence in again:
            old, new = before[track_id], result[track_id]
            np.testing.assert_array_equal(sequence.frame_ids, old.frame_ids, path.name)
            np.testing.assert_array_equal(sequence.valid, old.valid, path.name)
            assert sequence.coords.dtype == old.coords.dtype, path.name
            assert (sequence.scores is None) == (old.scores is None), path.name
            if old.scores is not None:
                np.testing.assert_array_equal(sequence.scores, old.scores, path.name)
            assert sequence.skeleton == old.skeleton or path.suffix in ('.json', '.csv'), path.name
            # Half precision has steps of 0.25 at these places.
            np.testing.assert_allclose(sequence.coords, new.coords, err_msg=path.name, rtol=1e-5,
                                       atol=0.13 if 'half' in name or name == 'mmaction' else 6e-3)
        assert any(not np.array_equal(again[track_id].coords, sequence.coords, equal_nan=True)
                   for track_id, sequence in before), path.name
        assert documents(out) == documents(path), path.name


def test_every_file_is_of_one_format(samples):
    for path in samples:
        file = io.InputFile(path)
        matching = [name for name in io.formats() if io.get_format(name).sniff(file)]
        assert matching == [path.name.partition('.')[0]]


def test_written_back_without_a_change(samples, tmp_path):
    for path in samples:
        tracks = io.load(path, image_size=SIZE)
        out = tmp_path / path.name
        io.save(out, tracks, format=path.name.partition('.')[0])
        if path.suffix in ('.json', '.jsonl', '.csv', '.trc', '.mot', '.sto', '.bvh') and (
                path.name != 'trc.blanks.trc'):
            assert out.read_bytes() == path.read_bytes(), path.name
        elif path.is_dir():
            for file in path.rglob('*'):
                if file.is_file():
                    assert (out / file.relative_to(path)).read_bytes() == file.read_bytes()
        again = io.load(out, image_size=SIZE)
        for track_id, sequence in tracks:
            np.testing.assert_array_equal(again[track_id].coords, sequence.coords, path.name)


@pytest.mark.parametrize(('name', 'people', 'keypoints'), [
    ('amass.npz', 1, None), ('coco_two_categories.json', None, None), ('deeplabcut.csv', 1, (6,)),
    ('poseflow_tracked.json', 1, (6,)), ('posetrack_coco_annotations.json', 1, (6,)),
    ('pyskl.pkl', 1, (17,)), ('timestamp_long.csv', 1, (6,)), ('videopose3d.npy', 1, (17,)),
    ('wham_output.pkl', 1, None), ('x0y0.csv', 1, (6,))])
def test_layouts_that_were_refused(cases_dir, tmp_path, name, people, keypoints):
    path, out = cases_dir / 'files' / name, tmp_path / name
    before = io.load(path)
    assert people is None or len(before) == people
    assert keypoints is None or sorted(s.coords.shape[1] for _, s in before) == sorted(keypoints)
    result = smooth(path, 'gaussian', out)
    after = io.load(out)
    assert after.source.format == before.source.format
    if people is None:  # There are no ids, and the poses are noise to a tracker.
        assert {str(key)[0] for key in after.tracks} == {'1', '2'} and len(after['2/0']) == 40
        return
    assert {key: len(s) for key, s in after} == {key: len(s) for key, s in before}
    for key, sequence in after:
        if not isinstance(sequence, BodySequence):
            assert sequence.coords.shape == before[key].coords.shape
            assert np.abs(sequence.coords - before[key].coords).max() > 1e-3
            np.testing.assert_allclose(sequence.coords, result[key].coords, rtol=5e-4)


def test_a_pickle_of_rotations_says_what_it_holds(tmp_path):
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps({1: {'pose': np.zeros((9, 72)),
                                                       'trans': np.zeros((9, 3))}}))
    with pytest.raises(DataFormatError, match='keys 1, .*keys pose, trans.*rotations'):
        io.load(tmp_path / 'a.pkl')


def test_settings_of_the_caller_take_precedence(samples):
    for path in samples:
        before = io.load(path, image_size=SIZE)
        tracks = io.load(path, image_size=(SIZE[0], SIZE[0]), fps=47.0, unit='cm')
        assert tracks.image_size == (SIZE[0], SIZE[0]) and tracks.fps == 47.0, path.name
        for track_id, sequence in tracks:
            body = isinstance(sequence, BodySequence)
            assert sequence.fps == 47.0, path.name
            assert sequence.unit == (before[track_id].unit if body else 'cm'), path.name


def test_further_people_and_frames_are_written_or_refused(samples, tmp_path):
    for path in samples:
        name = path.name.partition('.')[0]
        # Dumps keep their samples (see its docstring), and these tables have no ids.
        if name == 'mmengine_dump' or path.name in ('csv.freemocap.csv', 'csv.quoted.csv'):
            continue
        tracks = io.load(path, image_size=SIZE)
        key, first = next(iter(tracks.tracks.items()))
        other = 'other' if isinstance(key, str) else 70
        later = first.frame_ids + 200
        added = first.replace(refs=None)
        for new, frames in (({**tracks.tracks, other: added}, tracks.frame_ids),
                            ({**tracks.tracks, key: added.replace(frame_ids=later)},
                             np.union1d(tracks.frame_ids, later))):
            if isinstance(first, BodySequence) and other not in new:
                continue  # A frame that the file does not have stays missing.
            out = tmp_path / f'{len(frames)}_{path.name}'
            try:
                io.save(out, tracks.replace(tracks=new, frame_ids=frames, times=None),
                        format=name)
            except DataFormatError:
                continue
            again = io.load(out, image_size=SIZE)
            assert len(again) == len(new), path.name
