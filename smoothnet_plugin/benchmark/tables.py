"""The tables of the SmoothNet supplement by name, and the numbers published there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from ..errors import check_known
from ..processing.rotations import ROTATIONS
from .record import Record

_ERRORS = {'type': 'PoseErrorMetric'}
_WORST = {'type': 'WorstFramesMetric'}
_BODY_FILES = ('body_model', 'extra_regressor')
#: Shown for rotations without a body model.
_ANGLES = ('input_mpjae', 'mpjae')
_BEFORE_AND_AFTER = ('input_mpjpe', 'mpjpe', 'input_pa_mpjpe', 'pa_mpjpe', 'input_accel_error',
                     'accel_error', *_ANGLES)


@dataclass(frozen=True)
class Table:
    """The content of a named table.

    Attributes:
        title: Its subject.
        published: The tables with its published numbers, names of ``published.json``.
        columns: Metrics to show.
        metrics: Metrics to compute in addition to those of the config of the data.
        filters: Whether it compares classical filters with the networks.
        noise: Whether the input is the truth with noise of the published strengths; such a table
            is one of keypoints.
    """

    title: str
    published: tuple[str, ...]
    columns: tuple[str, ...]
    metrics: tuple[Mapping[str, Any], ...] = (_ERRORS,)
    filters: bool = False
    noise: bool = False

    def takes(self, representation: str) -> bool:
        """Whether the table can be made of data of a representation."""
        return not (self.noise and representation in ROTATIONS)

    def metrics_beside(self, own: Sequence[Mapping[str, Any]], root_align: bool,
                       representation: str = 'keypoints_3d') -> list[Mapping[str, Any]]:
        """The metrics of the config of the data, and those of the table that it lacks.

        Args:
            own: The metrics of the config of the data.
            root_align: Whether keypoints are measured relative to the root.
            representation: That of the data. Rotations are measured at the keypoints of the body
                of the ``SMPLMetric`` in ``own``, or as angles where it has none. Defaults to
                ``'keypoints_3d'``.

        Returns:
            Configs of metrics.

        """
        if self.noise:
            # The printed inputs are not relative to the root.
            return [{**_ERRORS, 'root_align': False}]
        first = own[0] if own else {}
        shared = {'root_align': root_align}
        if 'protocol' in first:
            shared['protocol'] = first['protocol']
        wanted = [{**metric, **shared} for metric in self.metrics]
        if representation in ROTATIONS:
            wanted = [metric for metric in map(_of_rotations(own), wanted) if metric is not None]
        known = {metric['type'] for metric in own}
        return [*own, *(metric for metric in wanted if metric['type'] not in known)]


def _of_rotations(own: Sequence[Mapping[str, Any]]
                  ) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """Turns a metric of keypoints into one of rotations, or into None without a body."""
    body = next(({key: metric[key] for key in _BODY_FILES} for metric in own
                 if all(metric.get(key) for key in _BODY_FILES)), None)

    def convert(metric: dict[str, Any]) -> dict[str, Any] | None:
        rest = {key: value for key, value in metric.items() if key != 'root_align'}
        if metric['type'] == 'PoseErrorMetric':
            return {**rest, 'type': 'SMPLMetric', **(body or {})}
        return None if body is None else {**metric, **body}

    return convert


TABLES = {
    'filters': Table(
        'Filters and networks (supplement, Tables 3 and 6)', ('supplement 3', 'supplement 6'),
        ('mpjpe', 'pa_mpjpe', 'accel_error', 'mpjae', 'frames_per_second'), filters=True),
    'generalization': Table(
        'Weights on other data (supplement, Tables 7 to 9)',
        ('supplement 7', 'supplement 8', 'supplement 9'), _BEFORE_AND_AFTER),
    'noise': Table(
        'Gaussian noise on the truth (supplement, Table 10)', ('supplement 10',),
        ('input_mpjpe', 'mpjpe', 'input_accel_error', 'accel_error'), filters=True, noise=True),
    'top1': Table(
        'The worst 1 % of frames (supplement, Tables 4 and 5)',
        ('supplement 4', 'supplement 5'),
        ('input_mpjpe_top1', 'mpjpe_top1', 'input_accel_error_top1', 'accel_error_top1',
         *_ANGLES),
        (_ERRORS, _WORST)),
    'loss': Table('Terms of the loss (supplement, Table 11)', ('supplement 11',),
                  _BEFORE_AND_AFTER),
    'modality': Table('Rotations and positions (supplement, Tables 12 and 13)',
                      ('supplement 12', 'supplement 13'), _BEFORE_AND_AFTER),
    'normalization': Table('Normalisation (supplement, Table 14)', ('supplement 14',),
                           _BEFORE_AND_AFTER),
}


def table_of(name: str) -> Table:
    """A table by its name.

    Args:
        name: Key of :data:`TABLES`.

    Raises:
        ConfigError: The name is unknown.
    """
    check_known('Unknown table', name, TABLES)
    return TABLES[name]


@cache
def published_rows() -> tuple[dict[str, Any], ...]:
    """All published numbers, the rows of ``evaluation/published.json``."""
    path = resources.files('smoothnet_plugin.evaluation') / 'published.json'
    return tuple(json.loads(path.read_text(encoding='utf-8'))['rows'])


def published_records(tables: Sequence[str], data: str, dataset: str, estimator: str,
                      representation: str) -> list[Record]:
    """The published numbers for one data set.

    Args:
        tables: The tables to search.
        data: Name of the data in this benchmark.
        dataset: ``aist``, ``h36m``, ``jhmdb``, ``mpiinf3dhp``, ``mupots`` or ``pw3d``.
        estimator: ``spin``, ``fcn`` ...
        representation: ``3d``, ``2d`` or ``smpl``.

    Returns:
        A record per published row.
    """
    key = (dataset, estimator, representation.lower())
    return [
        Record(data, row['method'], _setting(row), row.get('tuned_for', ''), None,
               dict(row['metrics']), row['table'])
        for row in published_rows() if row['table'] in tables
        and (row['dataset'], row['estimator'], row['representation']) == key]


class NoiseLevel(NamedTuple):
    """The noise of a row of Table 10.

    Attributes:
        representation: ``'2d'`` or ``'3d'``.
        prob: Probability of noise on a value.
        sigma: The printed strength.
    """

    representation: str
    prob: float
    sigma: float

    @property
    def std(self) -> float:
        """Standard deviation in mm, or in px: the printed inputs result from half of sigma in 2D.

        The noise was apparently added to normalised coordinates, sigma / 1000 in 2D and in 3D; in
        2D their unit is 500 px.
        """
        return self.sigma / 2 if self.representation == '2d' else self.sigma


def noise_levels() -> list[NoiseLevel]:
    """The noise of the rows of Table 10."""
    levels = [NoiseLevel(row['representation'], row['noise_prob'], row['noise_sigma'])
              for row in published_rows() if row['table'] == 'supplement 10']
    return list(dict.fromkeys(levels))


def _setting(row: Mapping[str, Any]) -> str:
    parts = [f"trained on {row['train_set']}"] if 'train_set' in row else []
    parts += [f'{key.replace("_", " ")} {row[key]}' for key in
             ('window', 'noise_prob', 'noise_sigma', 'modality_train', 'modality_test')
             if key in row]
    return ', '.join(parts)
