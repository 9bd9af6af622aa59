"""Inputs of the trust gate: measures of a run's samples, robust track and network result.

They do not depend on position, unit or frame rate (lengths are in body sizes, durations in
seconds), and are the same for every keypoint of any skeleton.
"""

from __future__ import annotations

import numpy as np

from ..utils.arrays import dot, finite_keypoints, length_of, squared_length
from .error_kind import KIND_MEASURES, kind_measures
from .evidence import evidence_of
from .robust_track import RobustTrack
from .rolling import triangle_mean

#: Seconds on either side that the measures cover.
SHORT_SECONDS, LONG_SECONDS = 0.25, 0.8
#: The known past and future count up to this many seconds.
EDGE_SECONDS = 0.5
#: Lower limit of squared lengths, in body sizes.
_LEAST = 1e-10
#: Upper limit of lengths in body sizes, and of measures.
_FARTHEST = 50.0

#: Names of the first measures; the last ones are means over the person's keypoints.
_FIRST = (
    'apart', 'cutoff', 'colour', 'speed', 'flattening', 'looseness', 'is_body', 'has_network',
    'noise', 'frame_rate', 'past', 'future', 'keypoints',
    *(f'{name}_{reach}' for reach in ('short', 'long') for name in (
        'residual', 'change', 'agreement', 'left_over', 'residual_colour', 'left_over_colour',
        'change_bend', 'weight', 'known', 'far')),
    'slow_change', 'weight_now', 'distance_now', 'change_now',
    'person_noise', 'person_change', 'person_agreement', 'person_left_over', 'person_speed',
    'person_known', 'common_change')
#: Names of all measures. A gate may use the first ones only.
FEATURES = (*_FIRST, *KIND_MEASURES)


def trust_features(gated: np.ndarray, far: np.ndarray, track: RobustTrack,
                   change: np.ndarray | None, fps: float, is_body: bool,
                   first: int = 0, number: int = len(FEATURES)) -> np.ndarray:
    """Measure a run.

    Args:
        gated: Coordinates with outliers replaced by the track, shape (T, ..., K, C), NaN where
            missing; axes between T and K are people.
        far: Which samples were replaced, shape (T, ..., K), bool.
        track: The robust track of the run.
        change: Difference of the network's result from the track, shape (T, ..., K, C), finite;
            None without a network.
        fps: Frames per second.
        is_body: The keypoints are known to be a human body.
        first: First frame whose measures are needed. Defaults to 0.
        number: Number of measures that are needed, the first ones. Defaults to all.

    Returns:
        Shape (T - first, ..., K, F), finite: the first F of :data:`FEATURES`, ``number`` or more.
        A frame depends on the network within
        :data:`~smoothnet_plugin.processing.evidence.NETWORK_SECONDS` or :data:`LONG_SECONDS`, and
        on samples and track within :data:`~smoothnet_plugin.processing.evidence.TRACK_SECONDS`.
    """
    total, keypoints = len(gated), gated.shape[-2]
    evidence = evidence_of(gated, track, np.zeros_like(track.coords) if change is None else change,
                           fps, is_body, first)
    means, slow, now = _local_means(gated, far, track, change, fps, first)
    columns = []
    for mean in means:
        rr, cc, rc, ll, r1, l1, bb, weight, seen, replaced = np.moveaxis(mean, 1, 0)
        rr, cc, ll, bb = (np.maximum(part, _LEAST) for part in (rr, cc, ll, bb))
        columns += [np.log(rr) / 2, np.log(cc) / 2, rc / np.sqrt(rr * cc), np.log(ll / rr) / 2,
                    r1 / rr, l1 / ll, np.log(bb / cc) / 2, weight, seen, replaced]
    noise, size = evidence.noise, np.maximum(squared_length(slow), _LEAST)
    columns += [np.log(size / np.exp(2 * columns[1])) / 2, track.weights[first:],
                np.log1p(track.distance[first:]), np.log(now / noise)]
    width = len(_FIRST) - 7
    flat = np.ones(noise.shape)
    frame = np.arange(first, total, dtype=np.float64).reshape(-1, *[1] * (flat.ndim - 1))
    head = [evidence.apart, evidence.cutoff, evidence.colour, evidence.speed, evidence.flattening,
            evidence.looseness, is_body * flat, (change is not None) * flat, np.log(noise),
            np.log(fps) * flat, np.minimum(frame / fps, EDGE_SECONDS) * flat,
            np.minimum((total - 1 - frame) / fps, EDGE_SECONDS) * flat, np.log(keypoints) * flat]
    columns = head + columns
    assert len(columns) == width
    index = {name: number for number, name in enumerate(_FIRST)}
    person = [columns[index[name]].mean(axis=-1, keepdims=True) * flat for name in (
        'noise', 'change_long', 'agreement_long', 'left_over_long', 'speed', 'known_short')]
    common = length_of(slow.mean(axis=-2))[..., None]
    person.append(np.log((common + 1e-5) / (length_of(slow).mean(
        axis=-1, keepdims=True) + 1e-5)) * flat)
    columns += person
    if number > len(_FIRST):
        residual = np.clip(np.nan_to_num(gated - track.coords) / track.size[..., None],
                           -_FARTHEST, _FARTHEST)
        columns += kind_measures(residual, change, track, fps, first)
    return np.nan_to_num(np.stack(columns, axis=-1), posinf=_FARTHEST, neginf=-_FARTHEST)


def _local_means(gated: np.ndarray, far: np.ndarray, track: RobustTrack,
                 change: np.ndarray | None, fps: float,
                 first: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Average products and flags over short and long times, and the network's change.

    Args:
        gated: See :func:`trust_features`, also for the others.

    Returns:
        Per reach an array (T - first, 10, ..., K); the mean change (T - first, ..., K, C) over a
        short time and its momentary length (T - first, ..., K), both in body sizes.
    """
    short, long = (max(2, round(seconds * fps)) for seconds in (SHORT_SECONDS, LONG_SECONDS))
    # Frames within reach of the requested ones, and one more for products of neighbours.
    rows = slice(max(0, first - long - 1), None)
    coords, size = track.coords[rows], track.size[rows, ..., None]
    residual = np.clip(np.nan_to_num(gated[rows] - coords) / size, -_FARTHEST, _FARTHEST)
    moved = (np.zeros_like(coords) if change is None else change[rows]) / size
    left = residual - moved
    bend = np.zeros_like(moved)
    bend[1:-1] = moved[2:] + moved[:-2] - 2 * moved[1:-1]
    square = squared_length(moved)
    products = np.stack([
        squared_length(residual), square, dot(residual, moved), squared_length(left),
        _lagged(residual), _lagged(left), squared_length(bend), track.weights[rows],
        finite_keypoints(gated[rows]), far[rows]], axis=1)
    first -= rows.start
    return ([triangle_mean(products, reach, first) for reach in (short, long)],
            triangle_mean(moved, short, first), np.sqrt(np.maximum(square[first:], _LEAST)))


def _lagged(values: np.ndarray) -> np.ndarray:
    product = np.zeros(values.shape[:-1])
    product[1:] = dot(values[1:], values[:-1])
    return product
