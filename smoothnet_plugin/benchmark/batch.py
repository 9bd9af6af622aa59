"""Smoothing many clips at once, with the results of smoothing each alone.

Filters that treat every keypoint alone see clips of one length as one skeleton with many
keypoints; causal ones see clips of any length so, held at their end. That is one call of the
filter for hundreds of clips, which makes tuning on a grid quick. Everything else goes through the
smoother clip by clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..filters import LearnedFilter
from ..smoothers import PoseSmoother
from ..smoothers.chain import Stage, blend
from ..smoothers.pose_info import PoseInfo
from .clips import Clip

#: Values that go through a filter at once: 16 MiB of float64.
_VALUES_PER_CALL = 1 << 21
#: Pieces of clips that are cut at once for a limited look-ahead.
_PIECES_PER_CALL = 2048


def smooth_clips(smoother: PoseSmoother, clips: Sequence[Clip],
                 lookahead: int | None = None) -> list[np.ndarray]:
    """Smooth every clip.

    Args:
        smoother: The smoother.
        clips: The clips.
        lookahead: Frames of future that a frame's result may depend on: what a live viewer sees
            that many frames late. Defaults to None, the whole clip.

    Returns:
        Per clip the smoothed coordinates, shape (T, K, C), dtype of the clip.
    """
    results: list[np.ndarray | None] = [None] * len(clips)
    for fps in sorted({clip.fps for clip in clips}):
        together = [i for i, clip in enumerate(clips)
                    if clip.fps == fps and _can_be_stacked(smoother, clip)]
        for i, result in zip(together, _stacked(
                smoother, [clips[i] for i in together], fps, lookahead)):
            coords = clips[i].coords
            results[i] = blend(coords, result, smoother.strength).astype(coords.dtype)
    return [_alone(smoother, clip, lookahead) if result is None else result
            for clip, result in zip(clips, results)]


def _can_be_stacked(smoother: PoseSmoother, clip: Clip) -> bool:
    return all(f.joint_wise for f in smoother.filters) and _is_whole(smoother, clip)


def _is_whole(smoother: PoseSmoother, clip: Clip) -> bool:
    """Every keypoint is one run from the first frame to the last, and scores have no say."""
    weighted = any(getattr(f, 'weighting', 'none') != 'none' for f in smoother.filters)
    return (clip.representation.startswith('keypoints') and len(clip.coords) > 0
            and not (clip.scores is not None and (weighted or smoother.keypoint_thr > 0))
            and bool(np.isfinite(clip.coords).all()))


def _alone(smoother: PoseSmoother, clip: Clip, lookahead: int | None) -> np.ndarray:
    tracks = clip.tracks()
    if not len(clip.coords):
        return clip.coords
    if lookahead is None:
        return smoother.smooth(tracks)[0].coords
    learned = smoother.filters[0]
    if (isinstance(learned, LearnedFilter) and len(smoother.filters) == 1
            and _is_whole(smoother, clip)):
        known = learned.at_lookahead(clip.coords, clip.fps, lookahead, origin=0)
        if known is not None:
            return blend(clip.coords, known, smoother.strength).astype(clip.coords.dtype)
    return smoother.for_video(lookahead=lookahead).replay(tracks)[0].coords


def _stacked(smoother: PoseSmoother, clips: Sequence[Clip], fps: float,
             lookahead: int | None) -> list[np.ndarray]:
    filters = smoother.filters
    arrays = [clip.coords.astype(np.float64) for clip in clips]
    chains = [PoseInfo(fps, clip.representation, clip.unit, smoother.image_size,
                      tuple(clip.meta.get('root_indices') or ())).stages(
                          filters, array[0], np.ones(array.shape[1], dtype=bool))
              for clip, array in zip(clips, arrays)]
    offline = _apply(chains, arrays, fps)
    past = sum(f.support(fps).past for f in filters)
    future = sum(f.support(fps).future for f in filters)
    if lookahead is None or lookahead >= future or not clips:
        return offline
    # The last frames have all the future there is; every other one is cut out with its past.
    pieces = [(clip, max(0, frame - past), frame, frame + lookahead + 1)
              for clip, array in enumerate(arrays)
              for frame in range(len(array) - 1 - lookahead)]
    pieces.sort(key=lambda piece: piece[3] - piece[1])
    for first in range(0, len(pieces), _PIECES_PER_CALL):
        part = pieces[first:first + _PIECES_PER_CALL]
        live = _apply([chains[clip] for clip, *_ in part],
                      [arrays[clip][start:stop] for clip, start, _, stop in part], fps)
        for (clip, start, frame, _), result in zip(part, live):
            offline[clip][frame] = result[frame - start]
    return offline


def _apply(chains: Sequence[Sequence[Stage]], arrays: Sequence[np.ndarray],
           fps: float) -> list[np.ndarray]:
    """Every clip through its chain of stages, all whole."""
    arrays = list(arrays)
    for position in range(len(chains[0]) if chains else 0):
        stages = [chain[position] for chain in chains]
        arrays = [stage.normalization.apply(array) for stage, array in zip(stages, arrays)]
        for group in _groups(arrays, stages[0].filter.causal):
            longest = max(len(arrays[i]) for i in group)
            stack = np.concatenate([_held(arrays[i], longest) for i in group], axis=1)
            filtered = stages[0].filter.filter(stack, fps=fps)
            first = 0
            for i in group:
                frames, keypoints = arrays[i].shape[:2]
                part = filtered[:frames, first:first + keypoints]
                arrays[i] = stages[i].normalization.invert(part)
                first += keypoints
    return arrays


def _groups(arrays: Sequence[np.ndarray], causal: bool) -> Iterator[list[int]]:
    """Clips to stack: of the same width and, unless the filter is causal, of the same length."""
    order = sorted(range(len(arrays)), key=lambda i: (arrays[i].shape[2], len(arrays[i])))
    group: list[int] = []
    values = 0
    for i in order:
        array = arrays[i]
        alike = group and array.shape[2] == arrays[group[0]].shape[2] and (
            causal or len(array) == len(arrays[group[0]]))
        if group and (not alike or values + array.size > _VALUES_PER_CALL):
            yield group
            group, values = [], 0
        group.append(i)
        values += array.size
    if group:
        yield group


def _held(array: np.ndarray, frames: int) -> np.ndarray:
    """The array with its last frame repeated up to a length."""
    if len(array) == frames:
        return array
    return np.concatenate([array, np.broadcast_to(
        array[-1], (frames - len(array), *array.shape[1:]))])
