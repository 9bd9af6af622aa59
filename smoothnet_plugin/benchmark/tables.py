"""The tables of the SmoothNet supplement by name, and the numbers published there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ..errors import ConfigError, did_you_mean
from .record import Record

_ERRORS = {'type': 'PoseErrorMetric'}
_WORST = {'type': 'WorstFramesMetric'}
_BEFORE_AND_AFTER = ('input_mpjpe', 'mpjpe', 'input_pa_mpjpe', 'pa_mpjpe', 'input_accel_error',
                     'accel_error')


@dataclass(frozen=True)
class Table:
    """The content of a named table.

    Attributes:
        title: Its subject.
        published: The tables with its published numbers, names of ``published.json``.
        columns: Metrics to show.
        metrics: Metrics to compute in addition to those of the config of the data.
        filters: Whether it compares classical filters with the networks.
        noise: Whether the input is the truth with noise of the published strengths.
    """

    title: str
    published: tuple[str, ...]
    columns: tuple[str, ...]
    metrics: tuple[Mapping[str, Any], ...] = (_ERRORS,)
    filters: bool = False
    noise: bool = False

    def metrics_beside(self, own: Sequence[Mapping[str, Any]],
                       root_align: bool) -> list[Mapping[str, Any]]:
        """The metrics of the config of the data, and those of the table that it lacks."""
        known = {metric['type'] for metric in own}
        return [*own, *({**metric, 'root_align': root_align} for metric in self.metrics
                        if metric['type'] not in known)]


TABLES = {
    'filters': Table(
        'Filters and networks (supplement, Tables 3 and 6)', ('supplement 3', 'supplement 6'),
        ('mpjpe', 'pa_mpjpe', 'accel_error', 'frames_per_second'), filters=True),
    'generalization': Table(
        'Weights on other data (supplement, Tables 7 to 9)',
        ('supplement 7', 'supplement 8', 'supplement 9'), _BEFORE_AND_AFTER),
    'noise': Table(
        'Gaussian noise on the truth (supplement, Table 10)', ('supplement 10',),
        ('input_mpjpe', 'mpjpe', 'input_accel_error', 'accel_error'), filters=True, noise=True),
    'top1': Table(
        'The worst 1 % of frames (supplement, Tables 4 and 5)',
        ('supplement 4', 'supplement 5'),
        ('input_mpjpe_top1', 'mpjpe_top1', 'input_accel_error_top1', 'accel_error_top1'),
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
    if name not in TABLES:
        raise ConfigError(f'Unknown table {name!r}. {did_you_mean(name, TABLES)}')
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


def noise_levels() -> list[tuple[str, float, float]]:
    """Representation, probability and standard deviation (mm or px) of the rows of Table 10."""
    levels = [(row['representation'], row['noise_prob'], row['noise_sigma'])
              for row in published_rows() if row['table'] == 'supplement 10']
    return list(dict.fromkeys(levels))


def _setting(row: Mapping[str, Any]) -> str:
    parts = [f"trained on {row['train_set']}"] if 'train_set' in row else []
    parts += [f'{key.replace("_", " ")} {row[key]}' for key in
             ('window', 'noise_prob', 'noise_sigma', 'modality_train', 'modality_test')
             if key in row]
    return ', '.join(parts)
