"""Packages that are optional dependencies."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import ConfigError, SmoothNetError


def required(module: str, message: str, kind: type[SmoothNetError] = ConfigError) -> Any:
    """Import an optional module.

    Args:
        module: Its full name.
        message: What needs it, and how to install it.
        kind: Class of the error. Defaults to :class:`ConfigError`.

    Returns:
        The module.

    Raises:
        SmoothNetError: It cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise kind(message) from error
