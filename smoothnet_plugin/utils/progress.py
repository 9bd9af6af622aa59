"""Progress bars on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar('T')


def progress_bar(items: Iterable[T], description: str, total: int | None = None,
                 quiet: bool = False) -> Iterator[T]:
    """Iterate over items and show a progress bar on standard error, if that is a terminal.

    Args:
        items: The items.
        description: Label of the bar.
        total: Number of items. Defaults to None: ``len(items)``, or unknown.
        quiet: Show no bar. Defaults to False.

    Yields:
        The items.
    """
    if quiet or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(items, total=total, description=description)
