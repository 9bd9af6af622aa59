"""Temporal refinement of human poses: a plugin of OpenMMLab's MMEngine.

Importing the package is cheap: it loads no torch, mmpose, mmcv or matplotlib. The front door
:func:`smoothnet_plugin.smooth` is resolved when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .version import __version__

if TYPE_CHECKING:
    from .apis import smooth

__all__ = ['__version__', 'smooth']


def __getattr__(name: str):
    if name == 'smooth':
        from .apis import smooth
        return smooth
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
