"""Benchmark of smoothers: clips, tuning on a train split, tables and plots."""

from ..utils.deprecation import deprecated_names
from .comparison import compare_smoothers, noisy
from .data import (
    BenchmarkData,
    data_of_config,
    data_of_configs,
    data_of_dump,
    data_of_file,
    with_joint_changes,
)
from .networks import NetworkEntry
from .pareto import dominance_notes
from .record import Record
from .report import joint_table, markdown, write
from .tables import TABLES, noise_levels, published_records, table_of
from .tuning import SPACES

__all__ = [
    'SPACES', 'TABLES', 'BenchmarkData', 'NetworkEntry', 'Record', 'compare_smoothers',
    'data_of_config', 'data_of_configs', 'data_of_dump', 'data_of_file', 'dominance_notes',
    'joint_table', 'markdown', 'noise_levels', 'noisy', 'published_records', 'table_of',
    'with_joint_changes', 'write'
]

__getattr__ = deprecated_names(
    __name__, {'verdicts': 'smoothnet_plugin.benchmark.pareto:dominance_notes'},
    removed_in='0.3.0')
