"""Benchmark of smoothers: clips, tuning on a train split, tables and plots."""

from .comparison import compare_smoothers, noisy
from .data import BenchmarkData, data_of_config, data_of_configs, data_of_dump, data_of_file
from .networks import NetworkEntry
from .pareto import verdicts
from .report import Record, markdown, write
from .tables import TABLES, noise_levels, published_records, table_of
from .tuning import SPACES

__all__ = [
    'SPACES', 'TABLES', 'BenchmarkData', 'NetworkEntry', 'Record', 'compare_smoothers',
    'data_of_config', 'data_of_configs', 'data_of_dump', 'data_of_file', 'markdown',
    'noise_levels', 'noisy',
    'published_records', 'table_of', 'verdicts', 'write'
]
