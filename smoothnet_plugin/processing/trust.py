"""The trust gate: how much of network, robust track and samples counts, and how far the truth is.

Two small networks with learned weights, the same for every keypoint and frame, turn the measures
of :mod:`smoothnet_plugin.processing.trust_features` into the shares of a convex combination and
into a predicted spread. ``configs/default/README.md`` tells how they were trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..utils.arrays import length_of
from .robust_track import RobustTrack
from .rolling import triangle_mean
from .trust_features import FEATURES

#: Seconds on either side over which the shares are averaged, so that they add no jitter.
SHARE_SECONDS = 0.3
#: Measures count up to so many standard deviations of the training's from their mean: what lies
#: beyond looks like the most extreme that was trained on.
FURTHEST_MEASURE = 4.0
#: The self-check: over about a second the network moves a person slowly by at most so many times
#: what the robust track takes off the samples as noise. A network that wants more sees errors that
#: the samples do not show. Only what it changes slowly is limited, its mean over so many seconds on
#: either side: that it takes jitter away does no harm.
MOST_CHANGE, SLOW_SECONDS = 6.0, 0.25
#: The same in 3D: so many times at a noise of 0.001 body sizes, more where there is more noise and
#: less where there is less, to this power, and at most so many times. Samples with hardly any noise
#: also have small slow errors, and a network that sees some there is often wrong.
MOST_CHANGE_3D, CHANGE_POWER, GREATEST_CHANGE = 1.5, 1.5, 8.0
USUAL_NOISE = 0.001
#: In 3D the check is off for changes of the size of a sensor's drift: lengths in body sizes between
#: which it fades out and in again. Smaller changes are as small as the network's own errors, larger
#: ones are not those of a sensor.
DRIFT = (0.006, 0.012, 0.04, 0.08)
#: Looseness (:class:`~smoothnet_plugin.processing.evidence.Evidence`) of 3D points up to which the
#: network counts in full, and from which on it does not count: these are no skeleton.
SKELETON, NO_SKELETON = 0.3, 0.7
#: Added to the logarithm of the robust track's share in 3D where the keypoints are not known to be
#: those of a human body, which the network was trained on.
UNKNOWN_CAUTION = 0.3
#: The network never moves a keypoint further from the track than this, in body sizes, by values
#: per keypoint.
FURTHEST = {2: 0.15, 3: 0.3}
#: Rows of measures that go through the networks at once, so that they stay in a CPU's cache.
_ROWS_AT_ONCE = 512


class Judgement(NamedTuple):
    """What the gate found out about every keypoint and frame, each of shape (T, ..., K).

    Attributes:
        network: Share of the network in the result, 0 to 1. Of what it changes slowly, the
            self-check may take more away.
        samples: Share of the samples as they are, outliers replaced, 0 to 1. The rest is the
            share of the robust track.
        spread: Distance within which the truth lies in two of three cases, in the unit of the
            coordinates, > 0; NaN where it is not known or not wanted.
        stepped_back: 1 where the self-check limits what the network changes slowly, else 0.
    """

    network: np.ndarray
    samples: np.ndarray
    spread: np.ndarray
    stepped_back: np.ndarray

    @classmethod
    def unknown(cls, shape: tuple[int, ...]) -> Judgement:
        """Arrays of NaN, to be filled: float32 for shares, which makes long clips smaller."""
        return cls(*(np.full(shape, np.nan, np.float64 if name == 'spread' else np.float32)
                     for name in cls._fields))

    def fill(self, keypoints: slice | np.ndarray, found: Judgement) -> None:
        """Write what was found out about some keypoints, an index of the second axis."""
        for own, values in zip(self, found):
            own[:, keypoints] = values

    def fill_rows(self, frames: slice, found: Judgement, chosen: slice | np.ndarray) -> None:
        """Write what was found out about some frames, rows ``chosen`` of it."""
        for own, values in zip(self, found):
            own[frames] = values[chosen]

    def sums(self, measured: np.ndarray) -> tuple[float, ...]:
        """Number of judged samples, and the sums of the four arrays over them.

        Args:
            measured: Samples that count, shape (T, K), bool.
        """
        known = measured & np.isfinite(self.network)
        return (int(known.sum()), *(float(np.nansum(values[known], dtype=np.float64))
                                    for values in self))

    def rows(self, frames: slice) -> Judgement:
        """The same of some frames: views of the arrays."""
        return Judgement(*(values[frames] for values in self))

    def after(self, frames: int) -> Judgement:
        """The same after so many frames about which nothing is known."""
        return Judgement(*(np.concatenate([np.full((frames, values.shape[1]), np.nan), values])
                           for values in self)) if frames else self


#: Matrices (inputs, outputs) and offsets (outputs,) of a network's layers; all but the last are
#: followed by a rectifier.
Layers = tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass(frozen=True)
class TrustGate:
    """The learned weights.

    Attributes:
        mean: Means of the measures in training, shape (F,); the gate takes the first F measures.
        std: Their standard deviations, shape (F,).
        share: Of robust track, network and samples the logarithm of the share, up to a constant.
        spread: The logarithm of the spread in body sizes.
    """

    mean: np.ndarray
    std: np.ndarray
    share: Layers
    spread: Layers

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TrustGate:
        """The gate out of ``mean``, ``std``, ``share_weight_0``, ``share_offset_0`` ...

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
        """Logarithms of shares and, if wanted, spread.

        Args:
            features: Measures, shape (..., F).
            spread: Whether the spread is wanted. Defaults to True.

        Returns:
            Shapes (..., 3) and (...), the second None if it is not wanted.
        """
        features = features[..., :len(self.mean)]
        rows = features.reshape(-1, features.shape[-1])
        shares = np.empty((len(rows), 3))
        spreads = np.empty(len(rows)) if spread else None
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = slice(start, start + _ROWS_AT_ONCE)
            values = np.clip((rows[block] - self.mean) / self.std,
                             -FURTHEST_MEASURE, FURTHEST_MEASURE)
            shares[block] = _through(self.share, values)
            if spreads is not None:
                spreads[block] = _through(self.spread, values)[..., 0]
        shape = features.shape[:-1]
        return shares.reshape(*shape, 3), None if spreads is None else spreads.reshape(shape)


def judged(gate: TrustGate, features: np.ndarray, gated: np.ndarray, track: RobustTrack,
           change: np.ndarray | None, fps: float,
           spread: bool = True) -> tuple[np.ndarray, Judgement]:
    """Combine robust track, network and samples by what they are worth.

    Args:
        gate: The weights.
        features: The measures of the run
            (:func:`~smoothnet_plugin.processing.trust_features.trust_features`), shape
            (T, ..., K, F).
        gated: Coordinates with outliers replaced by the track, shape (T, ..., K, C), NaN where
            missing; axes between T and K are people.
        track: The robust track.
        change: What the network's result differs from the track by
            (:func:`~smoothnet_plugin.processing.blending.network_change`); None without a network.
        fps: Frames per second.
        spread: Whether the predicted spread is wanted. Defaults to True.

    Returns:
        The result, shape (T, ..., K, C): a convex combination of track, network and samples (the
        track where these are missing). The network's part moves it by at most :data:`FURTHEST`
        body sizes, and the self-check (:func:`change_limit`) limits its slow changes. And the
        judgement.
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
        1 where the network wants to move the person, jitter left out, by no more than so many
        times the noise (geometric mean over the keypoints), else what is left of these changes.
        How many times is :data:`MOST_CHANGE` in 2D, and depends on the noise in 3D, where
        :data:`DRIFT` passes.
    """
    change, slow, noise = (features[..., FEATURES.index(name)].mean(axis=-1, keepdims=True)
                           for name in ('change_long', 'slow_change', 'residual_long'))
    if width == 2:
        return np.minimum(1.0, MOST_CHANGE * np.exp(noise - change - slow))
    most = np.minimum(MOST_CHANGE_3D * np.exp(CHANGE_POWER * (noise - np.log(USUAL_NOISE))),
                      GREATEST_CHANGE)
    limit = np.minimum(1.0, most * np.exp(noise - change - slow))
    return limit + (1 - limit) * np.interp(np.exp(change + slow), DRIFT, (0, 1, 1, 0))


def _through(layers: Layers, values: np.ndarray) -> np.ndarray:
    for number, (weight, offset) in enumerate(layers):
        values = (np.maximum(values, 0) if number else values) @ weight + offset
    return values
