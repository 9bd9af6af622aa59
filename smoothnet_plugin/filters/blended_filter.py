"""The packaged network and the robust filter, blended by evidence."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ..processing.blending import SHARE_SECONDS, SHARES, blended, network_change, network_share
from ..processing.evidence import NETWORK_SECONDS, TRACK_SECONDS, evidence_of
from ..processing.outliers import gate
from ..processing.robust_track import RobustTrack
from ..processing.run_end import follow_newest
from ._together import alike, in_blocks, stacked
from .base import BaseFilter, Run, Support
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
        return self._filter_together([Run(coords, weights=weights)], fps)[0]

    def _filter_together(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        return in_blocks(lambda short: self._short(short, fps), runs, fps)

    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        results = [run.coords for run in runs]
        known = [i for i, run in enumerate(runs) if self._knows(run.coords)]
        others = sorted({*range(len(runs))} - {*known})
        for i, result in zip(others, self._robust._filter_together(
                [runs[i] for i in others], fps)):
            results[i] = result
        runs = [runs[i] for i in known]
        groups = [(numbers, *stacked(runs, numbers)) for numbers in alike(runs)]
        tracks = [gate(coords, fps, weights) for _, coords, weights in groups]
        before = math.ceil((NETWORK_SECONDS + SHARE_SECONDS) * fps) + 1
        # The network sees all people at once.
        order = [i for numbers, *_ in groups for i in numbers]
        refined = dict(zip(order, self.network.filter_runs(
            [Run(gated[:, place], first=max(0, runs[i].first - before), origin=runs[i].origin)
             for (numbers, *_), (gated, *_) in zip(groups, tracks)
             for place, i in enumerate(numbers)], fps)))
        for (numbers, coords, _), (gated, _, track) in zip(groups, tracks):
            # Of what lies before, nothing reaches the frames that are wanted.
            start = max(0, runs[numbers[0]].first
                        - math.ceil((TRACK_SECONDS + SHARE_SECONDS) * fps) - 1)
            people = track.coords.copy()
            people[start:] = self._blended(
                coords[start:], gated[start:], _since(track, start),
                np.stack([refined[i][start:] for i in numbers], axis=1), fps)
            for place, i in enumerate(numbers):
                results[known[i]] = people[:, place]
        return results

    def _knows(self, coords: np.ndarray) -> bool:
        """Whether there is a network for the poses, and enough of them."""
        total, keypoints, width = coords.shape
        return (keypoints >= FEWEST_KEYPOINTS and total >= 5 and width in SHARES
                and self.network._network_for(coords) is not None)

    def _blended(self, coords: np.ndarray, gated: np.ndarray, track: RobustTrack,
                 refined: np.ndarray, fps: float) -> np.ndarray:
        width = coords.shape[-1]
        change = network_change(refined, track)
        # Divisions by the size of a person whose keypoints coincide: no evidence, the track stays.
        with np.errstate(all='ignore'):
            evidence = evidence_of(gated, track, change, fps, self.is_body)
            result = blended(track, change, network_share(evidence, SHARES[width], fps))
            if width == 2:
                result = follow_newest(result, coords, track, np.exp(evidence.speed), fps)
        return np.where(np.isfinite(result), result, track.coords)


def _since(track: RobustTrack, start: int) -> RobustTrack:
    """The frames of a track from ``start`` on."""
    return RobustTrack(**{entry.name: getattr(track, entry.name)[start:]
                          for entry in dataclasses.fields(track)})
