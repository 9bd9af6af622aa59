"""The trust gate: weights of network, robust track and samples, and the expected error.

Two small networks, the same for every keypoint and frame, turn the measures of
:mod:`smoothnet_plugin.processing.trust_features` into the weights (shares) of a convex combination
and into a predicted spread. ``configs/default/README.md`` describes their training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..utils.arrays import length_of
from .judgement import Judgement
from .robust_track import RobustTrack
from .rolling import triangle_mean
from .trust_features import FEATURES

#: Seconds on either side over which the shares are averaged, so that they add no jitter.
SHARE_SECONDS = 0.3
#: Measures are clipped at this many standard deviations of the training data, so that values beyond
#: look like the most extreme ones in training.
FURTHEST_MEASURE = 4.0
#: The self-check: over about a second, the slow change by the network is at most this many times
#: what the robust track removes as noise. A larger change would correct errors that the samples do
#: not show. The slow change is the mean over this many seconds on either side; the fast part, which
#: removes jitter, does no harm and is not limited.
MOST_CHANGE, SLOW_SECONDS = 6.0, 0.25
#: The limit in 3D: this many times at the usual noise, proportional to this power of the noise, and
#: at most this many times. Samples with hardly any noise also have small slow errors; where the
#: network finds large ones, it is often wrong.
MOST_CHANGE_3D, CHANGE_POWER, GREATEST_CHANGE = 1.5, 1.5, 8.0
#: Noise in body sizes at which the limit in 3D is :data:`MOST_CHANGE_3D`.
USUAL_NOISE = 0.001
#: In 3D the self-check is off for changes as large as a sensor's drift: it fades out between the
#: first two lengths and in between the last two, in body sizes. Smaller changes are no larger than
#: the network's own errors, and no sensor drifts further.
DRIFT = (0.006, 0.012, 0.04, 0.08)
#: Looseness (:class:`~smoothnet_plugin.processing.evidence.Evidence`) of 3D points up to which the
#: network has its full weight, and from which on it has none, because they are not a skeleton.
SKELETON, NO_SKELETON = 0.3, 0.7
#: Added to the logarithm of the robust track's share in 3D where the keypoints are not known to be
#: those of a human body, which the network was trained on.
UNKNOWN_CAUTION = 0.3
#: Largest move of a keypoint by the network, in body sizes, by values per keypoint.
FURTHEST = {2: 0.15, 3: 0.3}
#: Rows of measures that the networks evaluate at once, few enough for a CPU's cache.
_ROWS_AT_ONCE = 512
#: Rows of a matrix product: OpenBLAS shares larger ones (64 x 64 x 64) among threads, which wait
#: for one another where other processes use the cores.
_ROWS_IN_PRODUCT = 64


#: Matrices (inputs, outputs) and offsets (outputs,) of a network's layers; all but the last are
#: followed by a rectifier.
Layers = tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass(frozen=True)
class TrustGate:
    """The learned weights.

    Attributes:
        mean: Means of the measures in training, shape (F,); the gate uses the first F measures.
        std: Their standard deviations, shape (F,).
        share: Network whose outputs are the logarithms of the shares of robust track, network and
            samples, up to a common constant.
        spread: Network whose output is the logarithm of the spread in body sizes.
    """

    mean: np.ndarray
    std: np.ndarray
    share: Layers
    spread: Layers

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TrustGate:
        """Build the gate from ``mean``, ``std``, ``share_weight_0``, ``share_offset_0`` ...

        Raises:
            KeyError: An array is missing.
            ValueError: The arrays do not fit the measures of this version.
        """
        wide = {name: np.asarray(values, dtype=np.float64) for name, values in arrays.items()}
        share, spread = (tuple((wide[f'{name}_weight_{i}'], wide[f'{name}_offset_{i}'])
                               for i in range(sum(key.startswith(f'{name}_weight_')
                                                  for key in wide)))
                         for name in ('share', 'spread'))
        if (wide['mean'].ndim != 1 or len(wide['mean']) > len(FEATURES) or not share or not spread
                or share[-1][1].shape != (3,) or spread[-1][1].shape != (1,)):
            raise ValueError(f'expected at most {len(FEATURES)} measures, 3 shares and 1 spread')
        return cls(wide['mean'], wide['std'], share, spread)

    def outputs(self, features: np.ndarray,
                spread: bool = True) -> tuple[np.ndarray, np.ndarray | None]:
        """Compute the logarithms of the shares and, if requested, of the spread.

        Args:
            features: Measures, shape (..., F).
            spread: Whether the spread is requested. Defaults to True.

        Returns:
            Shapes (..., 3) and (...); the second is None if it is not requested.
        """
        features = features[..., :len(self.mean)]
        rows = features.reshape(-1, features.shape[-1])
        shares = np.empty((len(rows), 3))
        spreads = np.empty(len(rows)) if spread else None
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = slice(start, start + _ROWS_AT_ONCE)
            values = np.clip((rows[block] - self.mean) / self.std,
                             -FURTHEST_MEASURE, FURTHEST_MEASURE)
            products = _products(values)
            shares[block] = _through(self.share, products)[:len(values)]
            if spreads is not None:
                spreads[block] = _through(self.spread, products)[:len(values), 0]
        shape = features.shape[:-1]
        return shares.reshape(*shape, 3), None if spreads is None else spreads.reshape(shape)


def judged(gate: TrustGate, features: np.ndarray, gated: np.ndarray, track: RobustTrack,
           change: np.ndarray | None, fps: float,
           spread: bool = True) -> tuple[np.ndarray, Judgement]:
    """Combine robust track, network and samples with the weights of the gate.

    Args:
        gate: The weights.
        features: The measures of the run
            (:func:`~smoothnet_plugin.processing.trust_features.trust_features`), shape
            (T, ..., K, F).
        gated: Coordinates with outliers replaced by the track, shape (T, ..., K, C), NaN where
            missing; axes between T and K are people.
        track: The robust track.
        change: Difference of the network's result from the track
            (:func:`~smoothnet_plugin.processing.blending.network_change`); None without a network.
        fps: Frames per second.
        spread: Whether the predicted spread is requested. Defaults to True.

    Returns:
        The result, shape (T, ..., K, C), and the judgement. The result is a convex combination of
        track, network and samples (the track where these are missing); the network moves it by at
        most :data:`FURTHEST` body sizes, and the self-check (:func:`change_limit`) limits its slow
        changes.
    """
    logits, log_spread = gate.outputs(features, spread)
    width = gated.shape[-1]
    if change is None:
        logits[..., 1] = -np.inf
    elif width == 3:
        logits[..., 0] += UNKNOWN_CAUTION * (1 - features[..., FEATURES.index('is_body')])
    share = np.exp(logits - logits.max(axis=-1, keepdims=True))
    share /= share.sum(axis=-1, keepdims=True)
    if change is not None and width == 3:
        loose = features[..., FEATURES.index('looseness')]
        share[..., 1] *= np.clip((NO_SKELETON - loose) / (NO_SKELETON - SKELETON), 0, 1)
    share = np.clip(triangle_mean(share, max(2, round(SHARE_SECONDS * fps))), 0, 1)
    network, samples = share[..., 1], share[..., 2]
    result = track.coords + samples[..., None] * np.nan_to_num(gated - track.coords)
    limit = np.ones_like(samples)
    if change is not None:
        limit = limit * change_limit(features, width)
        slow = triangle_mean(change, max(2, round(SLOW_SECONDS * fps)))
        change = change - (1 - limit)[..., None] * slow
        length, most = network * length_of(change), FURTHEST[width] * track.size
        network = network * most / np.maximum(length, most)
        result = result + network[..., None] * change
    return result, Judgement(
        network, samples, np.full(samples.shape, np.nan) if log_spread is None
        else np.exp(log_spread) * track.size, (limit < 1).astype(np.float64))


def change_limit(features: np.ndarray, width: int) -> np.ndarray:
    """Factor of the network's slow changes by the self-check, shape (T, ..., 1), 0 to 1.

    Args:
        features: The measures of the run, shape (T, ..., K, F).
        width: Values per keypoint, 2 or 3.

    Returns:
        1 where the network moves the person, apart from jitter, by no more than the limit, else
        the share of this change that remains. The limit is :data:`MOST_CHANGE` times the noise
        (geometric mean over the keypoints) in 2D; in 3D it depends on the noise, and changes within
        :data:`DRIFT` pass.
    """
    change, slow, noise = (features[..., FEATURES.index(name)].mean(axis=-1, keepdims=True)
                           for name in ('change_long', 'slow_change', 'residual_long'))
    if width == 2:
        return np.minimum(1.0, MOST_CHANGE * np.exp(noise - change - slow))
    most = np.minimum(MOST_CHANGE_3D * np.exp(CHANGE_POWER * (noise - np.log(USUAL_NOISE))),
                      GREATEST_CHANGE)
    limit = np.minimum(1.0, most * np.exp(noise - change - slow))
    return limit + (1 - limit) * np.interp(np.exp(change + slow), DRIFT, (0, 1, 1, 0))


def _products(rows: np.ndarray) -> np.ndarray:
    """Rows (N, F) as matrices (n, _ROWS_IN_PRODUCT, F), filled up with zeros."""
    count = -(-len(rows) // _ROWS_IN_PRODUCT)
    filled = np.zeros((count * _ROWS_IN_PRODUCT, rows.shape[1]))
    filled[:len(rows)] = rows
    return filled.reshape(count, _ROWS_IN_PRODUCT, -1)


def _through(layers: Layers, values: np.ndarray) -> np.ndarray:
    """Outputs (N, outputs) of a network for matrices of rows (n, rows, inputs)."""
    for number, (weight, offset) in enumerate(layers):
        values = (np.maximum(values, 0) if number else values) @ weight + offset
    return values.reshape(-1, values.shape[-1])
