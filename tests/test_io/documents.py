"""Small documents of every format, and operations on tracks, for the tests of this folder."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import numpy as np

from smoothnet_plugin.structures import PoseSequence, PoseTracks

K = 4


def pose(frame: int, person: int = 0, dims: int = 2) -> list[list[float]]:
    """Keypoints of a person who walks to the right; people stand 300 apart."""
    base = np.array([[0, 0, 0.5], [40, 5, 0.25], [35, 90, 0.125], [5, 95, 1.0]])
    return (base + [300 * person + 2 * frame + 0.25, 50, person])[:, :dims].tolist()


def box(frame: int, person: int = 0) -> list[float]:
    return [300 * person + 2 * frame - 5.0, 45.0, 300 * person + 2 * frame + 45.0, 150.0]


def person(frame: int, number: int = 0, dims: int = 2, **more) -> dict:
    return {'keypoints': pose(frame, number, dims), 'keypoint_scores': [0.9, 0.8, 0.7, 0.625],
            'bbox': [box(frame, number)], 'bbox_score': 0.75, **more}


def video(frames: int = 5, people: int = 2, base: int = 0, dims: int = 2) -> list[dict]:
    return [{'frame_id': base + t, 'instances': [person(t, p, dims) for p in range(people)]}
            for t in range(frames)]


def lines(path: Path, entries: list[dict]) -> Path:
    path.write_text(''.join(f'{json.dumps(entry)}\n' for entry in entries), encoding='utf-8')
    return path


def demo(frames: int = 5, people: int = 2) -> dict:
    names = ['nose', 'left_hip', 'right_hip', 'neck']
    meta = {'dataset_name': 'four', 'num_keypoints': K,
            'keypoint_id2name': {str(i): name for i, name in enumerate(names)},
            'keypoint_name2id': {name: i for i, name in enumerate(names)},
            'skeleton_links': [[0, 3], [1, 2]],
            'skeleton_link_colors': {'__ndarray__': [[0, 255, 0], [1, 2, 3]], 'dtype': 'uint8',
                                     'shape': [2, 3], 'Corder': True},
            'sigmas': {'__ndarray__': [0.026, 0.1, 0.1, 0.05], 'dtype': 'float32', 'shape': [4]}}
    return {'meta_info': meta, 'instance_info': video(frames, people, base=1)}


def flat(frame: int, number: int = 0, dims: int = 2) -> list[float]:
    return [value for xy, score in zip(pose(frame, number, dims), [0.9, 0.8, 0.7, 0.625])
            for value in [*xy, score]]


def xywh(frame: int, number: int = 0) -> list[float]:
    x1, y1, x2, y2 = box(frame, number)
    return [x1, y1, x2 - x1, y2 - y1]


def coco(frames: int = 5, people: int = 2) -> list[dict]:
    return [{'bbox': xywh(t, p), 'category_id': 1, 'image_id': 100 + t, 'keypoints': flat(t, p),
             'score': 0.5} for t in range(frames) for p in range(people)]


def alphapose(frames: int = 5, people: int = 2, tracked: bool = True) -> list[dict]:
    return [{'image_id': f'{t}.jpg', 'category_id': 1, 'keypoints': flat(t, p), 'score': 2.5,
             'box': xywh(t, p), 'idx': [float(p + 1) if tracked else 0.0]}
            for t in range(frames) for p in range(people)]


def openpose_frame(t: int, people: int = 2) -> dict:
    return {'version': 1.3, 'people': [
        {'person_id': [-1], 'pose_keypoints_2d': flat(t, p), 'face_keypoints_2d': [1, 2.5, 0.5],
         'hand_left_keypoints_2d': [], 'pose_keypoints_3d': []} for p in range(people)]}


def write(path: Path, document, **style) -> Path:
    path.write_text(json.dumps(document, **style), encoding='utf-8')
    return path


def openpose(folder: Path, frames: int = 5, people: int = 2) -> Path:
    folder.mkdir()
    for t in range(frames):
        write(folder / f'clip_{t:012d}_keypoints.json', openpose_frame(t, people),
              separators=(',', ':'))
    return folder


def images(folder: Path, frames: int = 5, people: int = 2) -> Path:
    folder.mkdir()
    for t in range(frames):
        write(folder / f'{t + 7:06d}.json', [person(t, p) for p in range(people)], indent='  ')
    return folder


def dump(path: Path, frames: int = 5, people: int = 2, folders: tuple[str, ...] = ('seq',),
         protocol: int = 2, **more) -> Path:
    samples = []
    for folder in folders:
        for t in range(frames):
            for p in range(people):
                samples.append({
                    'img_id': len(samples), 'id': len(samples), 'ori_shape': (480, 640),
                    'img_path': f'data/{folder}/{t + 3:06d}.jpg',
                    'pred_instances': {
                        'keypoints': np.array([pose(t, p)], np.float32),
                        'keypoint_scores': np.full((1, K), 0.75, np.float32),
                        'bboxes': np.array([box(t, p)], np.float32)},
                    'gt_instances': {'keypoints': np.ones((1, K, 2), np.float32)}, **more})
    path.write_bytes(pickle.dumps(samples, protocol=protocol))
    return path


def plain_npz(path: Path, **more) -> Path:
    coords = np.array([pose(t, p, 3) for p in range(2) for t in range(5)], np.float32)
    np.savez(path, estimate=coords, ground_truth=coords + 1, lengths=np.array([5, 5]),
             names=np.array(['walk', 'run']), joints=np.array(['a', 'b', 'c', 'd']),
             fps=np.float64(30), **more)
    return path


def objects(entries: list) -> np.ndarray:
    array = np.empty(len(entries), dtype=object)
    for i, entry in enumerate(entries):
        array[i] = entry
    return array


def smoothnet_npz(path: Path, lengths: tuple[int, ...] = (5, 3)) -> Path:
    joints = [np.array([pose(t, p, 3) for t in range(length)]).reshape(length, -1)
              for p, length in enumerate(lengths)]
    names = [np.array([f's{p}/{t}.jpg' for t in range(length)])
             for p, length in enumerate(lengths)]
    np.savez(path, imgname=objects(names), joints_3d=objects(joints),
             shape=objects([np.ones((length, 10)) for length in lengths]))
    return path


def csv_text(frames: int = 5, people: int = 2) -> str:
    names = ['nose', 'hip', 'knee', 'toe']
    header = ','.join(['frame', 'track_id', 'note'] + [
        f'{name}_{part}' for name in names for part in ('x', 'y', 'score')])
    lines = [','.join([str(t), str(p), 'ok'] + [repr(v) for v in flat(t, p)])
             for t in range(frames) for p in range(people)]
    return '\n'.join([header, *lines]) + '\n'


def trc_text(frames: int = 5) -> str:
    """As Pose2Sim writes it."""
    names = ['Hip', 'RHip', 'RKnee', 'RAnkle']
    header = ['PathFileType\t4\t(X/Y/Z)\tclip.trc',
              'DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\t'
              'OrigDataStartFrame\tOrigNumFrames',
              '\t'.join(map(str, [60, 60, frames, K, 'm', 60, 0, frames])),
              'Frame#\tTime\t' + '\t\t\t'.join(names) + '\t\t\t',
              '\t\t' + '\t'.join(f'X{i + 1}\tY{i + 1}\tZ{i + 1}' for i in range(K)) + '\t']
    lines = ['\t'.join([str(t), str(t / 60)] + [
        repr(v) for xyz in pose(t, 0, 3) for v in xyz]) for t in range(frames)]
    return '\n'.join([*header, *lines]) + '\n'


def deeplabcut_text(frames: int = 5) -> str:
    columns = [f'{name},{name},{name}' for name in 'abcd']
    return '\n'.join([
        f"scorer{',net' * 12}", ','.join(['bodyparts', *columns]),
        'coords' + ',x,y,likelihood' * K,
        *(','.join(map(repr, [t, *flat(t)])) for t in range(frames))]) + '\n'


def opensim_text(frames: int = 5) -> str:
    lines = [f'{t / 50:.2f}\t{10 + t:.3f}\t{0.5 * t:.3f}' for t in range(frames)]
    return '\n'.join(['Coordinates', 'version=1', f'nRows={frames}', 'nColumns=3',
                      'inDegrees=yes', 'endheader', 'time\thip_flexion_r\tpelvis_tx',
                      *lines]) + '\n'


def posetrack17(frames: int = 5) -> dict:
    return {'annolist': [{'image': [{'name': f'{t:06d}.jpg'}], 'annorect': [
        {'track_id': [p], 'annopoints': [{'point': [
            {'id': [k], 'x': [x], 'y': [y], 'score': [0.5]}
            for k, (x, y) in enumerate(pose(t, p))]}]} for p in range(2)]} for t in range(frames)]}


def write_more(folder: Path) -> dict[str, Path]:
    """A small file of every format that has a test of its own elsewhere."""
    np.save(folder / 'a.npy', np.array([pose(t, 0, 3) for t in range(5)]))
    (folder / 'skeletons.pkl').write_bytes(pickle.dumps([{
        'frame_dir': 'a', 'total_frames': 5, 'label': 0, 'keypoint': np.array(
            [[pose(t, p) for t in range(5)] for p in range(2)])}]))
    (folder / 'dlc.csv').write_text(deeplabcut_text())
    (folder / 'angles.mot').write_text(opensim_text())
    frames = [[(t, p) for p in range(2)] for t in range(5)]
    return {
        'npy': folder / 'a.npy', 'mmaction': folder / 'skeletons.pkl',
        'deeplabcut': folder / 'dlc.csv', 'opensim': folder / 'angles.mot',
        'posetrack17': write(folder / 'posetrack17.json', posetrack17()),
        'openpose_file': write(folder / 'openpose.json', [openpose_frame(t) for t in range(5)]),
        'ultralytics': write(folder / 'ultralytics.json', [[{
            'name': 'person', 'class': 0, 'confidence': 0.5, 'track_id': p + 1,
            'box': dict(zip(('x1', 'y1', 'x2', 'y2'), box(t, p))),
            'keypoints': {'x': [x for x, _ in pose(t, p)], 'y': [y for _, y in pose(t, p)],
                          'visible': [0.9, 0.8, 0.7, 0.625]}} for t, p in frame]
            for frame in frames]),
        'poseflow': write(folder / 'poseflow.json', {f'{t}.jpg': [
            {'keypoints': flat(t, p), 'scores': 2.0, 'idx': p + 1} for t, p in frame]
            for t, frame in enumerate(frames)}),
        'tfjs': write(folder / 'tfjs.json', [[{'score': 0.5, 'id': p, 'keypoints': [
            {'x': x, 'y': y, 'score': 0.5, 'name': f'part{k}'}
            for k, (x, y) in enumerate(pose(t, p))]} for t, p in frame] for frame in frames]),
        'mediapipe': write(folder / 'mediapipe.json', [[[
            {'x': x / 640, 'y': y / 480, 'z': 0.0, 'visibility': 0.5} for x, y in pose(t, p)]
            for t, p in frame] for frame in frames]),
        'coco_annotations': write(folder / 'annotations.json', {
            'images': [{'id': 10 + t, 'file_name': f'{t}.jpg'} for t in range(5)],
            'annotations': [{'id': 2 * t + p, 'image_id': 10 + t, 'category_id': 1, 'track_id': p,
                             'keypoints': flat(t, p), 'bbox': xywh(t, p)}
                            for t in range(5) for p in range(2)], 'categories': []}),
    }


def write_all(folder: Path) -> dict[str, Path]:
    """A file or folder of every format that needs no further package."""
    (folder / 'table.csv').write_text(csv_text())
    (folder / 'clip.trc').write_text(trc_text())
    return {
        'mmpose_video': write(folder / 'video.json', video(), indent='  '),
        'mmpose_lines': lines(folder / 'lines.jsonl', video()),
        'mmpose_demo': write(folder / 'demo.json', demo(), indent='\t'),
        'mmpose_images': images(folder / 'images'),
        'coco': write(folder / 'coco.json', coco(), indent=4),
        'alphapose': write(folder / 'alphapose.json', alphapose()),
        'openpose': openpose(folder / 'openpose'),
        'mmengine_dump': dump(folder / 'dump.pkl'),
        'npz': plain_npz(folder / 'plain.npz'),
        'smoothnet_npz': smoothnet_npz(folder / 'reference.npz'),
        'csv': folder / 'table.csv',
        **write_more(folder),
        'trc': folder / 'clip.trc',
    }


def content(path: Path) -> dict[str, bytes]:
    """All bytes of a file or folder."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in sorted(path.iterdir())}
    return {'': path.read_bytes()}


def shifted(tracks: PoseTracks, by: float = 1.0) -> PoseTracks:
    return tracks.map(lambda sequence: sequence.replace(coords=sequence.coords + by))


def without(tracks: PoseTracks, track_id, frame: int) -> PoseTracks:
    """The tracks without one person in one frame."""
    sequence = tracks[track_id]
    return replaced(tracks, track_id, sequence.select(sequence.frame_ids != frame))


def replaced(tracks: PoseTracks, track_id, sequence: PoseSequence) -> PoseTracks:
    frames = np.union1d(tracks.frame_ids, sequence.frame_ids)
    return tracks.replace(tracks={**tracks.tracks, track_id: sequence}, frame_ids=frames)


def bridged(tracks: PoseTracks, track_id, frame: int) -> PoseTracks:
    """The tracks with a pose made up between two frames, as a smoother does it."""
    s = tracks[track_id]
    at = int(np.searchsorted(s.frame_ids, frame))
    weight = (frame - s.frame_ids[at - 1]) / (s.frame_ids[at] - s.frame_ids[at - 1])
    coords = (1 - weight) * s.coords[at - 1] + weight * s.coords[at]
    added = s.replace(
        coords=np.insert(s.coords, at, coords, axis=0),
        scores=None if s.scores is None else np.insert(s.scores, at, 0, axis=0),
        valid=np.insert(s.valid, at, False, axis=0),
        filled=np.insert(s.filled, at, True, axis=0),
        frame_ids=np.insert(s.frame_ids, at, frame),
        refs=[*s.refs[:at], None, *s.refs[at:]])
    return replaced(tracks, track_id, added)


def imported(*names: str) -> set[str]:
    return {name for name in names if name in sys.modules}
