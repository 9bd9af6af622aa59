"""How every command of the project begins and ends."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import SmoothNetError

_PACKAGE = Path(__file__).resolve().parents[1]


def command_parser(doc: str | None, **options: Any) -> argparse.ArgumentParser:
    """The parser of a command, whose help shows a docstring as it is written.

    Args:
        doc: The docstring of the script.
        **options: Of :class:`argparse.ArgumentParser`.
    """
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, **options)


def run_command(main: Callable[..., int | None], *arguments: Any, name: str | None = None) -> int:
    """Run the ``main`` of a command, with errors and warnings as one line on standard error.

    Args:
        main: The command. It returns None or an exit status, and raises its errors.
        *arguments: Its arguments.
        name: Name of the command in messages. Defaults to None, the file name of the script.

    Returns:
        The exit status: what ``main`` returns, 0 for None; 2 after an error that the user can
        fix, as for a wrong option; 130 after Ctrl-C. Other exceptions are bugs and pass through.

    Examples:
        >>> run_command(print, 'smoothed')
        smoothed
        0
    """
    name = name or Path(sys.argv[0]).name
    usual = warnings.formatwarning

    def line_of(message: Warning | str, category: type[Warning], filename: str, lineno: int,
                line: str | None = None) -> str:
        # Those of libraries keep their place in the code.
        return (f'{name}: warning: {message}\n' if Path(filename).is_relative_to(_PACKAGE)
                else usual(message, category, filename, lineno, line))

    warnings.formatwarning = line_of
    try:
        return main(*arguments) or 0
    except (Exception, KeyboardInterrupt) as error:
        if (interrupt := _interrupt_behind(error)) is not None:
            # A command may say in the exception what the user can do next.
            print(f'{name}: interrupted', *interrupt.args, sep='; ', file=sys.stderr)
            return 130
        if isinstance(error, (SmoothNetError, OSError)):
            print(f'{name}: error: {error}', file=sys.stderr)
            return 2
        raise
    finally:
        warnings.formatwarning = usual


def _interrupt_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """The Ctrl-C that an exception is or was raised for, None if there is none.

    Libraries turn a Ctrl-C into errors of their own: MMEngine's ``Config.pretty_text``, part of
    every checkpoint, catches everything and reports a syntax error.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
