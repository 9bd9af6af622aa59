"""The data of the viewer page, as plain values and base64 of typed arrays."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..evaluation.functional.followed import not_followed
from ..io.base import frame_base
from ..processing.runs import frame_stride
from ..processing.time_stamps import rate_of
from ..structures import ASSUMED_FPS, PoseSequence, PoseTracks, is_rotation
from ..utils.arrays import finite_keypoints
from .anatomy import anatomy_of, known_skeleton
from .camera import upward, view_axes
from .posed import with_joints
from .series import keypoint_spectra
from .turns import turns_from_mean

#: Most coordinates of a page, over all clips: 12 MB, 16 MB in base64. Of longer clips every n-th
#: frame is shown.
MOST_VALUES = 3_000_000
#: States of a keypoint of the result.
NONE, MEASURED, FILLED, DISTRUSTED = range(4)


def page_data(clips: Mapping[str, PoseTracks], most_values: int = MOST_VALUES) -> dict[str, Any]:
    """The data of a viewer page.

    Args:
        clips: ``'raw'``, ``'smoothed'`` and perhaps ``'truth'``, with the same track ids. Rotations
            of a body model are drawn as the skeleton of an average person; their curves are those
            of :func:`~.turns.turns_from_mean`.
        most_values: Most coordinates to embed. Defaults to :data:`MOST_VALUES`.

    Returns:
        Values for JSON.

    Raises:
        DataFormatError: There is nothing to show, the clips hold rotations of no known body
            model, or they differ in their keypoints.
    """
    check_clips(clips)
    given, clips = clips, {name: with_joints(clip) for name, clip in clips.items()}
    turned = any(is_rotation(sequence.representation) for _, sequence in given['raw'])
    sequences = [sequence for clip in clips.values() for _, sequence in clip]
    raw = clips['raw']
    frame_ids = np.unique(np.concatenate([clip.frame_ids for clip in clips.values()]))
    fps = rate_of(*clips.values())
    rate = fps or ASSUMED_FPS
    stride = frame_stride(frame_ids, rate)
    values = sum(sequence.coords.size for sequence in sequences) * (2 if turned else 1)
    step = max(1, math.ceil(values / most_values))
    shown = frame_ids[::step]
    base = frame_base(raw)
    names, links = drawn_skeleton(raw)
    width = sequences[0].coords.shape[2]
    up = upward(sequences) if width == 3 else np.zeros(3)
    # The ids are those of the result, in its order.
    people = list(dict.fromkeys(key for name in ('smoothed', 'raw', 'truth') if name in clips
                                for key, sequence in clips[name] if len(sequence)))
    return {
        'dims': width, 'unit': sequences[0].unit or 'unit', 'turned': turned,
        'names': list(names) or [f'keypoint {i}' for i in range(sequences[0].num_keypoints)],
        'links': links,
        'fps': rate, 'fpsAssumed': fps is None, 'frames': len(shown), 'step': step,
        'allFrames': len(frame_ids), 'firstFrame': base,
        'frameIds': _encoded(shown, np.int32),
        'times': _encoded(seconds_of(raw, shown, rate), np.float64),
        'imageSize': raw.image_size, 'up': up.tolist(),
        'view': view_axes(up).T.tolist() if width == 3 else None,
        'clips': list(clips),
        'people': [_person(clips, given if turned else None, key, frame_ids, step, rate / stride)
                   for key in people],
    }


def check_clips(clips: Mapping[str, PoseTracks]) -> None:
    """Raise for clips that a page cannot show.

    Args:
        clips: See :func:`page_data`.

    Raises:
        DataFormatError: See :func:`page_data`.
    """
    sequences = [sequence for clip in clips.values() for _, sequence in clip]
    if not any(len(sequence) for sequence in sequences):
        raise DataFormatError('The clips hold no pose; there is nothing to view.')
    kinds = sorted({(s.num_keypoints, s.representation) for s in sequences})
    if len(kinds) > 1:
        raise DataFormatError(f'The clips {", ".join(clips)} hold different poses, (K, '
                              f'representation) of {kinds}; give results for the same keypoints.')
    if is_rotation(kinds[0][1]):
        # Its error lists the known numbers of joints.
        with_joints(next(iter(clips.values())))
    elif not kinds[0][1].startswith('keypoints'):
        raise DataFormatError(f'The viewer shows keypoints and rotations of body models; the clips '
                              f"hold {kinds[0][1]}. 'smoothnet plot' draws any value.")


def _person(clips: Mapping[str, PoseTracks], turned: Mapping[str, PoseTracks] | None,
            key: int | str, frame_ids: np.ndarray, step: int, rate: float) -> dict[str, Any]:
    """Coordinates, turns, states and spectra of a person, over the frames that have any."""
    there = np.concatenate([clip[key].frame_ids for clip in clips.values() if key in clip.tracks])
    # Every person has at least one of the shown frames, every ``step``-th one.
    first = int(np.searchsorted(frame_ids, there.min())) // step * step
    last = int(np.searchsorted(frame_ids, there.max())) + 1
    numbers = frame_ids[first:last]
    coords = {name: clip[key].at_frames(numbers) for name, clip in clips.items()
              if key in clip.tracks}
    turns = {}
    if turned is not None:
        turns = turns_from_mean(
            {name: turned[name][key].at_frames(numbers)[:, _rows(turned[name][key],
                                                                 clips[name][key])]
             for name in coords}, turned[next(iter(coords))][key].representation)
        # The place of a joint follows from the joints above it, even where its rotation is missing.
        coords = {name: np.where(finite_keypoints(turns[name])[..., None], array, np.nan)
                  for name, array in coords.items()}
    states = _states(coords.get('raw'), coords.get('smoothed'), rate)
    spectra = {}
    for name, array in (turns or coords).items():
        hertz, power = keypoint_spectra(array, rate)
        spectra[name] = {'bins': len(hertz), 'hz': _encoded(hertz, np.float32),
                         'power': _encoded(power, np.float32)}
    return {'id': str(key), 'first': first // step, 'count': len(numbers[::step]),
            'coords': {name: _encoded(array[::step], np.float32)
                       for name, array in coords.items()},
            'turns': {name: _encoded(array[::step], np.float32)
                      for name, array in turns.items()},
            'states': _encoded(states[::step], np.uint8) if states is not None else '',
            'spectra': spectra}


def _rows(rotations: PoseSequence, joints: PoseSequence) -> list[int]:
    """Indices of the rotations that the drawn joints have."""
    names = rotations.keypoint_names
    known = {name: row for row, name in enumerate(names)}
    drawn = joints.keypoint_names
    if drawn and all(name in known for name in drawn):
        return [known[name] for name in drawn]
    return list(range(joints.num_keypoints))


def _states(raw: np.ndarray | None, smoothed: np.ndarray | None, rate: float) -> np.ndarray | None:
    """State of each keypoint of the result, shape (T, K), or of the input without a result."""
    result = raw if smoothed is None else smoothed
    if result is None:
        return None
    there = np.isfinite(result).all(axis=-1)
    if raw is None or smoothed is None:
        return np.where(there, MEASURED, NONE)
    measured = np.isfinite(raw).all(axis=-1)
    states = np.where(there, np.where(measured, MEASURED, FILLED), NONE)
    return np.where(there & not_followed(raw, smoothed, rate), DISTRUSTED, states)


def seconds_of(clip: PoseTracks, frame_ids: np.ndarray, rate: float) -> np.ndarray:
    """Seconds of frames of a clip.

    Args:
        clip: The clip.
        frame_ids: Numbers of the frames, shape (T,).
        rate: Frames per second, for a clip without time stamps; its first frame is at 0.

    Returns:
        Shape (T,).
    """
    if clip.times is None:
        return (frame_ids - frame_base(clip)) / rate
    return np.interp(frame_ids, clip.frame_ids, clip.times)


def drawn_skeleton(clip: PoseTracks) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """Names and links of the keypoints of a clip.

    Args:
        clip: The clip.

    Returns:
        K names, empty where the clip has none and its poses are not recognised, and pairs of
        indices to connect.
    """
    for _, sequence in clip:
        skeleton = known_skeleton(sequence) or sequence.skeleton
        if skeleton is not None:
            return (skeleton.keypoint_names,
                    anatomy_of(skeleton, sequence.num_keypoints).links)
    return (), ()


def _encoded(array: np.ndarray, dtype: Any) -> str:
    """Base64 of the values, little-endian, as typed arrays of browsers read them."""
    small = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder('<'))
    return base64.b64encode(small.tobytes()).decode('ascii')
