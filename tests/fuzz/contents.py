"""Damage to what a file holds: the file stays whole, its values, shapes and cells do not fit.

Damaged bytes are mostly refused by the parser of the format; these files reach the code behind it.
"""

from __future__ import annotations

import copy
import io as streams
import json
import pickle
from collections.abc import Callable, Iterator, MutableMapping, MutableSequence
from typing import Any

import numpy as np

VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**18, 10**400, 1e308, float('nan'), float('inf'), '', 'x', '3',
    '\ud800', [], {}, [[]], [None], [1, 'x'], {'keypoints': [1]}, [[1, 2]], [0] * 100, 'x' * 1000)
CELLS = ('', ' ', 'nan', 'NaN', 'inf', '-1e308', '1e400', '-1', '0', '0.0', 'x', '"', '""', '1,5',
         '1;5', '9' * 400, '99999999999', '-99999999999', '1e9', '0.5', 'None', 'null', 'True',
         '2020-01-01', '\0', '\ufeff', '1_0', '٣', '0x10')


def pickled(content: bytes, rng: np.random.Generator) -> bytes:
    """A pickle with other values. It was written by these tests, so it may be read."""
    return pickle.dumps(changed(pickle.loads(content), rng))


def document(content: bytes, rng: np.random.Generator) -> bytes:
    """A JSON document, or one of several lines of JSON, with other values."""
    lines = [content]
    if content.count(b'}\n{'):
        lines = content.splitlines(keepends=True)
    number = int(rng.integers(len(lines)))
    lines[number] = json.dumps(changed(json.loads(lines[number]), rng)).encode(
        'utf-8', 'surrogatepass')
    return b'\n'.join(lines)


def archived(content: bytes, rng: np.random.Generator) -> bytes:
    """An npz with other arrays, or other values in its object arrays."""
    with np.load(streams.BytesIO(content), allow_pickle=True) as archive:
        arrays = changed({name: archive[name] for name in archive.files}, rng)
    if not isinstance(arrays, dict):
        arrays = {'arr_0': arrays}
    target = streams.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


def saved(content: bytes, rng: np.random.Generator) -> bytes:
    """An npy with another array."""
    target = streams.BytesIO()
    np.save(target, _array(np.load(streams.BytesIO(content)), rng))
    return target.getvalue()


def tensors(content: bytes, rng: np.random.Generator) -> bytes:
    """A file of torch.save with other values."""
    import torch
    target = streams.BytesIO()
    torch.save(changed(torch.load(streams.BytesIO(content)), rng), target)
    return target.getvalue()


def datasets(content: bytes, rng: np.random.Generator) -> bytes:
    """An HDF5 file with another, or without, one of its data sets."""
    import h5py
    target = streams.BytesIO(content)
    names: list[str] = []
    with h5py.File(target, 'r+') as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(
            item, h5py.Dataset) else None)
        name = names[rng.integers(len(names))]
        old = file[name]
        assert isinstance(old, h5py.Dataset)
        value, attributes = np.asarray(old[()]), dict(old.attrs)
        del file[name]
        if rng.random() < 0.9:
            file.create_dataset(name, data=_array(value, rng)).attrs.update(attributes)
    return target.getvalue()


def table(content: bytes, rng: np.random.Generator) -> bytes:
    """A table of text with other cells, rows or columns; the others stay where they are."""
    lines = content.decode('utf-8').split('\n')
    mark = max('\t,; ', key=lambda mark: sum(line.count(mark) for line in lines))
    rows = [line.split(mark) for line in lines]
    for _ in range(int(rng.integers(1, 4))):
        at, other = (int(number) for number in rng.integers(0, len(rows), 2))
        column, second = (int(number) for number in rng.integers(0, max(map(len, rows)), 2))
        kind = rng.integers(0, 10)
        if kind == 0:
            del rows[at]
        elif kind == 1:
            rows.insert(at, list(rows[other]))
        elif kind == 2:
            rows[at], rows[other] = rows[other], rows[at]
        elif kind == 3:
            rows[at] = [CELLS[rng.integers(len(CELLS))] for _ in rows[at]]
        elif kind == 4:
            for row in rows:
                del row[column:column + 1]
        elif kind == 5:
            for row in rows:
                row[column:column] = row[second:second + 1]
        elif kind == 6:  # The values of a column, all of them or from a line on.
            cell = CELLS[rng.integers(len(CELLS))]
            for row in rows[at:]:
                row[column:column + 1] = [cell] * (column < len(row))
        elif kind == 7:
            rows[at:] = [rows[at + number] for number in rng.permutation(len(rows) - at)]
        else:
            rows[at][column:column + 1] = [CELLS[rng.integers(len(CELLS))]]
        if not rows:
            rows = [['']]
    return '\n'.join(mark.join(row) for row in rows).encode('utf-8')


def changed(value: Any, rng: np.random.Generator) -> Any:
    """Nested containers and arrays, of which one to three parts are changed."""
    for _ in range(int(rng.integers(1, 4))):
        places = list(_places(value))
        path = places[rng.integers(len(places))]
        other = _at(value, places[rng.integers(len(places))])
        if not path:
            value = _replaced(value, other, rng)
            continue
        node, key = _at(value, path[:-1]), path[-1]
        kind = rng.integers(0, 4)
        if kind == 0 and isinstance(node, (MutableMapping, MutableSequence)):
            del node[key]
        elif kind == 1 and isinstance(node, MutableSequence):
            node.insert(key, copy.deepcopy(node[key]))
        else:
            node[key] = _replaced(node[key], other, rng)
    return value


def _replaced(value: Any, other: Any, rng: np.random.Generator) -> Any:
    if rng.random() < 0.3:
        return copy.deepcopy(other)
    if isinstance(value, np.ndarray):
        if rng.random() < 0.8:
            return _array(value, rng)
    elif hasattr(value, 'numpy') and rng.random() < 0.8:  # A tensor.
        array = _array(value.numpy(), rng)
        return type(value)(array) if array.dtype.kind == 'f' else array.tolist()
    return copy.deepcopy(VALUES[rng.integers(len(VALUES))])


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to the parts of a value that can be replaced."""
    yield path
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        children = np.ndenumerate(value)
    for key, child in children:
        if len(path) < 12:
            yield from _places(child, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _array(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An array of another shape, type or with other values."""
    axis = int(rng.integers(array.ndim)) if array.ndim else None
    changes: list[Callable[[], np.ndarray]] = [
        lambda: array[None], lambda: array.ravel(), lambda: array.T, lambda: array[..., None],
        lambda: np.full(array.shape, rng.choice([np.nan, np.inf, 0, -1, 1e308, 3.4e38])),
        lambda: np.zeros((0, *array.shape[1:])), lambda: np.array(float(rng.integers(-1, 3))),
        lambda: array.astype(rng.choice(['i8', 'u1', 'i1', 'b1', 'f2', 'f4', 'f8', 'c16'])),
        lambda: array.astype(object), lambda: array.astype('S5'), lambda: array.astype(str),
        lambda: rng.permutation(array) if array.ndim else array, lambda: -array]
    if axis is not None:
        changes += [
            lambda: array.take(range(array.shape[axis] - 1), axis), lambda: array.max(axis),
            lambda: np.concatenate([array, array], axis), lambda: array.take([], axis),
            lambda: np.flip(array, axis), lambda: _some(array, rng), lambda: _some(array, rng),
            lambda: array.take([0], axis), lambda: np.moveaxis(array, axis, 0)]
    try:
        with np.errstate(all='ignore'):
            return changes[rng.integers(len(changes))]()
    except (TypeError, ValueError, IndexError):  # Text, objects and empty arrays allow fewer.
        return np.array(array.shape)


def _some(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some values made special."""
    array = array.copy()
    array[rng.random(array.shape) < rng.choice([0.05, 0.5])] = rng.choice(
        [np.nan, np.inf, -np.inf, 0, -1, 1e9, 1e200])
    return array
