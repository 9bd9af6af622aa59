"""The former place of :mod:`smoothnet_plugin.cli`."""

from __future__ import annotations

import importlib

from ..utils.deprecation import moved_module

__getattr__ = moved_module(__name__, 'smoothnet_plugin.cli', removed_in='0.3.0')

if __name__ == '__main__':
    # Scripts run this module, so its output stays that of the command, without a warning.
    raise SystemExit(importlib.import_module('smoothnet_plugin.cli').main())
