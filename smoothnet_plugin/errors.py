"""Exceptions raised on user input.

Every message names the field, the value given, the value expected and a fix. The command line
prints the message of a :class:`SmoothNetError` alone, without a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

#: Characters of a message that are shown, from its start and its end.
_START, _END = 6000, 1000


class SmoothNetError(ValueError):
    """Base of every error that the user can fix.

    A damaged file may hold a name of megabytes; messages are cut to 7000 characters.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*map(_cut, args))


def _cut(value: object) -> object:
    if isinstance(value, str) and len(value) > _START + _END:
        return f'{value[:_START]} [...] {value[-_END:]}'
    return value


class ConfigError(SmoothNetError):
    """A config, preset name, type name or argument that cannot be used."""


class DataFormatError(SmoothNetError):
    """Data of the wrong shape, or a file with unexpected content."""


class MissingFileError(DataFormatError):
    """A data file that does not exist."""


class UnsafeFileError(DataFormatError):
    """A file that could run code when read, and was not read."""


class CheckpointError(SmoothNetError):
    """Weights that are missing, damaged, or do not fit the network."""


#: Names that are listed.
_MOST = 60


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Sentence that suggests up to three known names closest to a misspelt one.

    Args:
        name: The misspelt name.
        known: The valid names.

    Returns:
        ``"Did you mean 'a' or 'b'? Known: ..."``, without the question if no name is close; of
        many names only the first ones are listed.
    """
    known = sorted(set(known))
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = [by_lower[n] for n in difflib.get_close_matches(name.lower(), by_lower, 3, 0.5)]
    question = f"Did you mean {' or '.join(map(repr, near))}? " if near else ''
    shown = ', '.join(known[:_MOST]) + ', ...' * (len(known) > _MOST)
    return f"{question}Known: {shown or 'none'}."


def check_known(what: str, name: object, known: Collection[str]) -> None:
    """Refuse a name that is not among the known ones.

    Args:
        what: Start of the message, before the name: ``'Unknown skeleton'``.
        name: The name.
        known: The valid names.

    Raises:
        ConfigError: It is not. The message suggests the closest ones.
    """
    if name not in known:
        raise ConfigError(f'{what} {name!r}. {did_you_mean(str(name), known)}')
