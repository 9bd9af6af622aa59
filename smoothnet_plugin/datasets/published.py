"""The six datasets in the files published by SmoothNet's authors, and own data in this layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError, did_you_mean
from ..registry import DATASETS
from ..structures import default_unit
from ..utils.files import StrPath
from .cache import cached_clips
from .metainfo import PUBLISHED_SETS, KeypointLayout, PublishedSet, own_set
from .pose_dataset import PoseDataset
from .published_files import NORMALIZATIONS, FileLayout, read_published
from .transforms import PoseTransform
from .transforms.base import check_choice

_KINDS = {'2D': 'keypoints_2d', '3D': 'keypoints_3d', 'smpl': 'rot6d'}
_ROTATIONS = ('rot6d', 'axis_angle', 'quaternion')


@DATASETS.register_module()
class PublishedPoseDataset(PoseDataset):
    """AIST++, Human3.6M, Sub-JHMDB, MPI-INF-3DHP, MuPoTS-3D or 3DPW with an estimator's output.

    The layout of files is that of the published archive: in the folder
    ``<data_root>/<dataset>_<estimator>_<representation>``, the estimates are
    ``detected/<dataset>_<estimator>_<representation>_<phase>.npz``, the ground truth is
    ``groundtruth/<dataset>_gt_<representation>_<phase>.npz``. :mod:`.metainfo` defines joint
    subsets and orders, roots and 2D normalisation. Positions are in metres as stored (not
    root-relative), 2D keypoints are normalised, SMPL's axis-angles are converted to 6D.

    Data of your own in the same layout have another ``dataset`` and need ``fps``: all keypoints in
    stored order, any phase; 2D keypoints are normalised by ``imgshape`` in the ground truth file as
    for Sub-JHMDB, or by ``image_size`` as for Human3.6M.

    Args:
        dataset: ``'aist'``, ``'h36m'``, ``'jhmdb'``, ``'mpiinf3dhp'``, ``'mupots'``, ``'pw3d'``, or
            a name of your own.
        estimator: Name of the estimator, for example ``'spin'``.
        representation: ``'2D'``, ``'3D'`` or ``'smpl'``. Defaults to ``'3D'``.
        phase: ``'train'`` or ``'test'``. Defaults to ``'test'``.
        data_root: Folder of the published archive. Defaults to ``'data/poses'``.
        window_size: See :class:`PoseDataset`. Defaults to None, whole clips.
        protocol: ``'reference'`` draws windows as in the published training on this dataset.
            Defaults to ``'default'``.
        layout: ``'smoothnet'``, or ``'motionrefinenet'``, which keeps 17 instead of 14 keypoints
            of 3DPW's eft, pare and spin. Defaults to ``'smoothnet'``.
        rotation: Representation of SMPL poses: ``'rot6d'``, ``'axis_angle'`` or ``'quaternion'``
            (SmoothNet supplement, Table 12). Defaults to ``'rot6d'``.
        truth_as_input: Whether the ground truth is also the input, for noise transforms (SmoothNet
            supplement, Table 10). Defaults to False.
        root_indices: Root keypoints of an estimator that is not in :mod:`.metainfo`; keypoints
            are then used in stored order. Defaults to None.
        fps: Frames per second. Defaults to None, the dataset's nominal rate.
        image_size: (width, height) in pixels, for 2D data of your own. Defaults to None.
        normalization: Further normalisation of each sequence (SmoothNet supplement, Table 14):
            ``'input'`` by the mean and the standard deviation of each value over the frames of the
            estimate, ``'truth'`` by those of the ground truth, which no user knows: an upper
            bound. Metrics are in the original unit. Defaults to ``'none'``.
        transforms: See :class:`PoseDataset`. Defaults to none.
        padding: See :class:`PoseDataset`. Defaults to ``'zeros'``.
        cache_dir: Folder for converted poses, which are memory-mapped. Defaults to None: the
            user's cache folder, for sets over 256 MiB only.
        seed: Seed of the transforms. Defaults to 0.

    Raises:
        ConfigError: The dataset, estimator, representation or phase is unknown (the message lists
            the known ones), or the estimator has no root.
        DataFormatError: A file is missing, damaged, or has another layout.
    """

    def __init__(self, dataset: str, estimator: str, representation: str = '3D',
                 phase: str = 'test', data_root: StrPath = 'data/poses',
                 window_size: int | None = None, protocol: str = 'default',
                 layout: str = 'smoothnet', rotation: str = 'rot6d', truth_as_input: bool = False,
                 root_indices: Sequence[int] | None = None, fps: float | None = None,
                 image_size: Sequence[int] | None = None, normalization: str = 'none',
                 transforms: Sequence[PoseTransform | Mapping[str, Any]] = (),
                 padding: str = 'zeros', cache_dir: StrPath | None = None, seed: int = 0) -> None:
        entry = _set_of(dataset, representation, phase, fps)
        check_choice('rotation', rotation, _ROTATIONS)
        check_choice('normalization', normalization, NORMALIZATIONS)
        keypoints = _known_layout(entry, estimator, representation, layout, root_indices)
        kind = rotation if representation == 'smpl' else _KINDS[representation]
        folder = Path(data_root) / f'{dataset}_{estimator}_{representation}'
        truth_file = folder / 'groundtruth' / f'{dataset}_gt_{representation}_{phase}.npz'
        estimate_file = None if truth_as_input else (
            folder / 'detected' / f'{dataset}_{estimator}_{representation}_{phase}.npz')
        files = FileLayout(entry, representation, keypoints, rotation, fps or entry.fps,
                           None if image_size is None else (image_size[0], image_size[1]),
                           normalization)
        sources = [file for file in (truth_file, estimate_file) if file is not None]
        clips = cached_clips(lambda: read_published(files, truth_file, estimate_file), sources,
                             ('published', files, truth_as_input), cache_dir)
        names = keypoints.keypoint_names if keypoints else tuple(
            f'keypoint_{i}' for i in range(clips.coords.shape[1]))
        roots = keypoints.root_indices if keypoints and root_indices is None else root_indices
        metainfo = {
            'dataset_name': f'{dataset}_{estimator}_{representation}', 'title': entry.title,
            'estimator': estimator, 'phase': phase, 'keypoint_names': names,
            'root_indices': None if roots is None else [int(i) for i in roots],
            'unit': default_unit(kind), 'representation': kind}
        super().__init__(
            clips, metainfo, window_size,
            entry.reference_windows if protocol == 'reference' else protocol, transforms, padding,
            seed)


def _set_of(dataset: str, representation: str, phase: str, fps: float | None) -> PublishedSet:
    """The published set of a name, or the description of one's own data."""
    if dataset not in PUBLISHED_SETS:
        if fps is None:
            raise ConfigError(f'Unknown published dataset {dataset!r}. '
                              f'{did_you_mean(str(dataset), PUBLISHED_SETS)} For data of your own '
                              'in this layout give its fps; for another layout use '
                              'PairedPoseDataset.')
        check_choice('representation', representation, tuple(_KINDS))
        return own_set(dataset, fps, phase)
    entry = PUBLISHED_SETS[dataset]
    if representation not in entry.layouts:
        raise ConfigError(f'{entry.title} has no representation {representation!r}, only '
                          f'{", ".join(entry.layouts)}.')
    if phase not in entry.phases:
        raise ConfigError(f'{entry.title} was published for {" and ".join(entry.phases)} only; '
                          f'phase is {phase!r}.')
    return entry


def _known_layout(entry: PublishedSet, estimator: str, representation: str, layout: str,
                  root_indices: Sequence[int] | None) -> KeypointLayout | None:
    """Layout of an estimator, or None if it is unknown and the user specifies its roots."""
    check_choice('layout', layout, ('smoothnet', 'motionrefinenet'))
    if entry.own:
        return None
    other = entry.other_layouts.get(layout, {}).get(representation)
    for candidate in other or entry.layouts[representation]:
        if estimator in candidate.estimators:
            return candidate
    if root_indices is not None:
        return None
    if estimator in entry.estimators:
        raise ConfigError(
            f"No keypoint layout and no root index are known for '{estimator}' of {entry.title} "
            f'in {representation}; known there: '
            f'{", ".join(entry.of_representation(representation))}. To use it anyway, specify '
            'root_indices=[...], the keypoints whose mean is the root.')
    raise ConfigError(f'Unknown estimator {estimator!r} of {entry.title}. '
                      f'{did_you_mean(str(estimator), entry.estimators)}')
