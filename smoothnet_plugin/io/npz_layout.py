"""The plain npz layout, which results files and data sets share.

A file holds the frames of all clips (in results files: people), one after the other.

==================  ============  ===========================================================
poses               (N, K, C)     named coords, keypoints, estimate or positions; data sets also
                                  have ground_truth. (S, T, K, C) holds S clips of T frames.
lengths             (S,)          frames of every clip; without it there is one clip
names               (S,)          names of the clips, in results files the track ids
track_ids           (S,) or (N,)  ids of the clips, whole numbers or text, or of every row
scores              (N, K)        or keypoint_scores: confidences; also confidence, confidences or
                                  likelihood, if they have this shape
frame_ids           (N,)          frame numbers; by default every clip counts from 0
clip_frame_ids      (F,)          all frames of a results file, also those without people
valid, filled       (N, K)        what was measured, what a smoother filled in
spread              (N, K)        how far the truth may be, as ``return_spread`` predicts it;
                                  written, not read
joints              (K,)          names of the keypoints
fps                 () or (S,)    frames per second; in results files one number
times               (F,) or (N,)  seconds of every frame, or of every row; also timestamps, and in
                                  milliseconds timestamps_ms
representation      ()            a key of ``REPRESENTATIONS``; by default 2D or 3D keypoints
unit, image_size    (), (2,)
provenance          ()            JSON: how a results file was made
==================  ============  ===========================================================

Only the poses are required. NaN is a missing value. Results files hold no pickled objects; a data
set may have an object array with a clip (L, K, C) per entry.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import DataFormatError
from ..utils.npz import SafeNpz

#: Names of the poses in a results file, in order of preference.
COORDS = ('coords', 'keypoints', 'estimate', 'positions')
#: Names of the confidences in a results file, and those that only arrays of their shape have.
SCORES = ('scores', 'keypoint_scores')
OTHER_SCORES = ('confidence', 'confidences', 'likelihood')
LENGTHS, NAMES, JOINTS, FPS = 'lengths', 'names', 'joints', 'fps'


def scores_name(shapes: Mapping[str, tuple[int, ...]], shape: tuple[int, ...]) -> str | None:
    """Name of the array of confidences, or None.

    Args:
        shapes: Shapes of the arrays by name.
        shape: Shape of confidences, (N, K).
    """
    own = next((name for name in SCORES if name in shapes), None)
    return own or next((name for name in OTHER_SCORES if shapes.get(name) == shape), None)


def stored_lengths(npz: SafeNpz, key: str, axes: int, lengths_key: str = LENGTHS) -> np.ndarray:
    """Frames of every clip of an array of numbers.

    Args:
        npz: The file.
        key: Name of the array.
        axes: Its number of axes where all frames follow one another: 3 for poses, 2 for scores.
            With one axis more, the first two are clips and frames.
        lengths_key: Name of the lengths. Defaults to ``'lengths'``.

    Returns:
        Shape (S,), int64; adds up to the number of frames.

    Raises:
        DataFormatError: The lengths are not whole numbers, or do not add up to the frames.
    """
    shape, _ = npz.header(key)
    if len(shape) == axes + 1:
        return np.full(shape[0], shape[1], np.int64)
    if lengths_key not in npz:
        return np.array([shape[0]], np.int64)
    lengths = npz[lengths_key]
    if lengths.dtype.kind not in 'iu' or lengths.ndim != 1:
        raise DataFormatError(f"'{npz.path}', array '{lengths_key}': expected whole numbers, the "
                              f'frames of each clip, got {lengths.dtype} of shape {lengths.shape}.')
    lengths = lengths.astype(np.int64)
    if (lengths < 0).any() or sum(lengths.tolist()) != shape[0]:
        raise DataFormatError(f"'{npz.path}': '{lengths_key}' has {len(lengths)} clips of "
                              f"{sum(lengths.tolist())} frames, but '{key}' has {shape[0]} frames; "
                              'expected lengths from 0 that add up to the frames.')
    return lengths


def stored_names(npz: SafeNpz, count: int, names_key: str = NAMES) -> list[str] | None:
    """Names of the clips.

    Args:
        npz: The file.
        count: Number of clips.
        names_key: Name of the array. Defaults to ``'names'``.

    Returns:
        The names, or None where the file has no list of ``count`` names.
    """
    if names_key not in npz:
        return None
    shape, dtype = npz.header(names_key)
    if len(shape) != 1 or shape[0] != count or dtype.kind not in 'UOiu':
        return None
    return [str(name) for name in npz[names_key]]


def stored_keypoint_names(npz: SafeNpz, joints_key: str = JOINTS) -> list[str] | None:
    """Names of the keypoints, or None where the file has none.

    Args:
        npz: The file.
        joints_key: Name of the array. Defaults to ``'joints'``.
    """
    return [str(name) for name in npz[joints_key].ravel()] if joints_key in npz else None
