"""Datasets of plain npz files: estimates with truth, estimates alone, truth alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError, did_you_mean
from ..registry import DATASETS
from ..structures import default_unit, value_width
from .cache import cached_clips
from .npz_clips import (
    UNITS,
    NpzKeys,
    NpzSource,
    clip_numbers,
    read_keypoint_names,
    read_npz_clips,
)
from .pose_dataset import PoseDataset
from .transforms import PoseTransform


class _NpzPoseDataset(PoseDataset):
    """What the datasets of plain npz files share."""

    def __init__(self, keys: NpzKeys, ann_file: str | os.PathLike[str] | Sequence[str],
                 data_root: str | os.PathLike[str], representation: str, unit: str | None,
                 fps: float | None, keypoints: Sequence[str | int] | None,
                 keypoint_names: Sequence[str] | None, root_indices: Sequence[int] | None,
                 dataset_name: str | None, cache_dir: str | os.PathLike[str] | None,
                 include: Sequence[str] | None, exclude: Sequence[str] | None,
                 **kwargs: Any) -> None:
        value_width(representation)
        unit = default_unit(representation) if unit is None else unit
        if unit not in UNITS:
            raise ConfigError(f'Unknown unit {unit!r}. {did_you_mean(unit, UNITS)}')
        files = [ann_file] if isinstance(ann_file, str | os.PathLike) else list(ann_file)
        if not files:
            raise ConfigError('ann_file is an empty list; name at least one .npz file.')
        source = NpzSource(
            tuple(Path(data_root) / file for file in files), keys, representation, unit, fps,
            None if keypoints is None else tuple(keypoints),
            None if keypoint_names is None else tuple(keypoint_names))
        clips = cached_clips(lambda: read_npz_clips(source), source.files, source, cache_dir)
        # Before the names are read, so that the first thing wrong is told first.
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
            'unit': 'm' if unit in ('m', 'cm', 'mm') else unit, 'representation': representation}
        # All clips stay as they lie in the file, so that they can be mapped.
        numbers = clip_numbers(clips.names, include, exclude)
        super().__init__(clips, metainfo, numbers=numbers, **kwargs)


@DATASETS.register_module()
class PairedPoseDataset(_NpzPoseDataset):
    """Estimates, with truth or without, in plain npz files.

    :mod:`smoothnet_plugin.io.npz_layout` describes the files. Members that are stored uncompressed
    (:func:`numpy.savez`) are memory-mapped.

    Args:
        ann_file: The file or files.
        data_root: Folder that ``ann_file`` is relative to. Defaults to ``''``.
        inputs_key: Member with the estimates. Defaults to ``'estimate'``.
        target_key: Member with the truth, or None for estimates alone, which can be smoothed and
            measured for jitter but not trained on. Defaults to ``'ground_truth'``.
        scores_key: Member with confidences (N, K). Defaults to None.
        lengths_key: Member with the frames of each clip; without it a file is one clip.
            Defaults to ``'lengths'``.
        names_key: Member with the names of the clips. Defaults to ``'names'``.
        joints_key: Member with the names of the keypoints. Defaults to ``'joints'``.
        fps_key: Member with the frames per second. Defaults to ``'fps'``.
        representation: Key of :data:`~smoothnet_plugin.structures.REPRESENTATIONS`. Defaults to
            ``'keypoints_3d'``.
        unit: Unit of the file: ``'m'``, ``'cm'``, ``'mm'`` (given out in metres) or ``'px'``.
            Defaults to None: metres in 3D, pixels in 2D.
        fps: Frames per second. Defaults to None, as the file says.
        keypoints: Keypoints to use, by name or index. Defaults to None, all.
        keypoint_names: Names of the keypoints. Defaults to None, as the file says.
        root_indices: Keypoints (of those used) whose mean is the root in metrics. Defaults to
            None.
        dataset_name: Defaults to None, the files' names.
        cache_dir: Where converted poses are kept to be memory-mapped. Defaults to None: the
            user's cache folder, for sets over 256 MiB only.
        include: Use only clips whose name matches one of these patterns, as ``'walk_*'``. Defaults
            to None, all.
        exclude: Leave out clips whose name matches one of these patterns. Defaults to None.
        **kwargs: ``window_size``, ``protocol``, ``transforms``, ``padding``, ``seed``,
            ``max_frames`` of :class:`PoseDataset`.

    Raises:
        ConfigError: An argument cannot be used, or no clip is chosen.
        DataFormatError: A file or member is missing (what is there is named), or lengths disagree
            (the clip is named).
    """

    def __init__(self, ann_file: str | os.PathLike[str] | Sequence[str],
                 data_root: str | os.PathLike[str] = '', inputs_key: str = 'estimate',
                 target_key: str | None = 'ground_truth', scores_key: str | None = None,
                 lengths_key: str = 'lengths', names_key: str = 'names',
                 joints_key: str = 'joints', fps_key: str = 'fps',
                 representation: str = 'keypoints_3d', unit: str | None = None,
                 fps: float | None = None, keypoints: Sequence[str | int] | None = None,
                 keypoint_names: Sequence[str] | None = None,
                 root_indices: Sequence[int] | None = None, dataset_name: str | None = None,
                 cache_dir: str | os.PathLike[str] | None = None,
                 include: Sequence[str] | None = None, exclude: Sequence[str] | None = None,
                 **kwargs: Any) -> None:
        keys = NpzKeys(inputs_key, target_key, scores_key, lengths_key, names_key, joints_key,
                       fps_key)
        super().__init__(keys, ann_file, data_root, representation, unit, fps, keypoints,
                         keypoint_names, root_indices, dataset_name, cache_dir, include, exclude,
                         **kwargs)


@DATASETS.register_module()
class MocapDataset(_NpzPoseDataset):
    """Motion capture without an estimator; noise transforms make the input of the truth.

    Args:
        ann_file: The file or files, as for :class:`PairedPoseDataset`.
        transforms: Transforms or their configs, in order; at least one should disturb the input.
        data_root: Folder that ``ann_file`` is relative to. Defaults to ``''``.
        positions_key: Member with the poses. Defaults to ``'positions'``.
        lengths_key: See :class:`PairedPoseDataset`. Defaults to ``'lengths'``.
        names_key: See :class:`PairedPoseDataset`. Defaults to ``'names'``.
        joints_key: See :class:`PairedPoseDataset`. Defaults to ``'joints'``.
        fps_key: See :class:`PairedPoseDataset`. Defaults to ``'fps'``.
        unit: Unit of the file, ``'m'``, ``'cm'`` or ``'mm'``. Defaults to ``'m'``.
        fps: Frames per second. Defaults to None, as the file says.
        keypoints: Keypoints to use, by name or index. Defaults to None, all.
        keypoint_names: Names of the keypoints. Defaults to None, as the file says.
        root_indices: Keypoints whose mean is the root in metrics. Defaults to None.
        dataset_name: Defaults to None, the files' names.
        cache_dir: See :class:`PairedPoseDataset`. Defaults to None.
        include: See :class:`PairedPoseDataset`. Defaults to None.
        exclude: See :class:`PairedPoseDataset`. Defaults to None.
        **kwargs: ``window_size``, ``protocol``, ``padding``, ``seed``, ``max_frames`` of
            :class:`PoseDataset`.

    Raises:
        ConfigError: An argument cannot be used, or no clip is chosen.
        DataFormatError: As for :class:`PairedPoseDataset`.
    """

    def __init__(self, ann_file: str | os.PathLike[str] | Sequence[str],
                 transforms: Sequence[PoseTransform | Mapping[str, Any]],
                 data_root: str | os.PathLike[str] = '', positions_key: str = 'positions',
                 lengths_key: str = 'lengths', names_key: str = 'names',
                 joints_key: str = 'joints', fps_key: str = 'fps', unit: str = 'm',
                 fps: float | None = None, keypoints: Sequence[str | int] | None = None,
                 keypoint_names: Sequence[str] | None = None,
                 root_indices: Sequence[int] | None = None, dataset_name: str | None = None,
                 cache_dir: str | os.PathLike[str] | None = None,
                 include: Sequence[str] | None = None, exclude: Sequence[str] | None = None,
                 **kwargs: Any) -> None:
        keys = NpzKeys(None, positions_key, None, lengths_key, names_key, joints_key, fps_key)
        super().__init__(keys, ann_file, data_root, 'keypoints_3d', unit, fps, keypoints,
                         keypoint_names, root_indices, dataset_name, cache_dir, include, exclude,
                         transforms=transforms, **kwargs)
