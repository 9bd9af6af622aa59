"""Temporal refinement of human poses: a plugin of OpenMMLab's MMEngine.

Importing the package is cheap: it loads no torch, mmpose, mmcv or matplotlib. The names below are
imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .apis import smooth
    from .io import load, save
    from .smoothers import build_smoother
    from .structures import PoseTracks

__all__ = ['PoseTracks', '__version__', 'build_smoother', 'load', 'save', 'smooth']

_LOCATIONS = {'smooth': '.apis', 'build_smoother': '.smoothers', 'load': '.io', 'save': '.io',
              'PoseTracks': '.structures'}


def __getattr__(name: str) -> Any:
    if name not in _LOCATIONS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(_LOCATIONS[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LOCATIONS})
