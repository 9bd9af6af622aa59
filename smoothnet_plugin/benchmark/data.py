"""The data of a benchmark, from configs, dumps and results files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import io
from ..engine.launch import merge_options
from ..errors import ConfigError, MissingFileError
from ..evaluation.clip import Clip
from ..processing.rotations import ROTATIONS
from ..registry import DATASETS, SCOPE
from ..utils.config_file import needs_variant, read_config, split_variant, variant_paths
from .clips import clips_of, clips_of_tracks, read_dump


def default_metrics(clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """Metrics of clips without a config.

    Args:
        clips: The clips to measure on.

    Returns:
        Position errors where every clip has a truth, relative to the root where every clip names
        one; else the amount of motion of the output. For rotations, the error of their angles.
    """
    if clips and clips[0].representation in ROTATIONS:
        return [{'type': 'SMPLMetric'}]
    metric: dict[str, Any] = {'type': 'PoseErrorMetric', 'root_align': _have_roots(clips)}
    if any(clip.target is None for clip in clips):
        metric['metrics'] = ('acceleration', 'jerk')
    return [metric]


def with_do_no_harm(metrics: Sequence[Mapping[str, Any]],
                    clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """Metrics, with ``DoNoHarmMetric`` added where it can be measured.

    Args:
        metrics: Configs of metrics.
        clips: The clips to measure on.

    Returns:
        New configs; the metric is added where all clips hold keypoints with truth.
    """
    own = [dict(metric) for metric in metrics]
    known = any(metric['type'] == 'DoNoHarmMetric' for metric in own)
    if known or any(clip.target is None or not clip.representation.startswith('keypoints')
                    for clip in clips):
        return own
    aligned = _root_align(own) and _have_roots(clips)
    return [*own, {'type': 'DoNoHarmMetric', 'root_align': aligned, 'per_joint': True}]


def with_joint_changes(metrics: Sequence[Mapping[str, Any]],
                       clips: Sequence[Clip]) -> list[Mapping[str, Any]]:
    """Metrics, with ``JointChangeMetric`` added where all clips hold keypoints.

    Args:
        metrics: Configs of metrics.
        clips: The clips to measure on.

    Returns:
        New configs.
    """
    if any(not clip.representation.startswith('keypoints') for clip in clips):
        return list(metrics)
    aligned = _root_align(metrics) and _have_roots(clips)
    return [*metrics, {'type': 'JointChangeMetric', 'root_align': aligned}]


def _root_align(metrics: Sequence[Mapping[str, Any]]) -> bool:
    return all(metric.get('root_align', True) for metric in metrics)


def _have_roots(clips: Sequence[Clip]) -> bool:
    return all(clip.meta.get('root_indices') is not None for clip in clips)


@dataclass
class BenchmarkData:
    """Clips to compare smoothers on.

    Attributes:
        name: Name of the data in tables.
        clips: The clips to measure on.
        metrics: Configs of the metrics to compute.
        train: The clips to tune on; empty without a train split.
        key: ``(dataset, estimator, representation)``, the key of published numbers, or None.
        outputs: Outputs of smoothers that a dump holds, by the name of the smoother.
    """

    name: str
    clips: list[Clip]
    metrics: Sequence[Mapping[str, Any]]
    train: list[Clip] = field(default_factory=list)
    key: tuple[str, str, str] | None = None
    outputs: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def root_align(self) -> bool:
        """Whether the metrics measure 3D keypoints relative to the root."""
        return _root_align(self.metrics)


def data_of_config(path: str, options: Mapping[str, Any] | None = None) -> BenchmarkData:
    """The test split of a config, with its train split to tune on.

    Args:
        path: A config, or ``CONFIG@VARIANT``, with a ``test_dataloader``; the dataset of its
            ``train_dataloader``, if there is one, is read as whole clips.
        options: Settings to override, as in ``--cfg-options``. Defaults to None.

    Returns:
        The data.

    Raises:
        ConfigError: The file does not exist, or has no test split.
        DataFormatError: The data files are missing or damaged.
    """
    cfg = read_config(path)
    merge_options(cfg, options or {})
    if 'test_dataloader' not in cfg:
        raise ConfigError(f"Config '{path}' has no test_dataloader; a benchmark needs "
                          f'one.{needs_variant(path)}')
    test = cfg.test_dataloader.dataset.to_dict()
    clips = _clips(test)
    train: list[Clip] = []
    if cfg.get('train_dataloader') is not None:
        train = _clips(cfg.train_dataloader.dataset.to_dict())
    metrics = cfg.get('test_evaluator') or default_metrics(clips)
    metrics = [metrics] if isinstance(metrics, Mapping) else list(metrics)
    key = None
    if {'dataset', 'estimator', 'representation'} <= test.keys():
        key = (test['dataset'], test['estimator'], test['representation'].lower())
    names = dict.fromkeys(str(clip.meta.get('dataset') or Path(path).stem) for clip in clips)
    name = '/'.join(key) if key else '+'.join(names)
    return BenchmarkData(name, clips, with_do_no_harm(metrics, clips), train, key)


def data_of_configs(path: str, options: Mapping[str, Any] | None = None,
                    log: Callable[[str], None] = print) -> list[BenchmarkData]:
    """The data of a config, or of every variant of a config without its own test split.

    Variants whose files are absent are left out with a note. Of variants with the same data only
    the first is used.

    Args:
        path: A config, or ``CONFIG@VARIANT``.
        options: Settings to override, as in ``--cfg-options``. Defaults to None.
        log: Called with each note. Defaults to :func:`print`.

    Returns:
        The data, at least one.

    Raises:
        ConfigError: As :func:`data_of_config`.
        DataFormatError: The data of a single config, or of every variant, is absent; or data is
            damaged.
    """
    variants = variant_paths(path) if split_variant(path)[1] is None else []
    if not variants or 'test_dataloader' in read_config(path):
        return [data_of_config(path, options)]
    found: dict[str, BenchmarkData] = {}
    absent: MissingFileError | None = None
    for variant in variants:
        try:
            data = data_of_config(variant, options)
        except MissingFileError as error:
            absent = error
            log(f'{variant} is left out: {error}')
        else:
            found.setdefault(data.name, data)
    if absent is not None and not found:
        raise absent
    return list(found.values())


def data_of_dump(path: str, train: str | None = None) -> BenchmarkData:
    """The clips of a dump of ``tools/test.py --dump``; its predictions are compared, too.

    Args:
        path: The dump.
        train: A dump of the train split, to tune on. Defaults to None.

    Returns:
        The data.

    Raises:
        DataFormatError: A dump is missing, damaged, or of another kind.
        UnsafeFileError: A dump may run code when read.
    """
    clips = clips_of(read_dump(path))
    data = BenchmarkData(Path(path).stem, clips, with_do_no_harm(default_metrics(clips), clips))
    data.outputs['dumped'] = [clip.pred for clip in clips]
    if train is not None:
        data.train = clips_of(read_dump(train))
    return data


def data_of_file(path: str) -> BenchmarkData:
    """The people of a results file in any format of :mod:`smoothnet_plugin.io`, without truth."""
    clips = clips_of_tracks(io.load(path), Path(path).name)
    return BenchmarkData(Path(path).name, clips, default_metrics(clips))


def _clips(dataset: dict[str, Any]) -> list[Clip]:
    parts = dataset.get('datasets')
    if parts is not None:
        return [clip for part in parts for clip in _clips(part)]
    dataset = {key: value for key, value in dataset.items()
               if key not in ('window_size', 'protocol', 'padding')}
    built = DATASETS.build({**dataset, '_scope_': SCOPE})
    return clips_of(built, built.metainfo.get('keypoint_names'))
