"""Old names of modules, classes, functions and arguments, which still work for some versions.

Every use of an old name goes through :func:`warn_renamed`, which warns once per process with the
old name, the new name and the version that drops the old one. The warnings are ``FutureWarning``,
because Python shows these to users by default.

A renamed or moved name, in the module that had it::

    __getattr__ = deprecated_names(
        __name__, {'OldFilter': 'smoothnet_plugin.filters:NewFilter'}, removed_in='0.3.0')

A moved module, as all that is left at the old path::

    __getattr__ = moved_module(__name__, 'smoothnet_plugin.benchmark', removed_in='0.3.0')

A renamed argument, which is also a key of configs where the class is registered::

    @renamed_arguments(removed_in='0.3.0', window='window_size')
    def __init__(self, window_size): ...
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from ..errors import ConfigError

P = ParamSpec('P')
R = TypeVar('R')

_warned: set[tuple[str, str]] = set()


def warn_renamed(old: str, new: str, *, removed_in: str) -> None:
    """Warn that an old name is used, once per process, at the caller of the calling function.

    Args:
        old: The old name, as the user writes it.
        new: The name to use instead.
        removed_in: The version that drops the old name.
    """
    if (old, new) in _warned:
        return
    warnings.warn(f"'{old}' is now '{new}'; smoothnet_plugin {removed_in} drops the old name.",
                  FutureWarning, stacklevel=3)
    # Added last: if warnings are errors, every use raises and not only the first.
    _warned.add((old, new))


def deprecated_names(module: str, names: Mapping[str, str], *,
                     removed_in: str) -> Callable[[str], Any]:
    """A module-level ``__getattr__`` (PEP 562) that resolves old names.

    The module of a new name is imported when the old name is first used.

    Args:
        module: The module that had the old names, ``__name__`` there.
        names: The new location of each old name, as ``'package.module:Name'``; without a colon
            it is a whole module.
        removed_in: The version that drops the old names.

    Returns:
        The function to assign to ``__getattr__``.
    """

    def resolve(name: str) -> Any:
        if name not in names:
            raise AttributeError(f'module {module!r} has no attribute {name!r}')
        path, _, attribute = names[name].partition(':')
        found = importlib.import_module(path)
        warn_renamed(f'{module}.{name}', names[name].replace(':', '.'), removed_in=removed_in)
        return getattr(found, attribute) if attribute else found

    return resolve


def moved_module(old: str, new: str, *, removed_in: str) -> Callable[[str], Any]:
    """A module-level ``__getattr__`` for the stub at the old path of a moved module.

    It finds all names of the new module, also for ``from OLD import *``. Each submodule of a
    moved package needs its own stub.

    Args:
        old: The old module, ``__name__`` in the stub.
        new: The new module.
        removed_in: The version that drops the stub.

    Returns:
        The function to assign to ``__getattr__``.
    """

    def resolve(name: str) -> Any:
        # Python itself looks up dunder names, such as __path__, in every module.
        dunder = name.startswith('__') and name.endswith('__')
        found = None if dunder and name != '__all__' else importlib.import_module(new)
        if found is None or not hasattr(found, name):
            raise AttributeError(f'module {old!r} has no attribute {name!r}')
        warn_renamed(old, new, removed_in=removed_in)
        return getattr(found, name)

    return resolve


def renamed_arguments(*, removed_in: str,
                      **names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator that accepts old names of keyword arguments.

    Args:
        removed_in: The version that drops the old names.
        **names: The new name of each old one, ``old='new'``.

    Returns:
        The decorator. The decorated function raises :class:`ConfigError` if an argument is given
        under both names.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for old in [name for name in kwargs if name in names]:
                new = names[old]
                if new in kwargs:
                    raise ConfigError(f"Argument '{old}' is now '{new}', and both are given; "
                                      f"remove '{old}'.")
                warn_renamed(old, new, removed_in=removed_in)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate
