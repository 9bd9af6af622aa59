"""A small file of every layout of body-model parameters."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FRAMES = 12
BVH = """HIERARCHY
ROOT Hips
{
\tOFFSET 0 0 0
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tEnd Site
\t{
\t\tOFFSET 1 0 0
\t}
}
MOTION
Frames: %d
Frame Time: 0.0333333
"""


def write_bodies(folder: Path) -> dict[str, Path]:
    """Write the files.

    Args:
        folder: An existing folder.

    Returns:
        The file of each format, by name; those of joblib and torch where these are installed.
    """
    files = {}
    for name, (file, write) in _WRITERS.items():
        try:
            write(folder / file)
        except ImportError:
            continue
        files[name] = folder / file
    return files


def _pose(joints: int = 24) -> np.ndarray:
    steps = np.arange(FRAMES)[:, None] / 10
    return (0.3 * np.sin(steps + np.arange(3 * joints))).astype('f4')


def _matrices() -> np.ndarray:
    from scipy.spatial.transform import Rotation
    return Rotation.from_rotvec(_pose().reshape(-1, 3)).as_matrix().reshape(FRAMES, 24, 3, 3)


def _path(width: int = 3) -> np.ndarray:
    return (1 + 0.1 * np.cos(np.arange(FRAMES)[:, None] / 5 + np.arange(width))).astype('f4')


def _object(value: Any) -> np.ndarray:
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _dump(path: Path, content: Any, compress: int = 0) -> None:
    import joblib
    joblib.dump(content, path, compress=compress)


def _vibe(path: Path) -> None:
    _dump(path, {1: dict(pose=_pose(), betas=np.zeros((FRAMES, 10), 'f4'), pred_cam=_path(),
                         orig_cam=_path(4), frame_ids=np.arange(FRAMES))})


def _wham(path: Path) -> None:
    _dump(path, {0: dict(pose=_pose(), trans=_path(), pose_world=_pose(), trans_world=_path(),
                         betas=np.zeros((FRAMES, 10)), frame_ids=np.arange(FRAMES))})


def _phalp(path: Path) -> None:
    _dump(path, {f'/v/{i:06d}.jpg': dict(
        time=i, shot=0, tid=[3], tracked_time=[0], tracked_ids=[3], conf=[np.array(0.8)],
        smpl=[dict(global_orient=pose[:1], body_pose=pose[1:], betas=np.zeros(10, 'f4'))],
        camera=[np.array([0.1, 0.2, 30], 'f4')], bbox=[np.zeros(4)], img_path=f'{i}.jpg')
        for i, pose in enumerate(_matrices().astype('f4'))}, compress=3)


def _gvhmr(path: Path) -> None:
    import torch
    torch.save({f'smpl_params_{name}': {key: torch.from_numpy(value) for key, value in dict(
        body_pose=_pose(21), betas=np.zeros((FRAMES, 10), 'f4'), global_orient=_pose(1),
        transl=_path()).items()} for name in ('global', 'incam')}, path)


def _romp(path: Path) -> None:
    np.savez(path, results=_object({f'{i:05d}.jpg': dict(
        smpl_thetas=_pose()[i:i + 1], smpl_betas=np.zeros((1, 10), 'f4'), cam=_path()[i:i + 1],
        center_confs=np.array([0.9], 'f4'), track_ids=np.array([1])) for i in range(FRAMES)}))


def _mmhuman3d(path: Path) -> None:
    np.savez(path, smpl=_object(dict(
        global_orient=_pose(1), body_pose=_pose(23).reshape(FRAMES, 23, 3),
        betas=np.zeros((FRAMES, 10), 'f4'))), person_id=np.zeros(FRAMES, int),
        frame_id=np.arange(FRAMES), pred_cams=_path())


def _amass(path: Path) -> None:
    np.savez(path, poses=_pose(52).astype(float), trans=_path().astype(float), betas=np.zeros(16),
             gender='male', mocap_framerate=60.0)


def _aist(path: Path) -> None:
    path.write_bytes(pickle.dumps(dict(smpl_poses=_pose(), smpl_scaling=np.array([90.0]),
                                       smpl_trans=_path(), smpl_loss=0.1)))


def _pw3d(path: Path) -> None:
    path.write_bytes(pickle.dumps(dict(
        poses=[_pose()], trans=[_path()], betas=[np.zeros(10)], genders=['m'],
        campose_valid=[np.ones(FRAMES)], img_frame_ids=np.arange(FRAMES), sequence='s'),
        protocol=2))


def _smoothnet(path: Path) -> None:
    sequences, names = np.empty((2, 2), dtype=object)
    sequences[:] = [_pose(), _pose()[:8]]
    names[:] = [[f'{i}.jpg' for i in range(length)] for length in (FRAMES, 8)]
    np.savez(path, imgname=names, pose=sequences)


def _bvh(path: Path) -> None:
    values = 20 * _pose(2)[:, :6]
    path.write_text(BVH % FRAMES + ''.join(
        ' '.join(f'{value:.4f}' for value in row) + '\n' for row in values))


_WRITERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    'vibe': ('vibe_output.pkl', _vibe), 'wham': ('wham_output.pkl', _wham),
    'phalp': ('demo_v.pkl', _phalp), 'gvhmr': ('hmr4d_results.pt', _gvhmr),
    'romp': ('video_results.npz', _romp), 'mmhuman3d': ('inference_result.npz', _mmhuman3d),
    'amass': ('a_poses.npz', _amass), 'aist': ('dance.pkl', _aist), 'pw3d': ('street.pkl', _pw3d),
    'smoothnet_npz': ('own_smpl_test.npz', _smoothnet), 'bvh': ('take.bvh', _bvh),
}
NAMES = tuple(_WRITERS)
