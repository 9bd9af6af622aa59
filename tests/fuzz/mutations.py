"""Damage to files: bytes, text, JSON structure, and members of archives."""

from __future__ import annotations

import copy
import io as streams
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

TOKENS = (b'', b'\0', b'\r', b'\n', b',', b'"', b'[', b']', b'{', b'}', b'NaN', b'Infinity', b'-1',
          b'0', b'1e400', b'1e308', b'-1e308', b'99999999999999999999', b'null', b'true', b'[[]]',
          b'\xff\xfe', b'\xef\xbb\xbf', b'\xed\xa0\x80', b'"\\ud800"', b'1,5', b'\t', b' ' * 40,
          b'9' * 400, b'(' * 100, b'[' * 3000, b'2147483648', b'-2147483649', b'__class__')
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**18, 10**400, 1e308, float('nan'), float('inf'), '', 'x', '3',
    '\ud800', [], {}, [[]], [None], [1, 'x'], {'keypoints': [1]}, [[1, 2]], [0] * 100, 'x' * 1000)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """A damaged copy of a file's content."""
    if content[:4] == b'PK\3\4' and rng.random() < 0.6:
        return _archive(content, rng)
    start = content.lstrip()[:1]
    if start in (b'[', b'{') and rng.random() < 0.5:
        try:
            return _document(content, rng)
        except (ValueError, RecursionError):  # JSON lines, for example.
            pass
    return _bytes(content, rng)


def _bytes(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(damaged) + 1))
        length = int(rng.integers(1, 40))
        kind = rng.integers(0, 8)
        if kind == 0:
            del damaged[at:]
        elif kind == 1:
            del damaged[at:at + length]
        elif kind == 2 and at < len(damaged):
            damaged[at] = int(rng.integers(0, 256))
        elif kind == 3:
            damaged[at:at + length] = rng.bytes(length)
        elif kind == 4:
            damaged[at:at] = damaged[at:at + length] * int(rng.integers(1, 30))
        elif kind == 5:
            other = int(rng.integers(0, len(damaged) + 1))
            damaged[at:at + length] = damaged[other:other + length]
        elif kind == 6:
            damaged[at:at] = TOKENS[rng.integers(len(TOKENS))]
        else:  # A number, a name or a separator gives way to a token.
            end = at
            while end < len(damaged) and damaged[end:end + 1] not in b' ,\t\n]}:;':
                end += 1
            damaged[at:end] = TOKENS[rng.integers(len(TOKENS))]
    return bytes(damaged)


def _document(content: bytes, rng: np.random.Generator) -> bytes:
    document = json.loads(content)
    for _ in range(int(rng.integers(1, 4))):
        paths = list(_paths(document))
        path = paths[rng.integers(len(paths))]
        if not path:
            document = VALUES[rng.integers(len(VALUES))]
            continue
        node = document
        for key in path[:-1]:
            node = node[key]
        kind = rng.integers(0, 4)
        if kind == 0:
            node[path[-1]] = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
        elif kind == 1:
            del node[path[-1]]
        elif kind == 2 and isinstance(node, list):
            node.insert(path[-1], copy.deepcopy(node[path[-1]]))
        else:
            other = document
            for key in paths[rng.integers(len(paths))]:
                other = other[key]
            node[path[-1]] = copy.deepcopy(other)
    return json.dumps(document).encode('utf-8', 'surrogatepass')


def _paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(
        node) if isinstance(node, list) else ()
    for key, child in children:
        if len(path) < 12:
            yield from _paths(child, (*path, key))


def _archive(content: bytes, rng: np.random.Generator) -> bytes:
    """An npz whose members are damaged, while the archive itself is whole."""
    target = streams.BytesIO()
    with zipfile.ZipFile(streams.BytesIO(content)) as source, zipfile.ZipFile(
            target, 'w', zipfile.ZIP_DEFLATED) as archive:
        names = source.namelist()
        chosen = names[rng.integers(len(names))]
        for name in names:
            member = source.read(name)
            if name != chosen:
                archive.writestr(name, member)
                continue
            kind = rng.integers(0, 5)
            if kind == 0:
                continue
            if kind == 1:
                buffer = streams.BytesIO()
                np.save(buffer, _array(rng))
                member = buffer.getvalue()
            elif kind == 2:  # The header says another shape or type than there is.
                header = member[:128].replace(b'(5,', b'(%d,' % rng.choice([0, 4, 6, 10**12]))
                header = header.replace(b'<f8', rng.choice([b'<f4', b'|O8', b'|S9', b'<M8']))
                member = header + member[128:]
            elif kind == 3:
                member += bytes(int(rng.integers(1, 10**7)))
            else:
                member = _bytes(member, rng)
            archive.writestr(name, member)
    return target.getvalue()


def _array(rng: np.random.Generator) -> np.ndarray:
    shape = tuple(int(n) for n in rng.integers(0, 6, rng.integers(0, 5)))
    kind = rng.integers(0, 6)
    if kind == 0:
        return np.zeros(shape, dtype=rng.choice(['<i8', '|b1', '<c16', '|u1', '<f2']))
    if kind == 1:
        return np.full(shape, 'x' * int(rng.integers(0, 5)))
    if kind == 2:
        return np.full(shape, rng.choice([np.nan, np.inf, 1e308, -1e308, 0.0]))
    if kind == 3:
        return np.array(zlib.compress(b'x'))
    return rng.normal(0, 100, shape)
