"""Noise with the properties of real pose estimators."""

from __future__ import annotations

import numpy as np

from ...errors import ConfigError, check_known, did_you_mean
from ...registry import TRANSFORMS
from ..batch import PoseBatch
from ..missing import fill_missing
from .base import (
    PoseTransform,
    Range,
    as_range,
    check_choice,
    check_probability,
    log_uniform,
    uniform,
)
from .noise import NOISE_UNITS
from .random_processes import ar1, episodes, slow_drift

#: Seconds over which the size of the fast errors changes.
_VOLATILITY_SECONDS = 0.5
#: Periods of the slow drift in seconds, and its number of waves.
_DRIFT_SECONDS = (1., 10.)
_DRIFT_WAVES = 4
#: Lag-1 autocorrelation of the errors inside a burst: the wrong position persists.
_BURST_AUTOCORRELATION = 0.95

_STILL = {'joint_spread': 0., 'distal_gain': 1., 'burst_rate': 0., 'burst_seconds': 0.3,
          'burst_gain': 1., 'dropout_rate': 0., 'dropout_seconds': 0.1, 'swap_rate': 0.,
          'swap_seconds': 0.1}
_ROUGH = {'joint_spread': (0., 0.6), 'distal_gain': (1., 2.5), 'burst_rate': (0., 0.3),
          'burst_seconds': (0.1, 0.8), 'burst_gain': (2., 6.), 'dropout_rate': (0., 0.1),
          'dropout_seconds': (0.05, 0.4), 'swap_rate': (0., 0.05), 'swap_seconds': (0.05, 0.3)}

#: Units and parameters of :class:`DetectorNoise` by name. The first four have the fast and slow
#: deviation, lag-1 autocorrelation and kurtosis measured on that estimator (fast: minus the mean
#: over 31 frames); an AR(1) reaches 0.80 where BlazePose, which smooths its output, has 0.83-0.88.
#: The last two cover all of these and more, with bursts, dropouts and swaps.
NOISE_PROFILES: dict[str, tuple[str, dict[str, Range]]] = {
    'stacked_hourglass_2d': ('px', {
        **_STILL, 'std': 3.8, 'drift_std': 6.2, 'autocorrelation': 0.47, 'kurtosis': 7.4}),
    'blazepose_2d': ('px', {
        **_STILL, 'std': 10.4, 'drift_std': 0., 'autocorrelation': 0.955, 'kurtosis': 11.4}),
    'blazepose_3d': ('mm', {
        **_STILL, 'std': 49.8, 'drift_std': 41.5, 'autocorrelation': 0.955, 'kurtosis': 6.6}),
    'kinect_v2_3d': ('mm', {
        **_STILL, 'std': 8.3, 'drift_std': 4.7, 'autocorrelation': 0.873, 'kurtosis': 3.7}),
    'detector_2d': ('px', {
        **_ROUGH, 'std': (1.5, 10.), 'drift_std': (1., 10.), 'autocorrelation': (0.3, 0.95),
        'kurtosis': (0., 15.)}),
    'detector_3d': ('mm', {
        **_ROUGH, 'std': (3., 50.), 'drift_std': (3., 60.), 'autocorrelation': (0.3, 0.95),
        'kurtosis': (0., 10.)}),
}

_HIGHEST = {'autocorrelation': 0.999}


@TRANSFORMS.register_module()
class DetectorNoise(PoseTransform):
    """Correlated, heavy-tailed noise with drift, bursts, dropouts and left/right swaps.

    Every parameter is a number or a range that each window draws from. Rates are per second, so
    that they do not depend on the frame rate; the autocorrelation is per frame, since an estimator
    processes single frames.

    ===================== ==========================================================================
    ``std``               standard deviation of the fast errors: a Gaussian AR(1) whose size varies
                          over half a second (log-normal), which makes the tails heavy
    ``autocorrelation``   of the fast errors at a lag of one frame
    ``kurtosis``          of the fast errors, in excess of a Gaussian's
    ``drift_std``         standard deviation of the slow errors, waves with periods of 1 to 10 s
    ``joint_spread``      log-normal sigma of the error sizes of different keypoints
    ``distal_gain``       errors of the keypoint farthest from the body's middle over those of the
                          nearest (the mean square over keypoints stays)
    ``burst_rate``        occlusions per second and limb, lasting ``burst_seconds`` on average, in
                          which a limb stays at a wrong position, ``burst_gain`` times ``std`` away
    ``dropout_rate``      losses per second and limb, lasting ``dropout_seconds`` on average; the
                          input is interpolated, the mask is False and the score 0
    ``swap_rate``         exchanges of left and right arm or leg per second, lasting
                          ``swap_seconds`` on average, if the names contain the sides
    ===================== ==========================================================================

    Args:
        profile: A key of :data:`NOISE_PROFILES`. Defaults to ``'detector_3d'``.
        unit: ``'mm'``, ``'px'`` or ``'body'`` (see :meth:`PoseBatch.body_size`), for ``std`` and
            ``drift_std``. Defaults to None, the profile's.
        prob: Probability that a window gets noise at all. Defaults to 1.
        with_scores: Whether to generate scores that are low where the errors are large. Defaults
            to False.
        loss_on_dropouts: Whether the mask stays True in dropouts, so that the network learns to
            interpolate. Defaults to False.
        **parameters: Parameters that replace the profile's, see above.

    Raises:
        ConfigError: An unknown profile or parameter, or a value out of range.
    """

    def __init__(self, profile: str = 'detector_3d', unit: str | None = None, prob: float = 1.,
                 with_scores: bool = False, loss_on_dropouts: bool = False,
                 **parameters: Range) -> None:
        if profile not in NOISE_PROFILES:
            raise ConfigError(f'Unknown profile {profile!r} of DetectorNoise. '
                              f'{did_you_mean(profile, NOISE_PROFILES)}')
        default_unit, defaults = NOISE_PROFILES[profile]
        for name in parameters:
            check_known('DetectorNoise has no parameter', name, defaults)
        self.parameters = {
            name: as_range(f'DetectorNoise.{name}', value)
            for name, value in {**defaults, **parameters}.items()}
        for name, highest in _HIGHEST.items():
            if self.parameters[name][1] > highest:
                raise ConfigError(f'DetectorNoise.{name} is {self.parameters[name]}; expected '
                                  f'values up to {highest}.')
        self.unit = check_choice('DetectorNoise.unit', unit or default_unit, NOISE_UNITS)
        self.prob = check_probability('DetectorNoise.prob', prob)
        self.with_scores = with_scores
        self.loss_on_dropouts = loss_on_dropouts

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        unit = batch.to_coords(self.unit, 'DetectorNoise')
        hit = rng.random(len(batch)) < self.prob
        draw = {name: (log_uniform if name in ('std', 'drift_std', 'burst_gain') else uniform)(
            rng, ends, len(batch)) for name, ends in self.parameters.items()}
        for name in ('std', 'drift_std', 'burst_rate', 'dropout_rate', 'swap_rate'):
            draw[name] = draw[name] * hit
        batch.inputs = batch.inputs.copy()
        self._swap(batch, rng, draw)
        share = self._keypoint_share(batch, rng, draw)
        scale = (share[..., None] * unit[:, None]).astype(np.float32)
        size = self._fast(batch, rng, draw, scale)
        if draw['drift_std'].any():
            period = log_uniform(rng, _DRIFT_SECONDS, len(batch) * _DRIFT_WAVES)
            period = period.reshape(len(batch), _DRIFT_WAVES)
            drift = slow_drift(rng, batch.inputs.shape[1], scale.shape,
                               1 / (period * batch.fps[:, None]))
            drift *= (draw['drift_std'][:, None, None] * scale).astype(np.float32)[:, None]
            batch.inputs += drift
        bursts = self._burst(batch, rng, draw, scale)
        if self.with_scores:
            size = size * np.where(bursts, draw['burst_gain'][:, None, None], 1)
            self._score(batch, rng, size * (hit[:, None, None]))
        self._drop(batch, rng, draw)
        return batch

    def _keypoint_share(self, batch: PoseBatch, rng: np.random.Generator,
                        draw: dict[str, np.ndarray]) -> np.ndarray:
        """Factor of each keypoint's errors, shape (B, K); the mean square over keypoints is 1."""
        reach = batch.reach()
        nearest, farthest = reach.min(axis=1, keepdims=True), reach.max(axis=1, keepdims=True)
        distal = (reach - nearest) / np.maximum(farthest - nearest, 1e-12)
        share = 1 + (draw['distal_gain'][:, None] - 1) * distal
        share = share * np.exp(draw['joint_spread'][:, None] * rng.standard_normal(reach.shape))
        return share / np.sqrt((share**2).mean(axis=1, keepdims=True))

    def _fast(self, batch: PoseBatch, rng: np.random.Generator, draw: dict[str, np.ndarray],
              scale: np.ndarray) -> np.ndarray:
        """Add the fast errors and return their momentary size around 1, shape (B, W, K)."""
        size, frames, keypoints, width = batch.inputs.shape
        # For x = exp(v u - v^2) g with Gaussian u, g: E x^2 = 1, kurtosis = 3 exp(4 v^2).
        volatility = (np.sqrt(np.log1p(draw['kurtosis'] / 3)) / 2)[:, None].astype(np.float32)
        persistence = np.exp(-1 / (_VOLATILITY_SECONDS * batch.fps))[:, None]
        # The changing size lowers the autocorrelation; the AR(1) compensates for it.
        loss = np.exp(-volatility**2 * (1 - persistence))
        phi = np.minimum(draw['autocorrelation'][:, None] / loss, 0.999)
        noise = ar1(rng, frames, (size, keypoints, width), phi[..., None])
        if volatility.any():
            momentary = ar1(rng, frames, (size, keypoints), persistence)
            momentary *= volatility
            momentary -= volatility**2
            np.exp(momentary, out=momentary)
            for axis in range(width):
                noise[..., axis] *= momentary
        else:
            momentary = np.ones((frames, size, keypoints), np.float32)
        noise *= (draw['std'][:, None, None] * scale).astype(np.float32)
        batch.inputs += noise.swapaxes(0, 1)
        return momentary.swapaxes(0, 1)

    def _burst(self, batch: PoseBatch, rng: np.random.Generator, draw: dict[str, np.ndarray],
               scale: np.ndarray) -> np.ndarray:
        inside = self._limb_episodes(batch, rng, draw, 'burst')
        items, keypoints = np.nonzero(inside.any(axis=1))
        _, frames, _, width = batch.inputs.shape
        held = ar1(rng, frames, (len(items), width), _BURST_AUTOCORRELATION)
        size = (draw['burst_gain'] * draw['std'])[items, None] * scale[items, keypoints]
        held = (held * size.astype(np.float32)).swapaxes(0, 1)
        batch.inputs[items, :, keypoints] += held * inside[items, :, keypoints][..., None]
        return inside

    def _drop(self, batch: PoseBatch, rng: np.random.Generator,
              draw: dict[str, np.ndarray]) -> None:
        lost = self._limb_episodes(batch, rng, draw, 'dropout')
        if not lost.any():
            return
        fill_missing(batch.inputs, lost)
        if not self.loss_on_dropouts:
            batch.mask = batch.mask & ~lost
        if batch.scores is not None:
            batch.scores = np.where(lost, np.float32(0), batch.scores)

    def _limb_episodes(self, batch: PoseBatch, rng: np.random.Generator,
                       draw: dict[str, np.ndarray], kind: str) -> np.ndarray:
        size, frames, keypoints, _ = batch.inputs.shape
        inside = np.zeros((size, frames, keypoints), dtype=bool)
        items = np.flatnonzero(draw[f'{kind}_rate'])
        if len(items):
            limbs = episodes(rng, frames, (len(items), len(batch.limbs)),
                             draw[f'{kind}_rate'][items] / batch.fps[items],
                             draw[f'{kind}_seconds'][items] * batch.fps[items])
            for number, limb in enumerate(batch.limbs):
                item, frame = np.nonzero(limbs[..., number])
                inside[items[item][:, None], frame[:, None], limb] = True
        return inside

    def _swap(self, batch: PoseBatch, rng: np.random.Generator,
              draw: dict[str, np.ndarray]) -> None:
        items = np.flatnonzero(draw['swap_rate'])
        sided = batch.mirror != np.arange(len(batch.mirror))
        if not len(items) or not sided.any():
            return
        pairs = [limb for limb in batch.limbs if batch.mirror[limb[0]] > limb[0]]
        swapped = episodes(rng, batch.inputs.shape[1], (len(items), len(pairs)),
                           draw['swap_rate'][items] / batch.fps[items],
                           draw['swap_seconds'][items] * batch.fps[items])
        for number, limb in enumerate(pairs):
            both = np.concatenate([limb, batch.mirror[limb]])
            place, frames = np.nonzero(swapped[..., number])
            place = items[place]
            batch.inputs[place[:, None], frames[:, None], both] = batch.inputs[
                place[:, None], frames[:, None], batch.mirror[both]]

    def _score(self, batch: PoseBatch, rng: np.random.Generator, size: np.ndarray) -> None:
        noisy = size * np.exp(0.2 * rng.standard_normal(size.shape, dtype=np.float32))
        scores = 1 / (1 + (noisy / 2)**2)
        scores = scores if batch.scores is None else scores * batch.scores
        batch.scores = scores.astype(np.float32)
