"""Smoothing many clips in few calls, with the results of smoothing each clip alone.

A chain of filters that treat every keypoint alone runs on clips of one length side by side along
the keypoint axis, as if they were one skeleton with many keypoints. A causal chain also takes
clips of different lengths: shorter ones hold their last frame. One call of the chain then serves
hundreds of clips, which makes a grid search quick. All other clips go through
:meth:`PoseSmoother.smooth` or :meth:`PoseSmoother.replay` one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..evaluation.clip import Clip
from ..smoothers import PoseSmoother
from ..smoothers.chain import Stage, apply_chain, blend, fixed_lag, stacked
from ..smoothers.pose_info import PoseInfo
from ..structures import ASSUMED_FPS

#: Values that one call of a chain takes: 16 MiB of float64.
_VALUES_PER_CALL = 1 << 21
#: Pieces of clips that are cut at once for a limited look-ahead.
_PIECES_PER_CALL = 2048


@dataclass(frozen=True)
class _Run:
    """A gap-free clip, or a piece of one, with the chain that smooths it.

    Attributes:
        stages: The chain with the constants of the clip.
        coords: Shape (T, K, C), float64, finite.
        weights: Confidence, shape (T, K), or None.
        fps: Frames per second.
    """

    stages: Sequence[Stage]
    coords: np.ndarray
    weights: np.ndarray | None
    fps: float

    def __getitem__(self, rows: slice) -> _Run:
        weights = None if self.weights is None else self.weights[rows]
        return _Run(self.stages, self.coords[rows], weights, self.fps)


def smooth_clips(smoother: PoseSmoother, clips: Sequence[Clip],
                 lookahead: int | None = None) -> list[np.ndarray]:
    """Smooth every clip.

    Args:
        smoother: The smoother.
        clips: The clips.
        lookahead: Frames of future that the result of a frame may depend on: the live result
            with this delay. Defaults to None, the whole clip.

    Returns:
        The smoothed coordinates of each clip, shape (T, K, C), dtype of the clip.
    """
    runs = [_run(smoother, clip) for clip in clips]
    results: dict[int, np.ndarray] = {}
    if all(entry.joint_wise for entry in smoother.settings.filters):
        whole = {number: run for number, run in enumerate(runs) if run is not None}
        results = dict(zip(whole, _stacked(list(whole.values()), lookahead)))
    elif lookahead is not None:
        for number, run in enumerate(runs):
            live = None if run is None else fixed_lag(
                run.stages, run.coords, run.fps, lookahead)
            if live is not None:
                results[number] = live
    return [blend(clip.inputs, results[number], smoother.strength).astype(clip.inputs.dtype)
            if number in results else _alone(smoother, clip, lookahead)
            for number, clip in enumerate(clips)]


def _run(smoother: PoseSmoother, clip: Clip) -> _Run | None:
    """The clip as one run of all keypoints; None where it needs more than filtering."""
    coords, scores, settings = clip.inputs.astype(np.float64), clip.scores, smoother.settings
    if not len(coords) or settings.exchanges:
        return None
    tracks = clip.tracks().replace(image_size=smoother.image_size)
    fps = clip.fps or smoother.fps or ASSUMED_FPS
    info = PoseInfo.of_track(tracks[0], tracks, fps)
    if info.is_rotation or info.missing(coords, scores, None, settings)[0].any():
        return None
    stages = info.stages(settings.filters, coords[0], np.ones(coords.shape[1], dtype=bool))
    return _Run(stages, coords, None if scores is None else scores.astype(np.float64), fps)


def _alone(smoother: PoseSmoother, clip: Clip, lookahead: int | None) -> np.ndarray:
    if not len(clip.inputs):
        return clip.inputs
    if lookahead is None:
        return smoother.smooth(clip.tracks())[0].coords
    return smoother.for_video(lookahead=lookahead).replay(clip.tracks())[0].coords


def _stacked(runs: Sequence[_Run], lookahead: int | None) -> list[np.ndarray]:
    """Smooth gap-free clips by a joint-wise chain."""
    offline = _together(runs)
    if lookahead is None:
        return offline
    # The last frames have all the future there is; every other one is cut out with its past.
    pieces: list[tuple[int, slice]] = []
    for number, run in enumerate(runs):
        supports = [stage.filter.support(run.fps) for stage in run.stages]
        past = sum(support.past for support in supports)
        if lookahead < sum(support.future for support in supports):
            pieces += [(number, slice(max(0, frame - past), frame + lookahead + 1))
                       for frame in range(len(run.coords) - 1 - lookahead)]
    pieces.sort(key=lambda piece: piece[1].stop - piece[1].start)
    for first in range(0, len(pieces), _PIECES_PER_CALL):
        part = pieces[first:first + _PIECES_PER_CALL]
        live = _together([runs[number][rows] for number, rows in part])
        for (number, rows), result in zip(part, live):
            offline[number][rows.stop - lookahead - 1] = result[-lookahead - 1]
    return offline


def _together(runs: Sequence[_Run]) -> list[np.ndarray]:
    """Smooth every run by its own chain, with as many as possible in one call."""
    results: dict[int, np.ndarray] = {}
    for group in _groups(runs):
        parts = [runs[number] for number in group]
        frames = max(len(part.coords) for part in parts)
        keypoints = [part.coords.shape[1] for part in parts]
        coords = np.concatenate([_held(part.coords, frames) for part in parts], axis=1)
        weights = [_held(part.weights, frames) for part in parts if part.weights is not None]
        smoothed = apply_chain(
            stacked([part.stages for part in parts], keypoints), coords,
            np.ones(coords.shape[:2], dtype=bool),
            np.concatenate(weights, axis=1) if weights else None, parts[0].fps)
        shares = np.split(smoothed, np.cumsum(keypoints)[:-1], axis=1)
        for number, part, share in zip(group, parts, shares):
            results[number] = share[:len(part.coords)]
    return [results[number] for number in range(len(runs))]


def _groups(runs: Sequence[_Run]) -> Iterator[list[int]]:
    """Runs to stack: alike, and of the same length unless the chain is causal."""
    kinds = [(run.fps, run.weights is None, run.coords.shape[2],
              0 if all(stage.filter.causal for stage in run.stages) else len(run.coords))
             for run in runs]
    group: list[int] = []
    values = 0
    for number in sorted(range(len(runs)), key=lambda n: (kinds[n], len(runs[n].coords))):
        size = runs[number].coords.size
        if group and (kinds[number] != kinds[group[0]] or values + size > _VALUES_PER_CALL):
            yield group
            group, values = [], 0
        group.append(number)
        values += size
    if group:
        yield group


def _held(array: np.ndarray, frames: int) -> np.ndarray:
    """The array with its last row repeated up to a length."""
    if len(array) == frames:
        return array
    return array[np.minimum(np.arange(frames), len(array) - 1)]
