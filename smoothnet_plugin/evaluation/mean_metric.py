"""Base class of the metrics that are means over keypoints and frames."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError, did_you_mean
from .sequence_metric import SequenceMetric, with_improvements


class MeanMetric(SequenceMetric):
    """Metric that is a mean over keypoints and frames. The record of a clip holds sums and counts.

    :meth:`measure` of a subclass returns ``{'tallies': ...}`` with a :meth:`tally` for each key.

    Args:
        per_joint: Add keys ``joint/<keypoint>/<metric>`` with the keypoint names of the data set's
            metainfo, or with indices where it has none. Defaults to False.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        protocol: ``'default'`` or ``'reference'``. Defaults to ``'default'``.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: The protocol is unknown.
    """

    def __init__(self, per_joint: bool = False, per_sequence: bool = False,
                 protocol: str = 'default', prefix: str | None = None) -> None:
        super().__init__(per_sequence, protocol, prefix)
        self.per_joint = per_joint

    @staticmethod
    def tally(parts: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Sum and count over frames.

        Args:
            parts: Values of successive frames, each of shape (T, K), or (T,) for values per frame;
                NaN where not measured.

        Returns:
            Float64 sums and integer counts, each of shape (K,) or ().
        """
        sums, counts = zip(*((np.nansum(part, axis=0, dtype=np.float64),
                              np.count_nonzero(~np.isnan(part), axis=0)) for part in parts))
        return np.sum(sums, axis=0), np.sum(counts, axis=0)

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Means over all keypoints, and of each keypoint on request."""
        tallies: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for record in records:
            for key, tally in record['tallies'].items():
                tallies.setdefault(key, []).append(tally)
        metrics = with_improvements({key: mean_of(parts) for key, parts in tallies.items()})
        if self.per_joint:
            by_joint = {key: parts for key, parts in tallies.items() if np.ndim(parts[0][0])}
            for joint, name in enumerate(self._joint_names(by_joint)):
                of_joint = {key: mean_of([(sums[joint], counts[joint]) for sums, counts in parts])
                            for key, parts in by_joint.items()}
                metrics.update({f'joint/{name}/{key}': value
                                for key, value in with_improvements(of_joint).items()})
        for key in sorted({key for record in records for key in record.get('totals', {})}):
            metrics[key] = sum(record['totals'].get(key, 0) for record in records)
        return metrics

    def _known_metrics(self, metrics: str | Sequence[str],
                       known: Sequence[str]) -> tuple[str, ...]:
        """Names of metrics, checked.

        Raises:
            ConfigError: One is not known in the protocol.
        """
        metrics = (metrics,) if isinstance(metrics, str) else tuple(metrics)
        for metric in metrics:
            if metric not in known:
                raise ConfigError(f'{type(self).__name__} has no metric {metric!r} in the protocol '
                                  f'{self.protocol!r}. {did_you_mean(metric, known)}')
        return metrics

    def _keys_of(self, metrics: Iterable[str], with_target: Container[str] = ()) -> tuple[str, ...]:
        """:meth:`keys` of metrics that are measured before and after refinement."""
        return tuple(key for metric in metrics for key in (
            f'input_{metric}', metric, f'improvement_{metric}',
            *([f'target_{metric}'] if metric in with_target else [])))

    def _joint_names(self, tallies: dict[str, list[tuple[np.ndarray, np.ndarray]]]) -> list[str]:
        sizes = sorted({len(sums) for parts in tallies.values() for sums, _ in parts})
        if len(sizes) > 1:
            raise DataFormatError(
                f'{type(self).__name__}: per_joint=True, but the clips have {sizes} keypoints; '
                'evaluate data sets with different skeletons separately.')
        count = sizes[0] if sizes else 0
        meta = self.dataset_meta or {}
        names = list(meta.get('keypoint_names') or meta.get('keypoint_id2name', {}).values())
        return names if len(names) == count else [str(joint) for joint in range(count)]


def mean_of(tallies: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Mean of sums and counts of several clips; NaN where nothing is measured."""
    total = math.fsum(value for sums, _ in tallies for value in np.ravel(sums))
    count = sum(int(np.sum(counts)) for _, counts in tallies)
    return total / count if count else float('nan')
