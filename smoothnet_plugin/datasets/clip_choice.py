"""Choice of clips by patterns of their names."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ..errors import ConfigError


def clip_numbers(names: Sequence[str], include: Sequence[str] | None,
                 exclude: Sequence[str] | None) -> list[int]:
    """Select clips by their names.

    Args:
        names: Names of all clips.
        include: Patterns (``*``, ``?``, ``[...]``; case-sensitive) of the clips to use, or None
            for all.
        exclude: Patterns of the clips to leave out, or None.

    Returns:
        Indices of the selected clips, in order.

    Raises:
        ConfigError: A pattern list is not a list of strings, or no clip is left; the message
            shows some names.

    Examples:
        >>> clip_numbers(['walk_1', 'walk_2', 'run_1'], ['walk_*'], ['*_2'])
        [0]
    """
    for what, patterns in (('include', include), ('exclude', exclude)):
        if patterns is not None and (isinstance(patterns, str)
                                     or not all(isinstance(p, str) for p in patterns)):
            raise ConfigError(f"{what} is {patterns!r}; expected a list of patterns of clip names, "
                              "for example ['walk_*'].")
    chosen = [number for number, name in enumerate(names)
              if (include is None or any(fnmatchcase(name, p) for p in include))
              and not any(fnmatchcase(name, p) for p in exclude or ())]
    if not chosen:
        some = ', '.join(repr(name) for name in names[:5]) + ', ...' * (len(names) > 5)
        asked = ''.join(f' {what}={_shortened(patterns)}' for what, patterns in
                        (('include', include), ('exclude', exclude)) if patterns is not None)
        raise ConfigError(f'No clip is left by{asked}; the {len(names)} clips are named {some}.')
    return chosen


def _shortened(patterns: Sequence[str]) -> str:
    return f"[{', '.join(map(repr, patterns[:5]))}{', ...' * (len(patterns) > 5)}]"
