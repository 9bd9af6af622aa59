"""Modules that Numba compiles, which is an optional dependency (the extra ``fast``)."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def compiled_module(name: str) -> ModuleType | None:
    """A module whose functions are compiled as it is imported.

    Args:
        name: Its full name.

    Returns:
        The module; None where Numba is absent, or made for another NumPy.
    """
    try:
        return import_module(name)
    except ImportError:
        return None
