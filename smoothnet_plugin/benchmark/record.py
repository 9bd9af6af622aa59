"""One row of a benchmark."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..utils.files import StrPath


@dataclass
class Record:
    """The numbers of one smoother on one data set.

    Attributes:
        data: Name of the data.
        smoother: Name of the smoother; ``input`` for none.
        setting: Its arguments as text.
        tuned_for: The aim of its tuning on the train split, or '' without tuning.
        lookahead: Frames of future that results may depend on, or None for whole clips.
        metrics: Numbers by name.
        source: Where the numbers are published, or '' for numbers of this run.
        candidate: Whether this is one of the many settings of a filter that the other records
            are compared with (see :mod:`.pareto`): in plots and files, not in tables.
    """

    data: str
    smoother: str
    setting: str = ''
    tuned_for: str = ''
    lookahead: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    source: str = ''
    candidate: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return dict(vars(self))


def read_records(path: StrPath) -> list[Record]:
    """Read the records that ``tools/benchmark.py --out FILE.json`` writes.

    Args:
        path: The file.

    Returns:
        The records.

    Raises:
        DataFormatError: The file is missing, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise DataFormatError(f"There is no file '{path}'; expected records of "
                              'tools/benchmark.py --out FILE.json.')
    known = {field.name for field in fields(Record)}
    try:
        rows = json.loads(path.read_text(encoding='utf-8'))
        records = [Record(**row) for row in rows if set(row) <= known]
        if not records or len(records) < len(rows):
            raise ValueError
    except (ValueError, TypeError) as error:
        raise DataFormatError(f"'{path}' holds no records of a benchmark; expected the file of "
                              'tools/benchmark.py --out FILE.json.') from error
    return records
