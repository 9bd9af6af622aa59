"""Imports of the package go one way: no circle between modules, none to a higher package.

All import statements count, those under ``TYPE_CHECKING`` and in functions too. A package that
imports lazily is still one that a reader has to understand in that order.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = 'smoothnet_plugin'
#: From the lowest to the highest; a package imports from those before it only. docs/structure.md
#: explains it.
ORDER = ['errors', 'version', 'utils', 'registry', 'structures', 'processing', 'tracking', 'io',
         'models', 'datasets', 'filters', 'smoothers', 'evaluation', 'engine', 'benchmark',
         'visualization', 'apis', 'cli', 'integrations', '']

Imports = Mapping[str, 'set[str]']


def imports_of(root: Path) -> dict[str, set[str]]:
    """The modules of the package that each of its modules imports."""
    paths = {}
    for path in root.rglob('*.py'):
        parts = path.relative_to(root.parent).with_suffix('').parts
        paths['.'.join(parts[:-1] if parts[-1] == '__init__' else parts)] = path
    return {name: {found for found in imported(name, path, set(paths)) if found != name}
            for name, path in paths.items()}


def imported(name: str, path: Path, modules: set[str]) -> Iterator[str]:
    """The modules that the import statements of one module name."""
    here = name.split('.') if path.stem == '__init__' else name.split('.')[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            parts = here[:len(here) + 1 - node.level] if node.level else []
            base = '.'.join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                submodule = f'{base}.{alias.name}'
                found = submodule if submodule in modules else base
                if found in modules:
                    yield found


def circles(imports: Imports) -> list[list[str]]:
    """Groups of modules that import one another (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in imports[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            position = stack.index(name)
            group = sorted(stack[position:])
            del stack[position:]
            if len(group) > 1:
                found.append(group)

    for name in imports:
        if name not in index:
            visit(name)
    return found


def layer(module: str) -> str:
    return (module.split('.') + [''])[1]


def upward(imports: Imports) -> list[str]:
    return sorted(f'{name} imports {other}' for name, others in imports.items()
                  for other in others
                  if ORDER.index(layer(other)) > ORDER.index(layer(name)))


@pytest.fixture(scope='module')
def imports(repo_dir) -> dict[str, set[str]]:
    return imports_of(repo_dir / PACKAGE)


def test_every_package_has_its_place(imports):
    assert {layer(name) for name in imports} == set(ORDER)


def test_the_documentation_has_the_same_order(repo_dir):
    text = (repo_dir / 'docs' / 'structure.md').read_text(encoding='utf-8')
    assert [*re.findall(r'^\| `(\w+)`', text, re.MULTILINE), ''] == ORDER


def test_no_circle(imports):
    assert circles(imports) == []


def test_no_upward_import(imports):
    assert upward(imports) == []


@pytest.mark.parametrize(('files', 'circle', 'up'), [
    ({'filters/a.py': 'from . import b', 'filters/b.py': 'def f():\n    from .a import x'},
     ['filters.a', 'filters.b'], 0),
    ({'filters/a.py': 'from .b import x',
      'filters/b.py': f'if TYPE_CHECKING:\n    import {PACKAGE}.filters.a'},
     ['filters.a', 'filters.b'], 0),
    ({'models/a.py': 'from ..filters.b import x', 'filters/b.py': ''}, None, 1),
    ({'filters/b.py': 'from ..models import a', 'models/a.py': 'import numpy'}, None, 0),
])
def test_that_it_would_be_found(tmp_path, files, circle, up):
    for name, text in files.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    imports = imports_of(tmp_path / PACKAGE)
    assert circles(imports) == ([[f'{PACKAGE}.{name}' for name in circle]] if circle else [])
    assert len(upward(imports)) == up
