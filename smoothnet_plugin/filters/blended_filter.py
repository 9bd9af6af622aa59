"""A weighted blend of robust track, network and samples."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..processing.blending import network_change
from ..processing.evidence import NETWORK_SECONDS, TRACK_SECONDS
from ..processing.fast_fingers import finger_motion, with_motion
from ..processing.judgement import Judgement
from ..processing.outliers import gate
from ..processing.robust_track import RobustTrack
from ..processing.run_end import follow_newest
from ..processing.trust import SHARE_SECONDS, TrustGate, judged
from ..processing.trust_features import FEATURES, LONG_SECONDS, trust_features
from ..processing.whole_body import BODY_SIZE, MOST_TOGETHER
from ._blockwise import FUTURE_SECONDS, PAST_SECONDS, BlockwiseFilter
from ._together import alike, partly_filtered, stacked
from .base import Run, Support
from .learned_filter import LearnedFilter
from .packaged import TRUST
from .robust_filter import RobustFilter

#: Seconds on either side within which the network's result affects the judgement.
_NETWORK_SECONDS = max(NETWORK_SECONDS, LONG_SECONDS)


class BlendedFilter(BlockwiseFilter):
    """A convex combination of robust track, network and samples, weighted by the trust gate.

    Outliers are replaced before the network, so one far sample cannot ruin a person. The weights
    of each frame and keypoint come from :mod:`smoothnet_plugin.processing.trust`: the network has
    a high weight for slow, correlated errors and at rest, and a low weight for white noise, in
    fast motion, and for points that are not a skeleton; the samples themselves are used where both
    would treat motion as noise. The network moves a keypoint by at most 15 % of the body size;
    the newest frames of 2D runs follow fast samples
    (:mod:`smoothnet_plugin.processing.run_end`), and those of hands follow fast fingers
    (:mod:`smoothnet_plugin.processing.fast_fingers`).

    Args:
        network: The network. With None, or if it does not support the poses, only track and samples
            are blended.
        is_body: Whether the keypoints are known to be those of a human body.
    """

    weighs_outliers = True
    judges = True

    def __init__(self, network: LearnedFilter | None, is_body: bool) -> None:
        super().__init__('none')
        self.network = network
        self.is_body = is_body
        self._robust = RobustFilter()

    def support(self, fps: float) -> Support:
        """Reach of the track, plus that of the network or of the judgement."""
        past, future = (0, 0) if self.network is None else self.network.support(fps)
        judgement = math.ceil((TRACK_SECONDS + SHARE_SECONDS) * fps) + 1
        return Support(math.ceil(PAST_SECONDS * fps) + max(past, judgement),
                       math.ceil(FUTURE_SECONDS * fps) + max(future, judgement))

    def lookahead(self, fps: float) -> int:
        """The longer of network and robust filter; gate and judgement use the same future."""
        robust = self._robust.lookahead(fps)
        return robust if self.network is None else max(self.network.support(fps).future, robust)

    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        brief = [i for i, run in enumerate(runs) if len(run.coords) < 5]
        results = partly_filtered(
            lambda short: self._robust._filter_together(short, fps), runs, brief)
        groups = [(numbers, *stacked(runs, numbers)) for numbers in alike(runs)
                  if len(runs[numbers[0]].coords) >= 5]
        tracks = [gate(coords, fps, weights) for _, coords, weights in groups]
        refined = self._refined(runs, groups, tracks, fps)
        for (numbers, coords, _), found in zip(groups, tracks):
            wanted = [runs[i].judgement is not None for i in numbers]
            # The network supports all people of a shape, or none.
            network = (np.stack([refined[i] for i in numbers], axis=1)
                       if numbers[0] in refined else None)
            first, result, judgement = self._judged(
                coords, *found, network, runs[numbers[0]].first, fps, any(wanted))
            for place, i in enumerate(numbers):
                results[i] = np.concatenate([found[2].coords[:first, place], result[:, place]])
                own = runs[i].judgement
                if own is not None:
                    own.fill(slice(None), Judgement(
                        *(values[:, place] for values in judgement)).after(first))
        return results

    def _refined(self, runs: Sequence[Run], groups: Sequence[tuple[Any, ...]],
                 tracks: Sequence[tuple[Any, ...]], fps: float) -> dict[int, np.ndarray]:
        """The network's results for the people that it supports, by number of the run."""
        network = self.network
        if network is None:
            return {}
        before = math.ceil((_NETWORK_SECONDS + SHARE_SECONDS) * fps) + 1
        # One call for all people.
        known = {i: gated[:, place] for (numbers, *_), (gated, *_) in zip(groups, tracks)
                 for place, i in enumerate(numbers)
                 if network.knows(runs[i].coords)}
        return dict(zip(known, network.filter_runs(
            [Run(gated, first=max(0, runs[i].first - before), origin=runs[i].origin)
             for i, gated in known.items()], fps)))

    def _judged(self, coords: np.ndarray, gated: np.ndarray, far: np.ndarray, track: RobustTrack,
                network: np.ndarray | None, first: int, fps: float,
                spread: bool) -> tuple[int, np.ndarray, Judgement]:
        """The results of people (T, P, K, C) from a frame on, that frame, and the judgement."""
        # Earlier frames: those that the shares depend on, and those that their measures depend on.
        shares = max(0, first - math.ceil(SHARE_SECONDS * fps) - 1)
        start = max(0, shares - math.ceil(TRACK_SECONDS * fps) - 1)
        track, coords, gated, far = _rows(track, start), coords[start:], gated[start:], far[start:]
        change = None if network is None else network_change(network[start:], track)
        trust = gate_of(coords.shape[-1])
        # Divisions by the size of a person whose keypoints coincide: no evidence, the track stays.
        with np.errstate(all='ignore'):
            features = self._features(gated, far, track, change, fps, shares - start,
                                      len(trust.mean))
            coords, gated = coords[shares - start:], gated[shares - start:]
            track = _rows(track, shares - start)
            change = None if change is None else change[shares - start:]
            result, judgement = judged(trust, features, gated, track, change, fps, spread)
            if coords.shape[-1] == 2:
                speed = np.exp(features[..., FEATURES.index('speed')])
                result = follow_newest(result, coords, track, speed, fps)
            if not self.is_body:
                motion = finger_motion(coords, track)
                result = with_motion(result, coords, motion)
                judgement = judgement.with_samples(motion)
        return shares, np.where(np.isfinite(result), result, track.coords), judgement

    def _features(self, gated: np.ndarray, far: np.ndarray, track: RobustTrack,
                  change: np.ndarray | None, fps: float, first: int, number: int) -> np.ndarray:
        """The measures of people; in a whole body, those of the body do not depend on the rest.

        Some are means over all keypoints, and hands and face would outvote the body.
        """
        if gated.shape[-2] <= MOST_TOGETHER:
            return trust_features(gated, far, track, change, fps, self.is_body, first, number)
        return np.concatenate([trust_features(
            gated[..., part, :], far[..., part], _keypoints(track, part),
            None if change is None else change[..., part, :], fps, self.is_body, first, number)
            for part in (slice(BODY_SIZE), slice(BODY_SIZE, None))], axis=-2)


def _keypoints(track: RobustTrack, part: slice) -> RobustTrack:
    """A track of some of a person's keypoints; the body size stays."""
    return dataclasses.replace(track, coords=track.coords[..., part, :], **{
        name: getattr(track, name)[..., part]
        for name in ('scale', 'distance', 'weights', 'cutoff')})


def _rows(track: RobustTrack, start: int) -> RobustTrack:
    """A track from a frame on."""
    return RobustTrack(**{entry.name: getattr(track, entry.name)[start:]
                          for entry in dataclasses.fields(track)})


@lru_cache(maxsize=4)
def gate_of(width: int) -> TrustGate:
    """The packaged gate for so many values per keypoint."""
    from safetensors.numpy import load_file
    return TrustGate.of_arrays(load_file(TRUST[width].checked_path()))
