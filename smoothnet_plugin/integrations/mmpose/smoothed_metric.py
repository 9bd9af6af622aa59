"""MMPose's metrics of the raw and the smoothed predictions."""

from __future__ import annotations

import copy
import itertools
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import all_gather_object, get_rank
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from ...errors import ConfigError
from ...smoothers import build_smoother
from ...smoothers.build import SmootherEntry
from ...structures import ASSUMED_FPS
from .config_key import plain
from .sample_poses import SamplePoses, light_copy, poses_of, with_keypoints
from .sequence_parsers import SequenceParser, build_sequence_parser
from .sequence_smoothing import Row, SmoothedSequence, smooth_sequence
from .skeletons import skeleton_of

_SIDES = ('raw', 'smooth')


class SmoothedMetric(BaseMetric):
    """Computes metrics of MMPose for the raw and for the smoothed predictions.

    Every key of the metrics appears twice, as ``raw/<key>`` and ``smooth/<key>``. The values under
    ``raw/`` equal those of MMPose without this class, bit for bit. ``raw/accel`` and
    ``smooth/accel`` are the mean acceleration of the predictions; ``raw/accel_error`` and
    ``smooth/accel_error`` are its error where the ground truth is known: poses of single people
    (2D) or ``lifting_target`` (3D). All four are in the unit of the keypoints per frame squared,
    over keypoints of consecutive frames.

    The videos of a test set are assembled from all ranks, without the samples that a sampler drew
    twice; the ranks share the work of smoothing. Scores and boxes do not change and no people are
    added, so a change of the metrics is due to the keypoints alone.

    Args:
        metric: An MMPose metric or a list of them, as configs or objects (which are used and
            copied).
        smoother: The smoother, see :mod:`smoothnet_plugin.smoothers.build`. Defaults to
            ``'default'``.
        seq_parser: Finds the video, frame and person of a prediction, see
            :func:`~.sequence_parsers.build_sequence_parser`. Defaults to ``'auto'``, by the data
            set's name.
        fps: Frames per second of the videos. Defaults to None: the smoother's, else the data
            set's, else 30 is assumed, with a warning.
        tracker: Assigns ids if the data set has none, a tracker or its config. Defaults to None,
            the smoother's tracker.
        lookahead: Smooth as in live use, with this delay in frames. Defaults to None: the
            smoother's own, else whole videos.
        prefix: Prefix of all keys, followed by a slash; needed for several of these metrics in
            one evaluator. Defaults to None.

    Raises:
        ConfigError: No metric is given, or the smoother or the parser cannot be built.
    """

    default_prefix = ''

    def __init__(self,
                 metric: Any,
                 smoother: SmootherEntry = 'default',
                 seq_parser: Any = 'auto',
                 fps: float | None = None,
                 tracker: Any = None,
                 lookahead: int | None = None,
                 prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        entries = metric if isinstance(metric, Sequence) else [metric]
        if not entries:
            raise ConfigError('SmoothedMetric: metric is an empty list; give at least one metric '
                              "of MMPose, for example dict(type='CocoMetric').")
        raw = [_build_metric(entry) for entry in entries]
        # Copied together, since metrics may share their metainfo.
        self._metrics = {'raw': raw, 'smooth': copy.deepcopy(raw)}
        for twin in self._metrics['smooth']:
            twin.results.clear()
            _write_elsewhere(twin)
        self._dataset_meta = raw[0].dataset_meta
        self.smoother = build_smoother(plain(smoother), tracker=tracker, lookahead=lookahead)
        self.fps = fps
        self.seq_parser = seq_parser
        if seq_parser != 'auto':
            build_sequence_parser(seq_parser)
        self._parsers: dict[str | None, SequenceParser] = {}
        self._samples: list[dict[str, Any]] = []
        self._poses: list[SamplePoses] = []

    @property
    def dataset_meta(self) -> dict | None:
        """Metainfo of the data set."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Pass the metainfo to the metrics; some modify it, so each side gets its own copy."""
        own = copy.deepcopy(dataset_meta)
        for side, meta in (('raw', dataset_meta), ('smooth', own)):
            for metric in self._metrics[side]:
                metric.dataset_meta = meta
        self._dataset_meta = dataset_meta

    def process(self, data_batch: Any, data_samples: Sequence[Any]) -> None:
        """Pass a batch to the raw metrics and store what smoothing needs.

        Args:
            data_batch: The batch. It is not stored, since metrics of MMPose do not read it.
            data_samples: The data samples as dicts, with predictions and ground truth.
        """
        for metric in self._metrics['raw']:
            metric.process(data_batch, data_samples)
        for sample in data_samples:
            sample = light_copy(sample)
            self._poses.append(poses_of(sample, self._parser(sample)))
            self._samples.append(sample)

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Not used: the wrapped metrics merge and compute their own results."""
        raise NotImplementedError

    def evaluate(self, size: int) -> dict[str, float]:
        """Smooth the videos and compute all metrics.

        Args:
            size: Number of samples of the data set.

        Returns:
            The metrics, the same on every rank.
        """
        found = {'raw': self._evaluate('raw', size)}
        keypoints, accelerations = self._smoothed(size)
        samples = [with_keypoints(sample, poses)
                   for sample, poses in zip(self._samples, keypoints)]
        for metric in self._metrics['smooth']:
            metric.process(None, samples)
        found['smooth'] = self._evaluate('smooth', size)
        self._samples.clear()
        self._poses.clear()
        merged = {f'{side}/{key}': value
                  for side in _SIDES for key, value in found[side].items()}
        merged.update(accelerations)
        return {f'{self.prefix}/{key}' if self.prefix else key: value
                for key, value in merged.items()}

    def _evaluate(self, side: str, size: int) -> dict[str, float]:
        results: dict[str, float] = {}
        for metric in self._metrics[side]:
            for key, value in metric.evaluate(size).items():
                if key in results:
                    raise ConfigError(f'SmoothedMetric: two metrics give {key!r}; distinguish '
                                      'them by their prefix.')
                results[key] = value
        return results

    def _parser(self, sample: Mapping[str, Any]) -> SequenceParser:
        """The parser for a sample's data set; a combined data set has several."""
        name = sample.get('dataset_name') or (self._dataset_meta or {}).get('dataset_name')
        if name not in self._parsers:
            self._parsers[name] = build_sequence_parser(self.seq_parser, name)
        return self._parsers[name]

    def _smoothed(self, size: int) -> tuple[list[np.ndarray], dict[str, float]]:
        """Smoothed poses of the local samples, and the accelerations of all samples."""
        gathered = all_gather_object(self._poses)
        rank = get_rank()
        # MMEngine merges in this order: samples drawn twice come last.
        order = [(owner, index)
                 for index in range(max(map(len, gathered)))
                 for owner in range(len(gathered)) if index < len(gathered[owner])][:size]
        videos: dict[str, list[tuple[int, int, int]]] = {}
        for owner, index in order:
            for row, place in enumerate(gathered[owner][index].places):
                videos.setdefault(place.sequence, []).append((owner, index, row))
        names = sorted(videos)
        own = {name: self._smooth_video([(gathered[owner][index], row)
                                         for owner, index, row in videos[name]])
               for name in names[rank::len(gathered)]}
        done: dict[str, SmoothedSequence] = {}
        for part in all_gather_object(own):
            done.update(part)
        keypoints = [poses.keypoints.copy() for poses in self._poses]
        for name in names:
            for (owner, index, row), pose in zip(videos[name], done[name].keypoints):
                if owner == rank:
                    keypoints[index][row] = pose
        return keypoints, _accelerations([done[name] for name in names])

    def _smooth_video(self, members: Sequence[tuple[SamplePoses, int]]) -> SmoothedSequence:
        rows = []
        for poses, row in members:
            place = poses.places[row]
            rows.append(Row(
                place.frame, place.track_id, poses.keypoints[row],
                *(None if values is None else values[row]
                  for values in (poses.scores, poses.boxes, poses.truth))))
        first = members[0][0]
        fps = self.fps or self.smoother.fps or first.places[0].fps
        if fps is None:
            print_log(f'The frame rate of the videos is unknown; {ASSUMED_FPS:g} frames per '
                      'second are assumed. Set fps=... in SmoothedMetric.',
                      logger='current', level=logging.WARNING)
            self.fps = fps = ASSUMED_FPS
        return smooth_sequence(
            rows, self.smoother, fps=fps, image_size=first.image_size,
            skeleton=skeleton_of(self._dataset_meta, first.keypoints.shape[1]))


def _build_metric(entry: Any) -> BaseMetric:
    if isinstance(entry, Mapping):
        # The host's scope, since the default scope may be another one.
        entry = METRICS.build({'_scope_': 'mmpose', **entry})
    if not isinstance(entry, BaseMetric):
        raise ConfigError(f'SmoothedMetric: metric is {entry!r}; expected an MMPose metric or '
                          "its config, for example dict(type='CocoMetric').")
    return entry


def _write_elsewhere(metric: Any) -> None:
    """Make a metric that writes result files use another folder than its twin."""
    prefix = getattr(metric, 'outfile_prefix', None)
    if prefix:
        metric.outfile_prefix = str(Path(prefix).parent / 'smooth' / Path(prefix).name)


def _accelerations(videos: Sequence[SmoothedSequence]) -> dict[str, float]:
    """Means over all keypoints; without a key where nothing can be measured."""
    results = {}
    for side, key in itertools.product(_SIDES, ('accel', 'accel_error')):
        tallies = [video.tallies.get(f'{side}/{key}', (0.0, 0)) for video in videos]
        count = sum(number for _, number in tallies)
        if count:
            results[f'{side}/{key}'] = math.fsum(total for total, _ in tallies) / count
    if not results:
        print_log('SmoothedMetric found no person in three consecutive frames, so there is hardly '
                  'anything to smooth. If the test set holds videos, specify the seq_parser that '
                  'reads their frame numbers.', logger='current', level=logging.WARNING)
    return results
