"""What the trust gate sees of a run: measures of samples, robust track and network's result.

All are free of place, unit and frame rate (lengths count in body sizes, reaches in seconds), and
the same for every keypoint of any skeleton.
"""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints
from .evidence import evidence_of, local_noise
from .robust_track import RobustTrack
from .rolling import triangle_mean

#: Seconds on either side over which the measures are taken.
SHORT_SECONDS, LONG_SECONDS = 0.25, 0.8
#: Seconds of past and future beyond which more of them changes nothing.
EDGE_SECONDS = 0.5
#: Squares in body sizes are at least this.
_LEAST = 1e-10
#: Lengths in body sizes are at most this, and measures at most as large.
_FARTHEST = 50.0

#: Names of the measures; the last ones are means over the person's keypoints.
FEATURES = (
    'apart', 'cutoff', 'colour', 'speed', 'flattening', 'looseness', 'is_body', 'has_network',
    'noise', 'frame_rate', 'past', 'future', 'keypoints',
    *(f'{name}_{reach}' for reach in ('short', 'long') for name in (
        'residual', 'change', 'agreement', 'left_over', 'residual_colour', 'left_over_colour',
        'change_bend', 'weight', 'known', 'far')),
    'slow_change', 'weight_now', 'distance_now', 'change_now',
    'person_noise', 'person_change', 'person_agreement', 'person_left_over', 'person_speed',
    'person_known', 'common_change')


def trust_features(gated: np.ndarray, far: np.ndarray, track: RobustTrack,
                   change: np.ndarray | None, fps: float, is_body: bool) -> np.ndarray:
    """Measure a run.

    Args:
        gated: Coordinates with outliers replaced by the track, shape (T, K, C), NaN where missing.
        far: Which samples were replaced, shape (T, K), bool.
        track: The robust track of the run.
        change: What the network's result differs from the track by, shape (T, K, C), finite; None
            without a network.
        fps: Frames per second.
        is_body: The keypoints are known to be a human body.

    Returns:
        Shape (T, K, F), finite, F as :data:`FEATURES`. A frame depends on the network within
        :data:`~smoothnet_plugin.processing.evidence.NETWORK_SECONDS` or :data:`LONG_SECONDS`, and
        on samples and track within :data:`~smoothnet_plugin.processing.evidence.TRACK_SECONDS`.
    """
    total, keypoints = gated.shape[:2]
    size = track.size
    moved = np.zeros_like(track.coords) if change is None else change
    evidence = evidence_of(gated, track, moved, fps, is_body)
    noise = local_noise(gated, track, fps) / size
    known = finite_keypoints(gated)
    residual = np.clip(np.nan_to_num(gated - track.coords) / size[..., None], -_FARTHEST, _FARTHEST)
    moved = moved / size[..., None]
    left = residual - moved
    bend = np.zeros_like(moved)
    bend[1:-1] = moved[2:] + moved[:-2] - 2 * moved[1:-1]
    products = np.stack([
        _dot(residual, residual), _dot(moved, moved), _dot(residual, moved), _dot(left, left),
        _lagged(residual), _lagged(left), _dot(bend, bend), track.weights, known, far], axis=-1)
    columns = []
    for seconds in (SHORT_SECONDS, LONG_SECONDS):
        mean = triangle_mean(products, max(2, round(seconds * fps)))
        rr, cc, rc, ll, r1, l1, bb, weight, seen, replaced = np.moveaxis(mean, -1, 0)
        rr, cc, ll, bb = (np.maximum(part, _LEAST) for part in (rr, cc, ll, bb))
        columns += [np.log(rr) / 2, np.log(cc) / 2, rc / np.sqrt(rr * cc), np.log(ll / rr) / 2,
                    r1 / rr, l1 / ll, np.log(bb / cc) / 2, weight, seen, replaced]
    slow = triangle_mean(moved, max(2, round(SHORT_SECONDS * fps)))
    now = np.sqrt(np.maximum(_dot(moved, moved), _LEAST))
    columns += [np.log(np.maximum(_dot(slow, slow), _LEAST) / np.exp(2 * columns[1])) / 2,
                track.weights, np.log1p(track.distance), np.log(now / noise)]
    width = len(FEATURES) - 7
    flat = np.ones((total, keypoints))
    frame = np.arange(total, dtype=np.float64)[:, None]
    head = [evidence.apart, evidence.cutoff, evidence.colour, evidence.speed, evidence.flattening,
            evidence.looseness, is_body * flat, (change is not None) * flat, np.log(noise),
            np.log(fps) * flat, np.minimum(frame / fps, EDGE_SECONDS) * flat,
            np.minimum((total - 1 - frame) / fps, EDGE_SECONDS) * flat, np.log(keypoints) * flat]
    columns = head + columns
    assert len(columns) == width
    index = {name: number for number, name in enumerate(FEATURES)}
    person = [columns[index[name]].mean(axis=1, keepdims=True) * flat for name in (
        'noise', 'change_long', 'agreement_long', 'left_over_long', 'speed', 'known_short')]
    common = np.linalg.norm(slow.mean(axis=1, keepdims=True), axis=-1)
    person.append(np.log((common + 1e-5) / (np.linalg.norm(slow, axis=-1).mean(
        axis=1, keepdims=True) + 1e-5)) * flat)
    return np.nan_to_num(np.stack(columns + person, axis=-1), posinf=_FARTHEST, neginf=-_FARTHEST)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(axis=-1)


def _lagged(values: np.ndarray) -> np.ndarray:
    product = np.zeros(values.shape[:2])
    product[1:] = _dot(values[1:], values[:-1])
    return product
