"""Base class of the metrics: one record per clip, each clip counted once over all ranks."""

from __future__ import annotations

import logging
import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from ..errors import ConfigError, DataFormatError
from .clip import Clip

PROTOCOLS = ('default', 'reference')


class SequenceMetric(BaseMetric):
    """Metric over whole clips.

    A subclass turns a clip into a small record (:meth:`measure`) and a list of records into
    numbers (:meth:`summarize`). The records of all ranks are gathered. Duplicates, which samplers
    add to fill up a rank, are recognised by the name of the clip and dropped; the others are
    sorted by name. So the numbers are exactly the same for any number of processes, on every rank.

    With clips of several data sets, keys ``dataset/<name>/<metric>`` are added.

    Args:
        per_sequence: Add keys ``sequence/<name>/<metric>`` (with the data set before the name if
            there are several). Defaults to False.
        protocol: ``'default'``, or ``'reference'`` for the formulas of the published SmoothNet
            code. Defaults to ``'default'``.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: The protocol is unknown.
    """

    default_prefix = ''

    def __init__(self, per_sequence: bool = False, protocol: str = 'default',
                 prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self.per_sequence = per_sequence
        if protocol not in PROTOCOLS:
            raise ConfigError(f'{type(self).__name__}: protocol is {protocol!r}; expected one of '
                              f"{', '.join(map(repr, PROTOCOLS))}.")
        self.protocol = protocol

    @abstractmethod
    def measure(self, clip: Clip) -> dict[str, Any]:
        """Record of one clip: picklable, and small for clips of any length where possible.

        Args:
            clip: The clip with the smoothed estimate.

        Returns:
            The record.
        """

    @abstractmethod
    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Numbers of several clips.

        Args:
            records: The records of the clips, sorted by the names of the clips.

        Returns:
            Numbers by key; NaN where nothing can be measured.
        """

    def keys(self) -> tuple[str, ...]:
        """Keys of the numbers that :meth:`evaluate` can return, without the prefix and those of
        single data sets, clips and keypoints; empty where they are not known beforehand."""
        return tuple(self.summarize([]))

    def keypoint_names(self, clip: Clip) -> list[str]:
        """Names of the keypoints of a clip, or of its data set; empty where none fit."""
        names = clip.meta.get('keypoint_names') or (self.dataset_meta or {}).get('keypoint_names')
        return list(names) if names and len(names) == clip.inputs.shape[1] else []

    def process(self, data_batch: Any, data_samples: Sequence[Any]) -> None:
        """Measure the clips of a batch.

        Args:
            data_batch: Not used.
            data_samples: The results of the model's ``predict`` mode (see
                :meth:`Clip.from_sample <smoothnet_plugin.evaluation.clip.Clip.from_sample>`).
        """
        for sample in data_samples:
            clip = Clip.from_sample(sample)
            self.results.append({'dataset': clip.dataset, 'name': clip.name, **self.measure(clip)})

    def evaluate(self, size: int) -> dict[str, float]:
        """Merge the records of all ranks and compute the numbers.

        MMEngine finds duplicates by the order of the samples; here the names identify them.

        Args:
            size: Number of clips of the data set.

        Returns:
            The numbers, the same on every rank.

        Raises:
            DataFormatError: Two clips of a data set have the same name.
        """
        gathered = [record for part in all_gather_object(self.results) for record in part]
        self.results.clear()
        records: dict[tuple[str, str], dict[str, Any]] = {}
        for record in gathered:
            records.setdefault((record['dataset'], record['name']), record)
        # Samplers only add clips beyond the size; fewer names than that means that clips share one.
        if len(records) < size <= len(gathered):
            raise DataFormatError(
                f'{type(self).__name__}: {size} clips have only {len(records)} different names; '
                'give every clip of a data set its own name.')
        metrics = self.compute_metrics([records[key] for key in sorted(records)])
        return {f'{self.prefix}/{key}' if self.prefix else key: value
                for key, value in metrics.items()}

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Numbers of all clips together, of each data set if there are several, and of each clip
        on request. Metrics that cannot be measured have no key and cause a warning."""
        metrics = self.summarize(results)
        unknown = [key for key, value in metrics.items() if math.isnan(value)]
        if unknown or not results:
            print_log(
                f'{type(self).__name__} could not measure {", ".join(unknown) or "anything"}: '
                f'none of {len(results)} clips has the truth, the valid keypoints and the number '
                'of frames that are needed.', logger='current', level=logging.WARNING)
        datasets = sorted({record['dataset'] for record in results})
        groups = {f'dataset/{dataset}': [r for r in results if r['dataset'] == dataset]
                  for dataset in datasets if len(datasets) > 1}
        if self.per_sequence:
            for record in results:
                name = '/'.join([record['dataset']] * (len(datasets) > 1) + [record['name']])
                groups[f'sequence/{name}'] = [record]
        for group, records in groups.items():
            metrics.update({f'{group}/{key}': value
                            for key, value in self.summarize(records).items()})
        return {key: value for key, value in metrics.items() if not math.isnan(value)}


def with_improvements(values: dict[str, float],
                      ideals: dict[str, float] | None = None) -> dict[str, float]:
    """Insert ``improvement_x`` after every ``x`` that has an ``input_x``.

    Args:
        values: Numbers by key.
        ideals: Ideal values of numbers that may be too large or too small; their improvement is
            the change of the distance to the ideal. Defaults to None: every improvement is output
            minus input.

    Returns:
        The values with the improvements.

    Example:
        >>> with_improvements({'input_mpjpe': 5.0, 'mpjpe': 4.0})
        {'input_mpjpe': 5.0, 'mpjpe': 4.0, 'improvement_mpjpe': -1.0}
    """
    result = {}
    for key, value in values.items():
        result[key] = value
        if f'input_{key}' in values:
            before = values[f'input_{key}']
            if ideals is not None:
                before, value = abs(before - ideals[key]), abs(value - ideals[key])
            result[f'improvement_{key}'] = value - before
    return result


def exact_sum(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Sum of arrays of one shape, rounded once, so that it does not depend on their order.

    Example:
        >>> exact_sum([np.array([1e16]), np.array([1.0]), np.array([-1e16])]).tolist()
        [1.0]
    """
    stacked = np.stack(arrays)
    columns = stacked.reshape(len(stacked), -1).T
    return np.array([math.fsum(column) for column in columns]).reshape(stacked.shape[1:])
