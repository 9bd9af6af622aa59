"""Exceptions raised on user input.

Every message names the field, what came, what was expected and the way out. The command line
prints the message of a :class:`SmoothNetError` alone, without a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SmoothNetError(ValueError):
    """Base of every error that the user can mend."""


class ConfigError(SmoothNetError):
    """A config, preset name, type name or argument that cannot be used."""


class DataFormatError(SmoothNetError):
    """Data of a wrong shape or a file whose content is not what it should be."""


class MissingFileError(DataFormatError):
    """A data file that is absent."""


class UnsafeFileError(DataFormatError):
    """A file that would run code when read, and was not read."""


class CheckpointError(SmoothNetError):
    """Weights that are missing, damaged, or do not fit the network."""


def did_you_mean(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Sentence that offers the known names nearest to a misspelt one.

    Args:
        name: What was given.
        known: The names that would have been right.
        limit: How many near names to offer at most. Defaults to 3.

    Returns:
        ``"Did you mean 'a' or 'b'? Known: ..."``, without the question where nothing is near.
    """
    known = sorted(set(known))
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = [by_lower[n] for n in difflib.get_close_matches(name.lower(), by_lower, limit, 0.5)]
    question = f"Did you mean {' or '.join(map(repr, near))}? " if near else ''
    return f"{question}Known: {', '.join(known)}."
