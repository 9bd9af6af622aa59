"""One row of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
