"""Reading plain npz files of poses into clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError, check_known
from ..io.npz_layout import stored_keypoint_names, stored_lengths, stored_names
from ..structures import value_width
from ..utils.npz import SafeNpz, load_npz
from .clips import PoseClips, as_array, clip_lengths
from .mapped import MappedArray, map_npz_member
from .npz_source import UNITS, NpzSource

_AXES = {2: '(frames, keypoints)', 3: '(frames, keypoints, values)'}


def read_npz_clips(source: NpzSource) -> PoseClips:
    """Read the files.

    :mod:`smoothnet_plugin.io.npz_layout` describes the layout.

    Args:
        source: The files and the settings to read them.

    Returns:
        The clips, in metres or pixels.

    Raises:
        DataFormatError: A file or member is missing, or members do not fit together.
        ConfigError: A requested keypoint does not exist.
    """
    parts = [_read_file(source, load_npz(file)) for file in source.files]
    if len(parts) == 1:
        return parts[0]
    for file, part in zip(source.files, parts):
        if part.coords.shape[1:] != parts[0].coords.shape[1:]:
            raise DataFormatError(
                f"'{file}' has poses of {part.coords.shape[1]} keypoints, '{source.files[0]}' of "
                f'{parts[0].coords.shape[1]}; use one dataset for each, or choose common '
                'keypoints.')
    names = [name for part in parts for name in part.names]
    if len(set(names)) < len(names):
        names = [f'{file.stem}/{name}' for file, part in zip(source.files, parts)
                 for name in part.names]

    rows = {key: np.concatenate([as_array(part.per_frame()[key]) for part in parts])
            for key in parts[0].per_frame()}
    return PoseClips(
        np.concatenate([part.lengths for part in parts]), names,
        np.concatenate([part.fps for part in parts]), rows.get('estimate'), rows.get('truth'),
        rows.get('scores'))


def read_keypoint_names(source: NpzSource, count: int) -> tuple[str, ...]:
    """Names of the clips' keypoints.

    Args:
        source: The files and the settings to read them.
        count: Number of keypoints of the clips.

    Returns:
        Names from the config or the file, else ``keypoint_0`` ...

    Raises:
        DataFormatError: The names differ between files, or their number is wrong.
    """
    known = [_stored_names(source, load_npz(file)) for file in source.files]
    for file, names in zip(source.files, known):
        if names != known[0]:
            raise DataFormatError(f"'{file}' names its keypoints {names}, but '{source.files[0]}' "
                                  f'names them {known[0]}; use one dataset for each, or choose '
                                  'common keypoints by name.')
    names = known[0]
    if names is not None and source.keypoints is not None:
        names = tuple(names[i] for i in _chosen(source, len(names), names))
    if names is None:
        return tuple(f'keypoint_{i}' for i in range(count))
    if len(names) != count:
        raise DataFormatError(f"'{source.files[0]}' has {count} keypoints and {len(names)} names "
                              'of keypoints.')
    return names


def _stored_names(source: NpzSource, npz: SafeNpz) -> tuple[str, ...] | None:
    if source.keypoint_names is not None:
        return source.keypoint_names
    names = stored_keypoint_names(npz, source.keys.joints)
    return None if names is None else tuple(names)


def _read_file(source: NpzSource, npz: SafeNpz) -> PoseClips:
    keys = source.keys
    wanted = [key for key in (keys.estimate, keys.truth, keys.scores) if key is not None]
    try:
        npz.require(*wanted)
    except DataFormatError as error:
        raise DataFormatError(f'{error} Specify the members in the config, for example with '
                              'target_key=... (None for estimates without truth).') from None
    chosen = None
    coords: dict[str, Any] = {}
    lengths: dict[str, np.ndarray] = {}
    for key in wanted:
        values, lengths[key] = _frames(source, npz, key)
        if key != keys.scores and values.shape[-1] != value_width(source.representation):
            raise DataFormatError(
                f"'{key}' of '{npz.path}' has {values.shape[-1]} values per keypoint (shape "
                f'{values.shape}), but {source.representation} has '
                f'{value_width(source.representation)}; set representation, for example '
                "representation='keypoints_2d'.")
        if source.keypoints is not None:
            chosen = chosen or _chosen(source, values.shape[1], _stored_names(source, npz))
            values = as_array(values)[:, chosen]
        if key != keys.scores and UNITS[source.unit] != 1:
            values = as_array(values) * UNITS[source.unit]
        if isinstance(values, np.ndarray):
            values = np.ascontiguousarray(values, dtype=np.float32)
        coords[key] = values
    names = _names(source, npz, lengths[wanted[0]])
    for key in wanted[1:]:
        _check_lengths(npz, wanted[0], lengths[wanted[0]], key, lengths[key], names)
    estimate, truth, scores = (coords.get(key or '')
                               for key in (keys.estimate, keys.truth, keys.scores))
    return PoseClips(lengths[wanted[0]], names, _rates(source, npz, len(names)), estimate, truth,
                     scores)


def _frames(source: NpzSource, npz: SafeNpz,
            key: str) -> tuple[np.ndarray | MappedArray, np.ndarray]:
    """All frames (N, K[, C]) of a member and the lengths of its clips."""
    axes = 2 if key == source.keys.scores else 3
    shape, dtype = npz.header(key)
    if dtype.hasobject:
        clips = [np.asarray(clip) for clip in npz[key]]
        for number, clip in enumerate(clips):
            if clip.ndim != axes or clip.dtype.kind not in 'fiu':
                raise DataFormatError(f"Clip {number} of '{key}' in '{npz.path}' has the shape "
                                      f'{clip.shape}; expected {_AXES[axes]}.')
        if len({clip.shape[1:] for clip in clips}) != 1:
            raise DataFormatError(f"The clips of '{key}' in '{npz.path}' have different numbers "
                                  'of keypoints.')
        return np.concatenate(clips), clip_lengths(clips)
    if dtype.kind not in 'fiu' or len(shape) not in (axes, axes + 1):
        raise DataFormatError(
            f"'{key}' of '{npz.path}' has the shape {shape} and type {dtype}; expected numbers "
            f'{_AXES[axes]}, with the lengths of the clips in another member.')
    lengths = stored_lengths(npz, key, axes, source.keys.lengths)
    if len(shape) == axes + 1:
        return npz[key].reshape(-1, *shape[2:]), lengths
    return map_npz_member(npz.path, key) or npz[key], lengths


def _chosen(source: NpzSource, count: int, names: tuple[str, ...] | None) -> list[int]:
    """Indices of the requested keypoints."""
    indices = []
    for keypoint in source.keypoints or ():
        if isinstance(keypoint, str):
            check_known('There is no keypoint', keypoint, names or ['(no names)'])
            keypoint = (names or ()).index(keypoint)
        if not 0 <= keypoint < count:
            raise ConfigError(f'Keypoint {keypoint} is requested, but there are {count}.')
        indices.append(keypoint)
    return indices


def _names(source: NpzSource, npz: SafeNpz, lengths: np.ndarray) -> list[str]:
    if source.keys.names not in npz:
        return [f'{npz.path.stem}_{i}' for i in range(len(lengths))]
    names = stored_names(npz, len(lengths), source.keys.names)
    if names is None:
        raise DataFormatError(f"'{npz.path}', array '{source.keys.names}': expected a name for "
                              f'each of the {len(lengths)} clips, got shape '
                              f'{npz.header(source.keys.names)[0]}.')
    repeated = len(set(names)) < len(names)
    return [f'{name}_{i}' for i, name in enumerate(names)] if repeated else names


def _rates(source: NpzSource, npz: SafeNpz, count: int) -> np.ndarray:
    if source.fps is not None:
        return np.full(count, float(source.fps))
    if source.keys.fps not in npz:
        raise DataFormatError(f"'{npz.path}' does not specify its frames per second; set fps=... "
                              'in the config.')
    rates = np.asarray(npz[source.keys.fps], dtype=np.float64).ravel()
    if len(rates) not in (1, count):
        raise DataFormatError(f"'{source.keys.fps}' of '{npz.path}' has {len(rates)} entries for "
                              f'{count} clips.')
    return np.broadcast_to(rates, count).copy()


def _check_lengths(npz: SafeNpz, first: str, lengths: np.ndarray, key: str, others: np.ndarray,
                   names: Sequence[str]) -> None:
    if len(others) != len(lengths):
        raise DataFormatError(f"'{npz.path}' has {len(lengths)} clips in '{first}' and "
                              f"{len(others)} in '{key}'.")
    for name, length, other in zip(names, lengths, others):
        if length != other:
            raise DataFormatError(f"Clip '{name}' of '{npz.path}' has {length} frames in "
                                  f"'{first}' and {other} in '{key}'.")
