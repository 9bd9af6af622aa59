"""A small file of every registered format, and of every layout of it that people hold.

The fuzz harness damages them. A file is named after its format, with the layout after a point:
``deeplabcut.multi.csv``.
"""

from __future__ import annotations

import importlib.util
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from smoothnet_plugin import io
from smoothnet_plugin.structures import PoseTracks

from . import documents as d

#: Packages without which files of a format cannot be made here.
NEEDED = {'c3d': 'ezc3d', 'sleap': 'h5py', 'deeplabcut_h5': 'h5py', 'gvhmr': 'torch'}
T = 8


def missing_package(name: str) -> str | None:
    """The package that the files of a format need and that is not installed here."""
    package = NEEDED.get(name)
    return package if package and importlib.util.find_spec(package) is None else None


def write_samples(folder: Path) -> list[Path]:
    """Write the files of all formats that can be written here."""
    made = folder / 'made'
    made.mkdir()
    files = []
    for name, path in d.write_all(made).items():
        files.append(Path(shutil.move(path, folder / f'{name}{path.suffix}')))
    rng = np.random.default_rng(0)
    for write in (_tables, _json_layouts, _folders, _arrays, _bodies, _hdf5, _markers):
        files += write(folder, rng)
    made.rmdir() if not any(made.iterdir()) else shutil.rmtree(made)
    return files


def _texts(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        kind, _, rest = name.partition('__')
        paths.append(folder / f'{kind}.{rest}'.replace('__', '.'))
        paths[-1].write_text(text, encoding='utf-8')
    return paths


def _tables(folder: Path, rng: np.random.Generator) -> list[Path]:
    parts = [('a', part) for part in ('nose', 'tail')] + [('b', part) for part in
                                                         ('nose', 'tail')] + [('single', 'corner')]
    header = ['scorer' + ',net' * 15, 'individuals,' + ','.join(f'{p},{p},{p}' for p, _ in parts),
              'bodyparts,' + ','.join(f'{p},{p},{p}' for _, p in parts),
              'coords' + ',x,y,likelihood' * 5]
    rows = [','.join([str(t), *(f'{v:.3f}' for v in rng.uniform(0, 90, 15))]) for t in range(T)]
    rows[3] = '3' + ',' * 15
    lightning = ['scorer' + ',heatmap_tracker' * 8, 'bodyparts' + ',paw' * 4 + ',tail' * 4,
                 'coords' + ',x,y,likelihood,x_ens_var' * 2,
                 *(','.join([str(t), *(repr(float(v)) for v in rng.uniform(0, 90, 8))])
                   for t in range(T))]
    sleap = ['track,frame_idx,instance.score,head.x,head.y,head.score,a.b.x,a.b.y,a.b.score',
             *(f'fly{p},{t},0.5,{t}.25,{p}.5,0.9,,,' for t in range(T) for p in range(2))]
    tidy = ['frame,timestamp,keypoint,x,y,z,model,trajectory,reprojection_error',
            *(f'{t},{t / 30},nose,{t}.5,0.25,1.5,mediapipe.{part},3d_xyz,0.5' for t in range(T)
              for part in ('body', 'face'))]
    return _texts(
        folder, deeplabcut__multi__csv='\n'.join([*header, *rows]) + '\n',
        deeplabcut__lightning__csv='\n'.join(lightning) + '\n',
        deeplabcut__comma__csv=_european('\n'.join([*header, *rows]) + '\n'),
        csv__comma__csv='\ufeff' + _european(d.csv_text().replace('\n', '\r\n')),
        csv__quoted__csv='frame,a_x,a_y\n' + ''.join(f'{t},"{t},5","7,25"\n' for t in range(T)),
        csv__sleap__csv='\n'.join(sleap) + '\n', csv__freemocap__csv='\n'.join(tidy) + '\n',
        opensim__quaternions__sto='\n'.join([
            'q', 'DataRate=50', 'DataType=Quaternion', 'version=3', 'OpenSimVersion=4',
            'endheader', 'time\tpelvis', *(
                f'{t / 50}\t{np.cos(t / 9 + t % 2 / 8)},{np.sin(t / 9 + t % 2 / 8)},0,0'
                for t in range(T))]) + '\n',
        trc__blanks__trc=d.trc_text().replace('\t\t\t', '\t').replace('\t', '  '))


def _european(text: str) -> str:
    return text.replace(',', ';').replace('.', ',')


def _json_layouts(folder: Path, rng: np.random.Generator) -> list[Path]:
    nested = [{**entry, 'idx': [[entry['idx'][0], 9.0], [5.0]]} for entry in d.alphapose()]
    tags = [{'id': 100 + t, 'file_name': f'v/{t:06d}.jpg', 'vid_id': '7', 'frame_id': 100 + t,
             'nframes': 5} for t in range(5)]
    people = [{'id': 10 * t + p, 'image_id': 100 + t, 'category_id': 1 + p, 'track_id': 0,
               'keypoints': d.flat(t, p)[:9 + 3 * p], 'scores': [0.5] * (3 + p),
               'bbox': d.xywh(t, p)} for t in range(5) for p in range(2)]
    kinds = [{'id': 1 + p, 'name': name, 'keypoints': list('abcd')[:3 + p]}
             for p, name in enumerate(('person', 'dog'))]
    openpose = {f'{t}.jpg': {'version': 'AlphaPose v0.3', 'people': [
        {'pose_keypoints_2d': d.flat(t, p)} for p in range(2)]} for t in range(5)}
    bodies = {f'{t}.jpg': {'version': 'AlphaPose v0.3', 'bodies': [
        {'joints': d.flat(t, p)} for p in range(2)]} for t in range(5)}
    results = {str(t): [{'name': 'person', 'class': 0, 'confidence': 0.5, 'keypoints': {
        'x': [0.0, 3.5], 'y': [0.0, float(t)]}, 'box': dict(zip(('x1', 'y1', 'x2', 'y2'), d.box(t)))
        }] for t in range(5)}
    return [
        d.write(folder / 'alphapose.nested.json', nested),
        d.write(folder / 'coco_annotations.categories.json',
                {'images': tags, 'annotations': people, 'categories': kinds}),
        d.write(folder / 'openpose_file.open.json', openpose),
        d.write(folder / 'openpose_file.cmu.json', bodies),
        d.write(folder / 'ultralytics.by_number.json', results),
        d.write(folder / 'mmpose_video.3d.json', d.video(dims=3)),
    ]


def _folders(folder: Path, rng: np.random.Generator) -> list[Path]:
    labels, hands = folder / 'ultralytics_labels', folder / 'openpose.hands'
    labels.mkdir()
    hands.mkdir()
    for t in range(4):
        numbers = rng.uniform(0.1, 0.9, (2, 4 + 17 * 3))
        (labels / f'clip_{t + 1}.txt').write_text(''.join(
            f"0 {' '.join(f'{v:.6g}' for v in row)} {p + 1}\n" for p, row in enumerate(numbers)))
        flat = {f'{name}_keypoints_2d': rng.uniform(0, 400, 3 * count).round(2).tolist()
                for name, count in (('pose', 25), ('face', 70), ('hand_left', 21),
                                    ('hand_right', 21))}
        d.write(hands / f'c_{t:012d}_keypoints.json',
                {'version': 1.3, 'people': [{'person_id': [-1], **flat}]})
    cameras = folder / 'pose2sim'
    for number in range(2):
        (cameras / f'cam{number}_json').mkdir(parents=True)
        for t in range(4):
            d.write(cameras / f'cam{number}_json' / f'cam{number}_{t:06d}.json',
                    d.openpose_frame(t))
    return [labels, hands, cameras]


def _arrays(folder: Path, rng: np.random.Generator) -> list[Path]:
    tracks = PoseTracks.from_array(rng.normal(0, 100, (T, 5, 2)), fps=30,
                                   scores=rng.uniform(0, 1, (T, 5)))
    io.save(folder / 'npz.2d.npz', tracks)
    np.save(folder / 'npy.half.npy', rng.normal(0, 1, (T, 17, 2)).astype(np.float16))
    half = {'frame_dir': 'a', 'total_frames': T, 'label': 0, 'img_shape': (480, 640),
            'keypoint': rng.uniform(0, 400, (2, T, 17, 2)).astype(np.float16),
            'keypoint_score': np.full((2, T, 17), 0.5, np.float16)}
    (folder / 'mmaction.split.pkl').write_bytes(pickle.dumps(
        {'split': {'train': ['a']}, 'annotations': [half]}))
    clips = {'S1': {'Walking': [rng.normal(0, 1, (n, 17, 2)).astype('f4') for n in (T, T - 2)]}}
    np.savez(folder / 'videopose3d.npz', positions_2d=_object(clips),
             metadata=_object({'layout_name': 'coco', 'num_joints': 17}))
    np.savez(folder / 'videopose3d_detections.npz', **detections(rng, [1, 2, 2, 2, 0, 1, 2]))
    return [folder / name for name in ('npz.2d.npz', 'npy.half.npy', 'mmaction.split.pkl',
                                       'videopose3d.npz', 'videopose3d_detections.npz')]


def detections(rng: np.random.Generator, people: list[int]) -> dict[str, np.ndarray]:
    """Arrays of VideoPose3D's infer_video_d2.py: people in every frame."""
    arrays = {name: np.empty((len(people), 2), dtype=object) for name in ('boxes', 'keypoints')}
    for t, count in enumerate(people):
        pose = np.concatenate([
            100 + 300 * np.arange(count)[:, None, None] + 3 * t
            + rng.uniform(0, 90, (count, 2, 17)),
            rng.normal(0, 1, (count, 1, 17)), rng.uniform(0.1, 1, (count, 1, 17))], axis=1)
        box = np.concatenate([pose[:, :2].min(axis=2), pose[:, :2].max(axis=2),
                              np.full((count, 1), 0.9)], axis=1)
        arrays['boxes'][t, 0] = arrays['keypoints'][t, 0] = []
        arrays['boxes'][t, 1] = box.astype('f4') if count else []
        arrays['keypoints'][t, 1] = pose.astype('f4') if count else []
    segments = np.empty(len(people), dtype=object)
    return {'boxes': arrays['boxes'], 'segments': segments, 'keypoints': arrays['keypoints'],
            'metadata': _object({'w': 1280, 'h': 720})}


def _angles(rng: np.random.Generator, width: int) -> np.ndarray:
    return rng.normal(0, 0.3, (T, width)).astype(np.float32)


def _object(value: Any) -> np.ndarray:
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _bodies(folder: Path, rng: np.random.Generator) -> list[Path]:
    pose, trans, betas, frames = _angles(rng, 72), _angles(rng, 3), _angles(rng, 10), np.arange(T)
    turned = Rotation.from_rotvec(pose.reshape(-1, 3)).as_matrix().astype(np.float32)
    turned = turned.reshape(T, 24, 3, 3)
    one = {'pose': pose, 'trans': trans, 'betas': betas, 'frame_ids': frames}
    pickles = {
        'vibe': {1: {'pose': pose, 'betas': betas, 'pred_cam': trans, 'orig_cam': _angles(rng, 4),
                     'bboxes': _angles(rng, 4), 'frame_ids': frames}},
        'wham': {0: {**one, 'pose_world': pose, 'trans_world': trans}},
        'aist': {'smpl_poses': pose, 'smpl_scaling': np.array([90.0]), 'smpl_trans': trans,
                 'smpl_loss': 0.1},
        'pw3d': {'poses': [pose], 'trans': [trans], 'betas': [np.zeros(10)], 'genders': ['m'],
                 'campose_valid': [np.ones(T)], 'img_frame_ids': frames, 'sequence': 'a',
                 'cam_poses': np.zeros((T, 4, 4))},
        'phalp': {f'/v/{t:06d}.jpg': {
            'time': t, 'shot': 0, 'tid': [3], 'tracked_time': [0], 'conf': [np.array(0.8)],
            'bbox': [np.zeros(4)], 'camera': [np.ones(3, np.float32)], 'tracked_ids': [3],
            'smpl': [{'global_orient': turned[t, :1], 'body_pose': turned[t, 1:],
                      'betas': np.zeros(10, np.float32)}]} for t in range(T)},
    }
    files = []
    for name, content in pickles.items():
        files.append(folder / f'{name}.pkl')
        files[-1].write_bytes(pickle.dumps(content))
    rows = {f'{t}.jpg': {'smpl_thetas': pose[t:t + 1], 'cam': trans[t:t + 1],
                         'smpl_betas': betas[t:t + 1], 'center_confs': np.ones(1, np.float32),
                         'track_ids': np.array([4])} for t in range(T)}
    archives: dict[str, dict[str, Any]] = {
        'romp': {'results': _object(rows), 'sequence_results': _object(
            {4: {'frame_id': list(range(T)), 'smpl_thetas': list(pose), 'cam': list(trans)}})},
        'mmhuman3d': {'smpl': _object({'body_pose': pose[:, 3:].reshape(T, 23, 3),
                                       'global_orient': pose[:, :3], 'betas': betas}),
                      'person_id': np.zeros(T, int), 'frame_id': frames, '__key_strict__': False},
        'amass': {'poses': _angles(rng, 156), 'trans': trans, 'betas': np.zeros(16),
                  'gender': np.array('male'), 'mocap_framerate': np.array(60.0)},
    }
    for name, arrays in archives.items():
        files.append(folder / f'{name}.npz')
        np.savez(files[-1], **arrays)
    if missing_package('gvhmr') is None:
        import torch
        files.append(folder / 'gvhmr.pt')
        torch.save({f'smpl_params_{place}': {
            'body_pose': torch.from_numpy(pose[:, :63]), 'betas': torch.from_numpy(betas),
            'global_orient': torch.from_numpy(pose[:, :3]), 'transl': torch.from_numpy(trans)}
            for place in ('global', 'incam')}, files[-1])
    tracks = io.load(folder / 'amass.npz')
    io.save(folder / 'bvh.bvh', tracks)
    return [*files, folder / 'bvh.bvh']


def _hdf5(folder: Path, rng: np.random.Generator) -> list[Path]:
    if missing_package('sleap'):
        return []
    from .hdf5_files import columns, dlc_values, pandas_table, sleap
    sleap(folder / 'sleap.h5', rng)
    names = columns(['a', 'b'], unique=True)
    values = dlc_values(T, names, rng)
    return [folder / 'sleap.h5', pandas_table(folder / 'deeplabcut_h5.table.h5', names, values),
            pandas_table(folder / 'deeplabcut_h5.fixed.h5', columns(), values[:, :6], form='fixed')]


def _markers(folder: Path, rng: np.random.Generator) -> list[Path]:
    if missing_package('c3d'):
        return []
    tracks = PoseTracks.from_array(rng.normal(0, 1, (T, 5, 3)), fps=30,
                                   representation='keypoints_3d')
    io.save(folder / 'c3d.c3d', tracks)
    return [folder / 'c3d.c3d']
