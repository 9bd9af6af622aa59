"""Import modules in which users register their own types."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from ..errors import ConfigError


def add_import_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--import MODULE``, which may be repeated; the names are in ``extensions``."""
    parser.add_argument('--import', dest='extensions', action='append', default=[],
                        metavar='MODULE', help='module or .py file to import first, which '
                        'registers your own types; its code is run')


def import_extension(name: str) -> ModuleType:
    """Import a module by its name, or a Python file by its path.

    Args:
        name: ``'package.module'``, found as Python finds modules, or the path of a ``.py`` file.

    Returns:
        The module. A file is imported once only, under its name without the suffix.

    Raises:
        ConfigError: It does not exist, or it raises an error when it is imported.
    """
    path = Path(name)
    try:
        if path.suffix != '.py':
            return importlib.import_module(name)
        if path.stem in sys.modules and getattr(
                sys.modules[path.stem], '__file__', None) == str(path.resolve()):
            return sys.modules[path.stem]
        spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
        if spec is None or spec.loader is None or not path.is_file():
            raise ModuleNotFoundError(f'there is no file {path}')
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        return module
    except Exception as error:  # Code of others can fail in any way.
        raise ConfigError(f'The extension {name!r} cannot be imported ({type(error).__name__}: '
                          f'{error}); expected an importable module or the path of a .py file.'
                          ) from error
