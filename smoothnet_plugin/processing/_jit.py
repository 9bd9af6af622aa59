"""How the steps of the robust track are compiled; importing it takes Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """A decorator that compiles a function for types of arguments, with a cache on disk."""
    return njit(signature, cache=True, nogil=True, error_model='numpy')
