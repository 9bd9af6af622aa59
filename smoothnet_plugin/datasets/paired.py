"""Datasets of plain npz files: estimates with ground truth, or one of the two alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..errors import ConfigError, MissingFileError, check_known
from ..io.npz_layout import FPS, JOINTS, LENGTHS, NAMES
from ..registry import DATASETS
from ..structures import METRES, default_unit, value_width
from ..utils.files import StrPath
from .cache import cached_clips
from .npz_clips import read_keypoint_names, read_npz_clips
from .npz_source import UNITS, NpzKeys, NpzSource
from .pose_dataset import PoseDataset
from .transforms import PoseTransform


class _NpzPoseDataset(PoseDataset):
    """Base of the datasets of plain npz files."""

    def __init__(self, members: tuple[str | None, str | None, str | None],
                 ann_file: StrPath | Sequence[str], data_root: StrPath, representation: str,
                 unit: str | None, *, lengths_key: str = LENGTHS, names_key: str = NAMES,
                 joints_key: str = JOINTS, fps_key: str = FPS, fps: float | None = None,
                 keypoints: Sequence[str | int] | None = None,
                 keypoint_names: Sequence[str] | None = None,
                 root_indices: Sequence[int] | None = None, dataset_name: str | None = None,
                 cache_dir: StrPath | None = None, include: Sequence[str] | None = None,
                 exclude: Sequence[str] | None = None, **kwargs: Any) -> None:
        keys = NpzKeys(*members, lengths_key, names_key, joints_key, fps_key)
        value_width(representation)
        unit = default_unit(representation) if unit is None else unit
        check_known('Unknown unit', unit, UNITS)
        files = [ann_file] if isinstance(ann_file, str | os.PathLike) else list(ann_file)
        if not files:
            raise ConfigError('ann_file is an empty list; specify at least one .npz file.')
        source = NpzSource(
            tuple(Path(data_root) / file for file in files), keys, representation, unit, fps,
            None if keypoints is None else tuple(keypoints),
            None if keypoint_names is None else tuple(keypoint_names))
        try:
            clips = cached_clips(lambda: read_npz_clips(source), source.files, source, cache_dir)
        except MissingFileError as error:
            raise MissingFileError(f'{error} Its folder is data_root: --cfg-options '
                                   'data_root=FOLDER/.') from None
        # Checked before the names are read, so that the root cause is reported.
        clips.check(', '.join(f"'{file}'" for file in source.files))
        count = clips.coords.shape[1]
        for root in root_indices or ():
            if not 0 <= root < count:
                raise ConfigError(f'root_indices are {list(root_indices or ())}, but there are '
                                  f'{count} keypoints.')
        metainfo = {
            'dataset_name': dataset_name or '+'.join(file.stem for file in source.files),
            'keypoint_names': read_keypoint_names(source, count),
            'root_indices': None if root_indices is None else [int(i) for i in root_indices],
            'unit': 'm' if unit in METRES else unit, 'representation': representation}
        # The clips keep the layout of the file, so that they can be memory-mapped.
        numbers = clip_numbers(clips.names, include, exclude)
        super().__init__(clips, metainfo, numbers=numbers, **kwargs)


@DATASETS.register_module()
class PairedPoseDataset(_NpzPoseDataset):
    """Estimates with or without ground truth, in plain npz files.

    :mod:`smoothnet_plugin.io.npz_layout` describes the files. Members that are stored uncompressed
    (:func:`numpy.savez`) are memory-mapped.

    Args:
        ann_file: The file or files.
        data_root: Folder that ``ann_file`` is relative to. Defaults to ``''``.
        inputs_key: Member with the estimates. Defaults to ``'estimate'``.
        target_key: Member with the ground truth, or None for estimates alone, which can be
            smoothed and measured for jitter but not used for training. Defaults to
            ``'ground_truth'``.
        scores_key: Member with confidences (N, K). Defaults to None.
        lengths_key: Member with the number of frames of each clip; without it a file is one clip.
            Defaults to ``'lengths'``.
        names_key: Member with the names of the clips. Defaults to ``'names'``.
        joints_key: Member with the names of the keypoints. Defaults to ``'joints'``.
        fps_key: Member with the frames per second. Defaults to ``'fps'``.
        representation: Key of :data:`~smoothnet_plugin.structures.REPRESENTATIONS`. Defaults to
            ``'keypoints_3d'``.
        unit: Unit of the file: ``'m'``, ``'cm'``, ``'mm'`` (converted to metres) or ``'px'``.
            Defaults to None: metres in 3D, pixels in 2D.
        fps: Frames per second. Defaults to None, the file's value.
        keypoints: Keypoints to use, by name or index. Defaults to None, all.
        keypoint_names: Names of the keypoints. Defaults to None, the names in the file.
        root_indices: Indices among the used keypoints whose mean is the root in metrics. Defaults
            to None.
        dataset_name: Defaults to None, the files' names.
        cache_dir: Folder for converted poses, which are memory-mapped. Defaults to None: the
            user's cache folder, for sets over 256 MiB only.
        include: Use only clips whose name matches one of these patterns, such as ``'walk_*'``.
            Defaults to None, all.
        exclude: Leave out clips whose name matches one of these patterns. Defaults to None.
        **kwargs: ``window_size``, ``protocol``, ``transforms``, ``padding``, ``seed``,
            ``max_frames`` of :class:`PoseDataset`.

    Raises:
        ConfigError: An argument is invalid, or no clip is selected.
        DataFormatError: A file or member is missing (the message lists the existing ones), or
            lengths disagree (the message names the clip).
    """

    def __init__(self, ann_file: StrPath | Sequence[str], data_root: StrPath = '',
                 inputs_key: str = 'estimate', target_key: str | None = 'ground_truth',
                 scores_key: str | None = None, *, representation: str = 'keypoints_3d',
                 unit: str | None = None, **kwargs: Any) -> None:
        super().__init__((inputs_key, target_key, scores_key), ann_file, data_root,
                         representation, unit, **kwargs)


@DATASETS.register_module()
class MocapDataset(_NpzPoseDataset):
    """Motion capture without an estimator; noise transforms derive the input from the truth.

    Args:
        ann_file: The file or files, as for :class:`PairedPoseDataset`.
        transforms: Transforms or their configs, in order; at least one should add noise.
        data_root: Folder that ``ann_file`` is relative to. Defaults to ``''``.
        positions_key: Member with the poses. Defaults to ``'positions'``.
        lengths_key: See :class:`PairedPoseDataset`. Defaults to ``'lengths'``.
        names_key: See :class:`PairedPoseDataset`. Defaults to ``'names'``.
        joints_key: See :class:`PairedPoseDataset`. Defaults to ``'joints'``.
        fps_key: See :class:`PairedPoseDataset`. Defaults to ``'fps'``.
        unit: Unit of the file, ``'m'``, ``'cm'`` or ``'mm'``. Defaults to ``'m'``.
        fps: Frames per second. Defaults to None, the file's value.
        keypoints: Keypoints to use, by name or index. Defaults to None, all.
        keypoint_names: Names of the keypoints. Defaults to None, the names in the file.
        root_indices: Keypoints whose mean is the root in metrics. Defaults to None.
        dataset_name: Defaults to None, the files' names.
        cache_dir: See :class:`PairedPoseDataset`. Defaults to None.
        include: See :class:`PairedPoseDataset`. Defaults to None.
        exclude: See :class:`PairedPoseDataset`. Defaults to None.
        **kwargs: ``window_size``, ``protocol``, ``padding``, ``seed``, ``max_frames`` of
            :class:`PoseDataset`.

    Raises:
        ConfigError: An argument is invalid, or no clip is selected.
        DataFormatError: As for :class:`PairedPoseDataset`.
    """

    def __init__(self, ann_file: StrPath | Sequence[str],
                 transforms: Sequence[PoseTransform | Mapping[str, Any]], data_root: StrPath = '',
                 positions_key: str = 'positions', *, unit: str = 'm', **kwargs: Any) -> None:
        super().__init__((None, positions_key, None), ann_file, data_root, 'keypoints_3d', unit,
                         transforms=transforms, **kwargs)


def clip_numbers(names: Sequence[str], include: Sequence[str] | None,
                 exclude: Sequence[str] | None) -> list[int]:
    """Select clips by their names.

    Args:
        names: Names of all clips.
        include: Patterns (``*``, ``?``, ``[...]``; case-sensitive) of the clips to use, or None
            for all.
        exclude: Patterns of the clips to leave out, or None.

    Returns:
        Indices of the selected clips, in order.

    Raises:
        ConfigError: A pattern list is not a list of strings, or no clip is left; the message
            shows some names.

    Examples:
        >>> clip_numbers(['walk_1', 'walk_2', 'run_1'], ['walk_*'], ['*_2'])
        [0]
    """
    for what, patterns in (('include', include), ('exclude', exclude)):
        if patterns is not None and (isinstance(patterns, str)
                                     or not all(isinstance(p, str) for p in patterns)):
            raise ConfigError(f"{what} is {patterns!r}; expected a list of patterns of clip names, "
                              "for example ['walk_*'].")
    chosen = [number for number, name in enumerate(names)
              if (include is None or any(fnmatchcase(name, p) for p in include))
              and not any(fnmatchcase(name, p) for p in exclude or ())]
    if not chosen:
        some = ', '.join(repr(name) for name in names[:5]) + ', ...' * (len(names) > 5)
        asked = ''.join(f' {what}={_shortened(patterns)}' for what, patterns in
                        (('include', include), ('exclude', exclude)) if patterns is not None)
        raise ConfigError(f'No clip is left by{asked}; the {len(names)} clips are named {some}.')
    return chosen


def _shortened(patterns: Sequence[str]) -> str:
    return f"[{', '.join(map(repr, patterns[:5]))}{', ...' * (len(patterns) > 5)}]"
