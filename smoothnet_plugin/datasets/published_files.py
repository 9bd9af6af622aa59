"""Reading the published npz files: object arrays with one flattened sequence per entry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..processing.rotations import from_rotmat, to_rot6d, to_rotmat
from ..utils.npz import SafeNpz, load_npz
from .clips import PoseClips, clip_lengths, normalise_sequences
from .metainfo import KeypointLayout, PublishedSet

#: Members with the poses, by representation; the second is the name in the published README.
_POSE_KEYS = {'2D': ('joints_2d', 'keypoints_2d'), '3D': ('joints_3d', 'keypoints_3d'),
              'smpl': ('pose',)}
_WIDTHS = {'2D': 2, '3D': 3, 'smpl': 3}
#: What the normalisation of each sequence is computed from.
NORMALIZATIONS = ('none', 'input', 'truth')


@dataclass(frozen=True)
class FileLayout:
    """Layout of a pair of files.

    Attributes:
        entry: The dataset.
        representation: ``'2D'``, ``'3D'`` or ``'smpl'``.
        keypoints: The estimator's keypoints, or None for all in stored order.
        rotation: Representation that SMPL poses are converted to.
        fps: Frames per second.
        image_size: (width, height) of 2D data without ``imgshape``, or None.
        normalization: One of :data:`NORMALIZATIONS`.
    """

    entry: PublishedSet
    representation: str
    keypoints: KeypointLayout | None
    rotation: str
    fps: float
    image_size: tuple[int, int] | None = None
    normalization: str = 'none'


def read_published(layout: FileLayout, truth_file: Path, estimate_file: Path | None) -> PoseClips:
    """Read a ground truth file and the file of an estimator.

    Args:
        layout: Their layout.
        truth_file: The ground truth.
        estimate_file: The estimates, or None for the ground truth alone.

    Returns:
        The clips.

    Raises:
        DataFormatError: A file or member is missing, or lengths or widths are wrong; the message
            names the sequence.
    """
    truth_npz = load_npz(truth_file)
    truth = _poses(layout, truth_npz)
    lengths = clip_lengths(truth)
    names = _names(truth_npz, lengths)
    clips = PoseClips(lengths, names, np.full(len(lengths), float(layout.fps)))
    estimate = estimate_npz = None
    if estimate_file is not None:
        estimate_npz = load_npz(estimate_file)
        estimate = _poses(layout, estimate_npz)
        _check_lengths(estimate_npz.path, estimate, truth_npz.path, truth, names)
    _frame_extras(layout, clips, truth_npz, estimate_npz)
    scale, offset = _normalisation(layout, clips, truth_npz)
    clips.scale, clips.offset = scale, offset
    clips.truth = _flat(layout, truth, clips)
    clips.estimate = None if estimate is None else _flat(layout, estimate, clips)
    if layout.normalization != 'none':
        normalise_sequences(clips, layout.normalization)
    return clips


def _poses(layout: FileLayout, npz: SafeNpz) -> list[np.ndarray]:
    keys = _POSE_KEYS[layout.representation]
    key = next((key for key in keys if key in npz), keys[0])
    width = _WIDTHS[layout.representation]
    expected = None if layout.keypoints is None else layout.keypoints.stored * width
    poses = []
    for number, clip in enumerate(npz[key]):
        clip = _numbers(clip, npz.path, key, number)
        clip = clip.reshape(len(clip), -1) if clip.size else clip.reshape(len(clip), expected or 0)
        columns = clip.shape[1]
        if columns != (expected or columns) or columns % width:
            wanted = f'{expected} = {expected // width} keypoints' if expected else 'a multiple'
            raise DataFormatError(
                f"Sequence {number} of '{key}' in '{npz.path}' has {columns} values per frame; "
                f'{layout.entry.title} in {layout.representation} needs {wanted} x {width}.')
        poses.append(clip.reshape(len(clip), -1, width))
    widths = {clip.shape[1] for clip in poses}
    if len(widths) > 1:
        raise DataFormatError(f"The sequences of '{key}' in '{npz.path}' have different numbers "
                              f'of keypoints: {sorted(widths)}.')
    return poses


def _numbers(clip: Any, path: Path, key: str, number: int) -> np.ndarray:
    try:
        clip = np.asarray(clip, dtype=np.float32)
    except (TypeError, ValueError):
        raise DataFormatError(f"Sequence {number} of '{key}' in '{path}' is not an array of "
                              'numbers.') from None
    if clip.ndim < 1:
        raise DataFormatError(f"Sequence {number} of '{key}' in '{path}' is a single number; "
                              'expected a row per frame.')
    return clip


def _names(npz: SafeNpz, lengths: np.ndarray) -> list[str]:
    """Names of the sequences from their image names, which have no other use."""
    images = npz['imgname'] if 'imgname' in npz else [()] * len(lengths)
    if len(images) != len(lengths):
        raise DataFormatError(f"'{npz.path}' has image names of {len(images)} sequences and "
                              f'poses of {len(lengths)}.')
    names, digits = [], len(str(max(len(lengths) - 1, 0)))
    for number, (frames, length) in enumerate(zip(images, lengths)):
        frames = np.atleast_1d(np.asarray(frames)).ravel()
        first = str(frames[0]) if len(frames) else ''
        folder = first.replace('\\', '/').rpartition('/')[0]
        name = f'{number:0{digits}}' + (f'_{folder}' if folder else '')
        if len(frames) not in (0, length):
            raise DataFormatError(f"Sequence {name} in '{npz.path}' has {len(frames)} image names "
                                  f'and {length} poses.')
        names.append(name)
    return names


def _check_lengths(path: Path, clips: list[np.ndarray], truth_path: Path,
                   truth: list[np.ndarray], names: list[str]) -> None:
    if len(clips) != len(truth):
        raise DataFormatError(f"'{path}' has {len(clips)} sequences, its ground truth "
                              f"'{truth_path}' has {len(truth)}.")
    for name, estimate, true in zip(names, clips, truth):
        if len(estimate) != len(true):
            raise DataFormatError(
                f"Sequence {name} has {len(estimate)} frames in '{path}' and {len(true)} in "
                f"'{truth_path}'; the two files do not belong together.")
        if estimate.shape != true.shape:
            raise DataFormatError(
                f"Sequence {name} has {estimate.shape[1]} keypoints in '{path}' and "
                f"{true.shape[1]} in '{truth_path}'.")


def _flat(layout: FileLayout, poses: list[np.ndarray], clips: PoseClips) -> np.ndarray:
    """All sequences along one frame axis, in the network's representation: (N, K, C) float32."""
    parts = []
    for number, coords in enumerate(poses):
        if layout.keypoints is not None and layout.keypoints.order:
            coords = coords[:, list(layout.keypoints.order)]
        if layout.representation == 'smpl' and layout.rotation == 'rot6d':
            coords = to_rot6d(coords, 'axis_angle')
        elif layout.representation == 'smpl' and layout.rotation == 'quaternion':
            coords = from_rotmat(to_rotmat(coords, 'axis_angle'), 'quaternion')
        if clips.scale is not None and clips.offset is not None:
            coords = (coords - clips.offset[number]) / clips.scale[number]
        parts.append(coords.astype(np.float32))
    return np.concatenate(parts)


def _normalisation(layout: FileLayout, clips: PoseClips,
                   npz: SafeNpz) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Scale and offset (S, 2) of 2D keypoints, in pixels."""
    if layout.representation != '2D':
        return None, None
    count = len(clips.lengths)
    if layout.entry.normalisation == 'image1000':
        # Two of the cameras are 1002 px high; the published networks were trained on 1000.
        constant = np.full((count, 2), 500.)
        return constant, constant.copy()
    if layout.entry.own and 'imgshape' not in npz:
        if layout.image_size is None:
            raise DataFormatError(f"'{npz.path}' has no 'imgshape'; give image_size=(width, "
                                  'height) of the images in pixels.')
        width, height = layout.image_size
        return (np.full((count, 2), width / 2), np.tile([width / 2, height / 2], (count, 1)))
    npz.require('imgshape')
    shapes = [np.asarray(shape, dtype=np.float64).ravel() for shape in npz['imgshape']]
    for name, shape in zip(clips.names, shapes):
        if len(shape) < 2 or not (shape[:2] > 0).all():
            raise DataFormatError(f"Sequence {name} in '{npz.path}' has the imgshape {shape}; "
                                  'expected height and width in pixels.')
    if len(shapes) != count:
        raise DataFormatError(f"'{npz.path}' has {len(shapes)} entries of imgshape for {count} "
                              'sequences.')
    height_width = np.array([shape[:2] for shape in shapes])
    clips.clip_extras['image_shape'] = height_width
    size = height_width[:, ::-1].copy()
    return size, size / 2


def _frame_extras(layout: FileLayout, clips: PoseClips, truth_npz: SafeNpz,
                  estimate_npz: SafeNpz | None) -> None:
    """Further values for metrics: boxes, body shapes, translations."""
    keys = layout.entry.frame_keys.get(layout.representation, {})
    wanted = [(truth_npz, key, name) for key, name in keys.items()]
    if layout.representation == 'smpl' and estimate_npz is not None:
        wanted.append((estimate_npz, 'shape', 'betas'))
    if layout.entry.own:
        wanted = [(npz, key, name) for npz, key, name in wanted if key in npz]
    for npz, key, name in wanted:
        entries = npz[key]
        if len(entries) != len(clips.lengths):
            raise DataFormatError(f"'{key}' in '{npz.path}' has {len(entries)} sequences, the "
                                  f'poses have {len(clips.lengths)}.')
        rows = [_rows(entry, int(length), f"'{key}' of sequence {clip} in '{npz.path}'")
                for entry, length, clip in zip(entries, clips.lengths, clips.names)]
        widths = {row.shape[1] for row in rows if len(row)}
        if len(widths) > 1:
            raise DataFormatError(f"'{key}' in '{npz.path}' has {sorted(widths)} values per frame; "
                                  'expected one number for all sequences.')
        width = max(widths, default=0)
        clips.frame_extras[name] = np.concatenate([row.reshape(-1, width) for row in rows])


def _rows(entry: Any, frames: int, what: str) -> np.ndarray:
    """Values with one row per frame, shape (frames, n)."""
    values = np.asarray(entry, dtype=np.float32)
    if values.size == 1:
        # One value per sequence, like the scaling in DeciWatch's copy of AIST++.
        return np.full((frames, 1), values.item(), np.float32)
    if values.ndim == 0 or (frames and (values.size == 0 or values.size % frames)):
        raise DataFormatError(f'{what} has the shape {values.shape} for {frames} frames.')
    return values.reshape(frames, -1) if frames else np.zeros((0, 0), np.float32)
