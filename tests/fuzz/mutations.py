"""Damage to files: their bytes, members of archives, and what they hold."""

from __future__ import annotations

import io as streams
import zipfile
import zlib
from collections.abc import Callable

import contents
import numpy as np

TOKENS = (b'', b'\0', b'\r', b'\n', b',', b'"', b'[', b']', b'{', b'}', b'NaN', b'Infinity', b'-1',
          b'0', b'1e400', b'1e308', b'-1e308', b'99999999999999999999', b'null', b'true', b'[[]]',
          b'\xff\xfe', b'\xef\xbb\xbf', b'\xed\xa0\x80', b'"\\ud800"', b'1,5', b'\t', b' ' * 40,
          b'9' * 400, b'(' * 100, b'[' * 3000, b'2147483648', b'-2147483649', b'__class__')


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """A damaged copy of a file's content: what it holds, or its bytes."""
    if content[:4] == b'PK\3\4' and rng.random() < 0.3:
        return _archive(content, rng)
    if rng.random() < 0.5:
        try:
            return _change(content)(content, rng)
        except (ValueError, TypeError):  # Binary data, or values that cannot be saved.
            pass
    return _bytes(content, rng)


def _change(content: bytes) -> Callable[[bytes, np.random.Generator], bytes]:
    """What changes the values of a file of this kind."""
    if content[:4] == b'PK\3\4':
        with zipfile.ZipFile(streams.BytesIO(content)) as archive:
            arrays = all(name.endswith('.npy') for name in archive.namelist())
        return contents.archived if arrays else contents.tensors
    starts = {b'\x93NUMPY': contents.saved, b'\x89HDF': contents.datasets,
              b'\x80': contents.pickled, b'[': contents.document, b'{': contents.document}
    text = content.lstrip()
    return next((change for start, change in starts.items() if text.startswith(start)),
                contents.table)


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
