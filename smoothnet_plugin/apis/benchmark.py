"""The former place of :mod:`smoothnet_plugin.benchmark`."""

from __future__ import annotations

from ..utils.deprecation import moved_module

__getattr__ = moved_module(__name__, 'smoothnet_plugin.benchmark', removed_in='0.3.0')
