"""The former place of :mod:`smoothnet_plugin.cli`."""

from __future__ import annotations

from ..utils.deprecation import moved_module

__getattr__ = moved_module(__name__, 'smoothnet_plugin.cli', removed_in='0.3.0')

if __name__ == '__main__':
    raise SystemExit(__getattr__('main')())
