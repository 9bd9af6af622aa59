"""The packaged network and the robust filter, blended by evidence."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ..processing.blending import SHARE_SECONDS, SHARES, blended, network_change, network_share
from ..processing.evidence import NETWORK_SECONDS, TRACK_SECONDS, evidence_of
from ..processing.outliers import gate
from ..processing.robust_track import RobustTrack
from ..processing.run_end import follow_newest
from .base import BaseFilter, Support
from .learned_filter import FEWEST_KEYPOINTS, LearnedFilter
from .robust_filter import FUTURE_SECONDS, PAST_SECONDS, RobustFilter


class BlendedFilter(BaseFilter):
    """Takes of the network what the run speaks for, and the robust track elsewhere.

    A gate replaces outliers before the network, so one far sample cannot ruin a person. How much
    of the network's result counts follows, frame by frame and keypoint by keypoint, from
    :mod:`smoothnet_plugin.processing.evidence`: much under slow, correlated errors and at rest,
    little under white noise, in fast motion, and for points that are no skeleton. A result lies
    between the two, and at most 15 % of the body size from the robust track; the newest frames of
    2D runs follow fast samples (:mod:`smoothnet_plugin.processing.run_end`).

    People of fewer than five keypoints get the robust filter alone.

    Args:
        network: The network.
        is_body: The keypoints are known to be a human body.
    """

    joint_wise = False
    takes_missing = True
    weighs_outliers = True

    def __init__(self, network: LearnedFilter, is_body: bool) -> None:
        super().__init__('none')
        self.network = network
        self.is_body = is_body
        self._robust = RobustFilter()

    def support(self, fps: float) -> Support:
        """What the track sees, and beyond it what network or evidence see."""
        network = self.network.support(fps)
        evidence = math.ceil((TRACK_SECONDS + SHARE_SECONDS) * fps) + 1
        return Support(math.ceil(PAST_SECONDS * fps) + max(network.past, evidence),
                       math.ceil(FUTURE_SECONDS * fps) + max(network.future, evidence))

    def lookahead(self, fps: float) -> int:
        """What network or robust filter wait for; gate and evidence use the same future."""
        return max(self.network.support(fps).future, self._robust.lookahead(fps))

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return self._filter_newest(coords, fps, weights, 0, None)

    def _filter_newest(self, coords: np.ndarray, fps: float, weights: np.ndarray | None,
                       first: int, origin: int | None) -> np.ndarray:
        total, keypoints, width = coords.shape
        if (keypoints < FEWEST_KEYPOINTS or total < 5 or width not in SHARES
                or self.network._network_for(coords) is None):
            return self._robust._filter(coords, fps, weights)
        gated, _, track = gate(coords, fps, weights)
        seen = max(0, first - math.ceil((NETWORK_SECONDS + SHARE_SECONDS) * fps) - 1)
        refined = self.network.filter(gated, fps=fps, first=seen, origin=origin)
        # Of what lies before, nothing reaches the frames that are wanted.
        start = max(0, first - math.ceil((TRACK_SECONDS + SHARE_SECONDS) * fps) - 1)
        result = track.coords.copy()
        result[start:] = self._blended(
            coords[start:], gated[start:], _since(track, start), refined[start:], fps)
        return result

    def _blended(self, coords: np.ndarray, gated: np.ndarray, track: RobustTrack,
                 refined: np.ndarray, fps: float) -> np.ndarray:
        width = coords.shape[2]
        change = network_change(refined, track)
        evidence = evidence_of(gated, track, change, fps, self.is_body)
        result = blended(track, change, network_share(evidence, SHARES[width], fps))
        if width == 2:
            result = follow_newest(result, coords, track, np.exp(evidence.speed), fps)
        return result


def _since(track: RobustTrack, start: int) -> RobustTrack:
    """The frames of a track from ``start`` on."""
    return RobustTrack(**{entry.name: getattr(track, entry.name)[start:]
                          for entry in dataclasses.fields(track)})
