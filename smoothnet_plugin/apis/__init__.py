"""The front doors: one function and one command.

The functions are imported when they are first used, so that the command answers ``--help`` without
loading NumPy, SciPy or torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .smoothing import smooth, smooth_with_report

__all__ = ['smooth', 'smooth_with_report']


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import smoothing
        return getattr(smoothing, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
