"""Dicts of body-model parameters as a source of :func:`smoothnet_plugin.smooth`.

The usual names are known (``global_orient`` or ``root_orient``, ``body_pose`` or ``pose_body``,
``pose``, ``poses``, hands, ``jaw_pose`` ..., ``betas``, ``transl`` or ``trans``, ``cam`` ...);
arrays may be flat (T, J * C), (T, J, C) or (T, J, 3, 3), NumPy or torch. Everything else in the
dict comes back as the very same object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..io.body_format import as_body
from ..io.body_parts import BodyLayout, read_body, updated_arrays, usual_layout
from ..structures import BodySequence, PoseTracks
from ..utils.conversion import to_numpy

_KEYPOINTS = (' For keypoints by person, smooth each: {name: smooth(poses, fps=...) for name, '
              'poses in people.items()}.')


def body_tracks(source: Mapping[Any, Any], fps: float | None, representation: str | None,
                scores: Any) -> tuple[PoseTracks, Callable[[PoseTracks], dict[Any, Any]]]:
    """Parameters of one or more people as tracks.

    Args:
        source: Arrays by name, or such dicts by person.
        fps: Frames per second, or None.
        representation: What the rotations are. None: axis-angles, matrices or 6D, by their number
            of values.
        scores: Confidence of each frame (T,) or joint (T, J), of a single person; or None.

    Returns:
        The tracks, and what makes dicts of the same kind of smoothed tracks.

    Raises:
        ConfigError: ``scores`` are given for several people.
        DataFormatError: There are no rotations of joints with a row for each frame.
    """
    several = bool(source) and all(isinstance(value, Mapping) for value in source.values())
    if several and scores is not None:
        raise ConfigError('scores has no effect on several people; smooth them one at a time, or '
                          'leave it out.')
    people = source if several else {0: source}
    tracks, parts = {}, {}
    for key, person in people.items():
        where = f'person {key!r}' if several else 'the dict'
        arrays, layout = _arrays(person, representation, where)
        body = read_body(arrays, layout, where, representation=representation, fps=fps)
        if scores is not None:
            body = body.replace(scores=_scores(scores, body))
        tracks[key], parts[key] = body, (arrays, layout)

    def restore(result: PoseTracks) -> dict[Any, Any]:
        restored = {}
        for key, person in people.items():
            arrays, layout = parts[key]
            changes = updated_arrays(arrays, layout, as_body(result[key]))
            restored[key] = {name: to_numpy(value)[1](changes[name]) if name in changes else value
                             for name, value in person.items()}
        return restored if several else restored[0]

    return PoseTracks(tracks, fps=fps), restore


def _arrays(person: Mapping[Any, Any], representation: str | None,
            where: str) -> tuple[dict[Any, np.ndarray], BodyLayout]:
    arrays = {}
    for name, value in person.items():
        is_array = isinstance(value, np.ndarray) or (
            type(value).__module__.partition('.')[0] == 'torch')
        if is_array and getattr(value, 'ndim', 0):
            arrays[name] = to_numpy(value)[0]
    layout = usual_layout(arrays, representation)
    if layout is None:
        shapes = ', '.join(f'{name} {array.shape}' for name, array in arrays.items())
        raise DataFormatError(
            f'{where} holds no rotations of joints with a row for each frame; expected arrays such '
            'as global_orient (T, 3) and body_pose (T, 69), or pose (T, 72), with the same T. It '
            f"holds {shapes or 'no arrays'}.{_KEYPOINTS * _are_keypoints(arrays)}")
    return arrays, layout


def _are_keypoints(arrays: Mapping[Any, np.ndarray]) -> bool:
    """Whether arrays look like keypoints of people."""
    return bool(arrays) and all(array.ndim == 3 and array.shape[2] in (2, 3)
                                for array in arrays.values())


def _scores(scores: Any, body: BodySequence) -> np.ndarray:
    array = to_numpy(scores)[0]
    if array.shape == (len(body),):
        array = np.repeat(array[:, None], body.num_keypoints, axis=1)
    return array
