"""Several faults of one file at once, as files of trackers and estimators have them."""

from __future__ import annotations

import csv
import json
import pickle
import types
import warnings

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis.smooth import smooth_with_report
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseTracks

FRAMES = 60
TIME = np.arange(FRAMES) / 30
#: Half widths and heights of a COCO body, in pixels.
BODY = np.stack([
    [0, 5, -5, 10, -10, 30, -30, 45, -45, 50, -50, 20, -20, 22, -22, 24, -24],
    np.repeat([0, 40, 100, 150, 200, 290, 380], [5, 2, 2, 2, 2, 2, 2])], axis=1).astype(float)


def walk(start: float, speed: float = 60.0) -> np.ndarray:
    """A person who walks to the right, shape (T, 17, 2)."""
    swing = 8 * np.sin(2 * np.pi * 0.8 * TIME[:, None, None] + np.arange(17)[:, None])
    place = np.stack([start + speed * TIME, 200 + 4 * np.cos(5 * TIME)], axis=1)
    return BODY + place[:, None] + swing


def error(result, truth) -> float:
    return float(np.linalg.norm(result - truth, axis=-1).mean())


def with_third(pose, third) -> list[float]:
    return np.column_stack([pose, np.broadcast_to(third, 17)]).ravel().tolist()


def save_json(path, document):
    path.write_text(json.dumps(document))
    return path


def test_ids_in_some_frames_and_zeros_for_lost_keypoints(tmp_path, rng):
    truth = {5: walk(300), 6: walk(800, -30)}
    lost = np.zeros((FRAMES, 17), dtype=bool)
    lost[20:26, 9] = lost[40:44, 10] = lost[5, 15] = True
    entries = []
    for t in range(FRAMES):
        for number, (track_id, person) in enumerate(truth.items()):
            pose = np.where(lost[t, :, None], 0, person[t] + rng.normal(0, 2, (17, 2)))
            entry = dict(image_id=t, category_id=1, score=0.9,
                         keypoints=with_third(pose, np.where(lost[t], 0.35, 0.9)))
            entries.append(entry | ({'track_id': track_id} if (t + number) % 4 else {}))
    out = tmp_path / 'out.json'
    result, report = smooth_with_report(save_json(tmp_path / 'a.json', entries), 'gaussian', out,
                                        fps=30)
    assert list(result.tracks) == [5, 6] and len(json.loads(out.read_text())) == len(entries)
    assert report.placeholders == report.filled_keypoints == 22 and report.filled_poses == 0
    for track_id, person in truth.items():
        assert error(result[track_id].coords, person) < 1.6
        assert error(result[track_id].coords[lost], person[lost]) < 4


def test_flags_zeros_and_two_people_in_any_order(tmp_path, rng):
    truth = [walk(300), walk(800)]
    entries = []
    for t in rng.permutation(FRAMES):
        for number in rng.permutation(2):
            seen = rng.random(17) > 0.1
            pose = (truth[number][t] + rng.normal(0, 2, (17, 2))) * seen[:, None]
            entries.append(dict(image_id=int(t), category_id=1, score=0.8,
                                keypoints=with_third(pose, 2.0 * seen)))
    out = tmp_path / 'out.json'
    result = smooth(save_json(tmp_path / 'a.json', entries), 'gaussian', out, fps=30)
    written = json.loads(out.read_text())
    assert [e['image_id'] for e in written] == [e['image_id'] for e in entries]
    assert [e['keypoints'][2::3] for e in written] == [e['keypoints'][2::3] for e in entries]
    assert [len(sequence) for _, sequence in result] == [FRAMES, FRAMES]
    for _, sequence in result:
        inner = slice(3, -3)  # A keypoint lost in the first frame is not extrapolated.
        assert min(error(sequence.coords[inner], person[inner]) for person in truth) < 1.6


@pytest.mark.parametrize('depth', [0.0, 850.0])
def test_millimetres_on_a_plane_with_zeros_for_missing(tmp_path, rng, depth):
    truth = walk(300)
    coords = np.dstack([truth + rng.normal(0, 2, truth.shape), np.full((FRAMES, 17), depth)])
    coords[20:24, 9] = coords[33, 4] = 0
    names = [f'M{k}' for k in range(17)]
    rows = ['\t'.join([str(t + 1), f'{t / 60:.4f}', *(f'{v:.3f}' for v in pose.ravel())])
            for t, pose in enumerate(coords)]
    path = tmp_path / 'a.trc'
    path.write_text('\n'.join([
        'PathFileType\t4\t(X/Y/Z)\ta.trc', 'DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits',
        f'60\t60\t{FRAMES}\t17\tmm', 'Frame#\tTime\t' + '\t\t\t'.join(names) + '\t\t',
        '\t\t' + '\t'.join(f'{c}{k}' for k in range(1, 18) for c in 'XYZ'), *rows]) + '\n')
    result, report = smooth_with_report(path, 'gaussian', tmp_path / 'out.trc')
    assert report.unit == 'mm' and report.placeholders == 5
    assert np.unique(io.load(tmp_path / 'out.trc')[0].coords[..., 2]).tolist() == [depth]
    assert error(result[0].coords[..., :2], truth) < 1.6
    assert error(result[0].coords[20:24, 9, :2], truth[20:24, 9]) < 4


def test_a_person_who_walks_out_of_the_picture(tmp_path, rng):
    truth = {1: walk(300), 2: walk(600, 300)}
    entries = []
    for t in range(FRAMES):
        for track_id, person in truth.items():
            pose = person[t] + rng.normal(0, 2, (17, 2))
            outside = pose[:, 0] > 800
            if not outside.all():
                entries.append(dict(
                    image_id=f'{t}.jpg', category_id=1, score=2.5, idx=track_id,
                    box=[0.0, 0.0, 50.0, 400.0],
                    keypoints=with_third(np.where(outside[:, None], 0, pose),
                                         np.where(outside, 0.02, 0.9))))
    out = tmp_path / 'out.json'
    smooth(save_json(tmp_path / 'a.json', entries), 'gaussian', out, fps=30)
    written = json.loads(out.read_text())
    assert len(written) == len(entries)
    for before, after in zip(entries, written):
        old, new = (np.reshape(e['keypoints'], (17, 3)) for e in (before, after))
        lost = old[:, 0] == 0
        np.testing.assert_array_equal(new[lost], old[lost])
        assert np.abs(new[~lost] - old[~lost]).max() < 12


def test_results_objects_without_people_in_the_first_frames(rng):
    truth = walk(300)
    results = []
    for t, pose in enumerate(truth + rng.normal(0, 2, truth.shape)):
        data = np.zeros((0 if t < 5 or t == 30 else 1, 17, 3))
        data[:] = np.column_stack([pose, np.full(17, 0.9)])
        count = len(data)
        boxes = types.SimpleNamespace(
            id=None if t % 7 == 0 else np.full(count, 3.0), conf=np.ones(count),
            cls=np.zeros(count), xyxy=np.tile([300.0, 200, 400, 600], (count, 1)))
        results.append(types.SimpleNamespace(
            boxes=boxes, orig_shape=(720, 1280), names={0: 'person'},
            keypoints=types.SimpleNamespace(data=data, xy=data[..., :2], conf=data[..., 2],
                                            orig_shape=(720, 1280))))
    smoothed = smooth(results, 'gaussian', fps=30)
    assert [len(r.keypoints.data) for r in smoothed] == [len(r.keypoints.data) for r in results]
    found = [t for t, r in enumerate(smoothed) if len(r.keypoints.data)]
    coords = np.concatenate([smoothed[t].keypoints.data[..., :2] for t in found])
    assert error(coords, truth[found]) < 1.6


def test_two_people_on_an_uneven_clock_with_a_pause(tmp_path, rng):
    stamps = np.cumsum(rng.choice([0.02, 0.033, 0.05], FRAMES))
    stamps[30:] += 0.8
    truth = {}
    for name, start in (('p1', 300), ('p2', 800)):
        place = np.stack([start + 60 * stamps, 200 + 14 * np.cos(5 * stamps)], axis=1)
        truth[name] = BODY + place[:, None]
    rows = [['timestamp', 'track_id', *(f'k{k}_{c}' for k in range(17) for c in 'xy')]]
    for t in range(FRAMES):
        rows += [[f'{stamps[t]:.3f}', name, *(person[t] + rng.normal(0, 2, (17, 2))).ravel()]
                 for name, person in truth.items() if (t, name) != (12, 'p1')]
    path = tmp_path / 'a.csv'
    with open(path, 'w', newline='') as file:
        csv.writer(file).writerows(rows)
    result, report = smooth_with_report(path, 'gaussian')
    assert report.filled_poses == 1 and 'uneven' in report.notes[0]
    for name, person in truth.items():
        assert len(result[name]) == FRAMES and error(result[name].coords, person) < 2.1


@pytest.mark.parametrize('step, words', [
    (1, None), (2, '15 poses per second'), (10, '3 poses per second')])
def test_every_nth_frame_number_is_said(tmp_path, rng, step, words):
    entries = [dict(image_id=step * t, category_id=1, score=0.9,
                    keypoints=with_third(pose + rng.normal(0, 2, (17, 2)), 0.9))
               for t, pose in enumerate(walk(300))]
    path = save_json(tmp_path / 'a.json', entries)
    _, report = smooth_with_report(path, 'gaussian', fps=30)
    assert (words in ' '.join(report.notes)) if words else not report.notes
    result, report = smooth_with_report(path, 'gaussian', fps=30 * step)
    assert not report.notes and error(result[0].coords, walk(300)) < 1.6


def test_unrelated_image_numbers_are_said(tmp_path, rng):
    numbers = np.sort(rng.choice(5000, FRAMES, replace=False)).tolist()
    path = save_json(tmp_path / 'a.json', [
        dict(image_id=number, category_id=1, score=0.9, keypoints=with_third(pose, 0.9))
        for number, pose in zip(numbers, walk(300))])
    _, report = smooth_with_report(path, 'gaussian', fps=30)
    assert 'or more apart' in ' '.join(report.notes)


def third_values(kind: str, rng) -> np.ndarray:
    return {'scores': rng.uniform(0.3, 0.95, (FRAMES, 17)),
            'heat maps': rng.uniform(0.3, 1.06, (FRAMES, 17)),
            'flags': rng.choice([0.0, 1.0, 2.0], (FRAMES, 17), p=[0.02, 0.2, 0.78])}[kind]


@pytest.mark.parametrize('kind', ['scores', 'heat maps', 'flags'])
@pytest.mark.parametrize('suffix', ['npy', 'npz'])
@pytest.mark.parametrize('dtype', [np.float64, np.float32])
def test_confidences_in_arrays_of_files(tmp_path, rng, kind, suffix, dtype):
    truth = walk(300)
    array = np.dstack([truth + rng.normal(0, 2, truth.shape), third_values(kind, rng)])
    array[array[..., 2] == 0] = 0
    array[0, :, 2] = np.maximum(array[0, :, 2], 1e-3)
    array[30, 4] = np.nan
    array = array.astype(dtype)
    path, out = tmp_path / f'a.{suffix}', tmp_path / f'out.{suffix}'
    save, load = (np.save, np.load) if suffix == 'npy' else (
        lambda file, a: np.savez(file, keypoints=a), lambda file: np.load(file)['keypoints'])
    save(path, array)
    with pytest.warns(UserWarning, match='third values look like confidences'):
        result, report = smooth_with_report(path, 'gaussian', out, fps=30)
    assert result[0].representation == 'keypoints_2d' and report.unit == 'px'
    assert 'third values look like confidences' in report.notes[0]
    written = load(out)
    assert written.dtype == dtype
    np.testing.assert_array_equal(written[..., 2], np.nan_to_num(array[..., 2]))
    inner = written[5:-5]
    assert error(np.delete(inner, 25, 0)[..., :2], np.delete(truth[5:-5], 25, 0)) < 1.8
    with pytest.warns(UserWarning, match='third values'):
        again = io.load(out)
    np.testing.assert_allclose(again[0].coords, result[0].coords.astype(dtype), rtol=1e-6)


@pytest.mark.parametrize('suffix', ['npy', 'npz'])
def test_a_frame_added_between_confidences(tmp_path, rng, suffix):
    array = np.dstack([walk(300), np.full((FRAMES, 17), 0.9)])
    array[20:23] = np.nan
    path = tmp_path / f'a.{suffix}'
    np.save(path, array) if suffix == 'npy' else np.savez(path, coords=array)
    with pytest.warns(UserWarning, match='third values'):
        smooth(path, 'gaussian', tmp_path / f'out.{suffix}', fps=30)
    with pytest.warns(UserWarning, match='third values'):
        again = io.load(tmp_path / f'out.{suffix}')
    assert error(again[0].coords[20:23], walk(300)[20:23]) < 2


def test_the_representation_of_a_file_overrides(tmp_path, rng):
    array = np.dstack([walk(300), rng.uniform(0.3, 0.9, (FRAMES, 17))])
    np.save(tmp_path / 'a.npy', array)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        result = smooth(tmp_path / 'a.npy', 'gaussian', fps=30,
                        read_options=dict(representation='keypoints_3d'))
    assert result[0].coords.shape == array.shape


@pytest.mark.parametrize('suffix', ['npy', 'npz'])
@pytest.mark.parametrize('joints', [22, 24, 55])
def test_axis_angles_in_files_are_refused(tmp_path, rng, suffix, joints):
    array = rng.normal(0, 0.3, (FRAMES, joints, 3))
    path = tmp_path / f'a.{suffix}'
    np.save(path, array) if suffix == 'npy' else np.savez(path, coords=array)
    with pytest.raises(DataFormatError, match='--read-options representation='):
        io.load(path)
    assert io.load(path, representation='axis_angle')[0].representation == 'axis_angle'
    # With its unit a file says what it has.
    if suffix == 'npz':
        np.savez(path, coords=array, unit='m')
        assert io.load(path)[0].representation == 'keypoints_3d'


def test_people_in_place_of_clips_are_refused(tmp_path):
    people = np.stack([walk(300), walk(800)], axis=1)
    np.savez(tmp_path / 'a.npz', coords=people)
    with pytest.raises(DataFormatError, match=r'np\.swapaxes\(coords, 0, 1\)'):
        io.load(tmp_path / 'a.npz')
    np.savez(tmp_path / 'b.npz', coords=people.swapaxes(0, 1))
    assert [len(sequence) for _, sequence in io.load(tmp_path / 'b.npz')] == [FRAMES, FRAMES]


def document_of(array, path):
    """A file of keypoints without scores in a format that does not name the third values."""
    entries = [dict(frame_id=t, instances=[dict(keypoints=pose.tolist())])
               for t, pose in enumerate(array)]
    if path.suffix == '.pkl':
        with open(path, 'wb') as file:
            pickle.dump([dict(frame_dir='v', total_frames=len(array), label=0,
                              keypoint=array[None])], file)
    elif path.suffix == '.jsonl':
        path.write_text(''.join(f'{json.dumps(entry)}\n' for entry in entries))
    elif path.suffix == '.json':
        save_json(path, entries if path.stem == 'a' else dict(
            meta_info={}, instance_info=[dict(entry, frame_id=t + 1)
                                         for t, entry in enumerate(entries)]))
    else:
        np.save(path, array)


def array_in(path):
    if path.suffix == '.pkl':
        with open(path, 'rb') as file:
            return pickle.load(file)[0]['keypoint'][0]
    if path.suffix == '.npy':
        return np.load(path)
    text = path.read_text()
    entries = [json.loads(line) for line in text.splitlines()] if path.suffix == '.jsonl' else (
        json.loads(text))
    if isinstance(entries, dict):
        entries = entries['instance_info']
    return np.array([entry['instances'][0]['keypoints'] for entry in entries])


@pytest.mark.parametrize('name', ['a.json', 'demo.json', 'a.jsonl', 'a.pkl', 'a.npy'])
@pytest.mark.parametrize('certain', [1, 100])
def test_confidences_without_a_name_are_scores_in_every_format(tmp_path, rng, name, certain):
    truth = walk(300)
    scores = rng.uniform(0.3, 0.95, (FRAMES, 17)).round(4)
    array = np.dstack([truth + rng.normal(0, 2, truth.shape), certain * scores])
    array[20:22, 9] = 0
    path, out = tmp_path / name, tmp_path / f'out_{name}'
    document_of(array, path)
    with pytest.warns(UserWarning, match='third values look like confidences'):
        result, report = smooth_with_report(path, 'gaussian', out, fps=30)
    assert report.unit == 'px' and 'x and y are smoothed' in report.notes[0]
    assert ('in percent' in report.notes[0]) == (certain == 100)
    np.testing.assert_allclose(np.delete(result[0].scores, [20, 21], 0),
                               np.delete(scores, [20, 21], 0))
    written = array_in(out)
    np.testing.assert_array_equal(written[..., 2], array[..., 2])
    assert error(written[5:-5, :, :2], truth[5:-5]) < 1.8
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        expected = smooth(array[..., :2], 'gaussian', fps=30, scores=array[..., 2] / certain)
    np.testing.assert_allclose(written[..., :2], expected, atol=0.006)
    # In another format they are scores from the start.
    with pytest.warns(UserWarning, match='third values'):
        smooth(path, 'gaussian', tmp_path / 'out.csv', fps=30)
    header = (tmp_path / 'out.csv').read_text().splitlines()[0]
    assert 'score' in header and '_z' not in header


@pytest.mark.parametrize('certain', [1, 100])
def test_confidences_in_a_column_of_depths_are_said(tmp_path, rng, certain):
    array = np.dstack([walk(300), certain * rng.uniform(0.3, 0.9, (FRAMES, 17))])
    rows = [['frame', *(f'k{k}_{c}' for k in range(17) for c in 'xyz')]]
    rows += [[t, *pose.ravel()] for t, pose in enumerate(array)]
    with open(tmp_path / 'a.csv', 'w', newline='') as file:
        csv.writer(file).writerows(rows)
    with pytest.warns(UserWarning, match='store confidences as scores'):
        _, report = smooth_with_report(tmp_path / 'a.csv', 'gaussian', fps=30)
    assert 'store confidences as scores' in report.notes[0]


def test_percentages_of_people_in_frames_and_live(rng):
    array = np.dstack([walk(300), rng.uniform(40, 99, (FRAMES, 17))])
    other = np.dstack([walk(900), rng.uniform(40, 99, (FRAMES, 17))])
    frames = [PoseFrame(t, [PoseInstance(array[t], track_id=1), PoseInstance(other[t], track_id=2)])
              for t in range(FRAMES)]
    with pytest.warns(UserWarning, match='in percent'):
        out = smooth(frames, 'gaussian', fps=30)
    for frame, given in zip(out, frames):
        for person, before in zip(frame.instances, given.instances):
            np.testing.assert_array_equal(person.keypoints[:, 2], before.keypoints[:, 2])
    live = build_smoother('one_euro', fps=30)
    with pytest.warns(UserWarning, match='give x and y as poses'):
        live.step(array[0])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        live.step(array[1])
        build_smoother('one_euro', fps=30, representation='keypoints_3d').step(array[0])


def test_the_unit_of_lengths_says_that_they_are_points(tmp_path, rng):
    array = np.dstack([walk(300), rng.uniform(40, 99, (FRAMES, 17))])
    np.save(tmp_path / 'a.npy', array)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for source in (array, tmp_path / 'a.npy'):
            _, report = smooth_with_report(source, 'gaussian', fps=30, unit='mm')
            assert report.unit == 'mm' and not report.notes


@pytest.mark.parametrize('suffix', ['npy', 'npz'])
def test_rotations_in_degrees_in_files_are_refused(tmp_path, rng, suffix):
    rate, phase = rng.uniform(0.5, 3, (2, 1, 24, 3))
    array = 40 * np.sin(rate * np.arange(60)[:, None, None] / 10 + 6 * phase)
    path = tmp_path / f'a.{suffix}'
    np.save(path, array) if suffix == 'npy' else np.savez(path, coords=array)
    for source in (path, array):
        with pytest.raises(DataFormatError, match='in degrees'):
            smooth(source, 'gaussian', fps=30)


@pytest.mark.parametrize('scale', [1.0, 100.0])
def test_live_rotations_are_not_taken_for_points_without_a_warning(rng, scale):
    # A single pose may also be points, in metres or centimetres: no error.
    vectors = scale * rng.normal(0, 0.3, (24, 3))
    smoother = build_smoother('one_euro', fps=30)
    with pytest.warns(UserWarning, match="representation='axis_angle'") as said:
        smoother.step({'a': vectors})
        smoother.step({'a': vectors, 'b': vectors})
    assert len(said) == 1
    for representation in ('axis_angle', 'keypoints_3d'):
        build_smoother('one_euro', fps=30, representation=representation).step(
            np.clip(vectors, -3, 3))


@pytest.mark.parametrize('scale, said', [(1.0, False), (100.0, True), (1000.0, True)])
def test_lengths_that_are_no_metres_are_said(tmp_path, rng, scale, said):
    coords = scale * (rng.normal(0, 0.4, (1, 15, 3)) + np.linspace(0, 9, FRAMES)[:, None, None])
    np.save(tmp_path / 'a.npy', coords)
    _, report = smooth_with_report(tmp_path / 'a.npy', 'gaussian', fps=30)
    assert any('specify the unit' in note for note in report.notes) is said
    _, report = smooth_with_report(tmp_path / 'a.npy', 'gaussian', fps=30, unit='mm')
    assert not report.notes


def test_confidences_as_a_depth_of_tracks_are_said(rng):
    array = np.dstack([walk(300), rng.uniform(0.3, 0.9, (FRAMES, 17))])
    tracks = PoseTracks.from_array(array, representation='keypoints_3d', fps=30)
    with pytest.warns(UserWarning, match='store confidences as scores'):
        smooth(tracks, 'gaussian')
    xarray = pytest.importorskip('xarray')
    dims = ('time', 'space', 'keypoints', 'individuals')
    data = xarray.Dataset({'position': (dims, array.transpose(0, 2, 1)[..., None])},
                          coords={'space': list('xyz')}, attrs={'fps': 30})
    with pytest.warns(UserWarning, match='store confidences as scores'):
        smooth(data, 'gaussian')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        smooth(tracks, 'gaussian', unit='mm')
