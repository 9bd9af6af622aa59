"""The results between which the trust gate chooses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from smoothnet_plugin.filters.default_filter import GREATEST_FPS, LEAST_FPS, _is_body
from smoothnet_plugin.filters.learned_filter import FEWEST_KEYPOINTS, LearnedFilter
from smoothnet_plugin.processing.blending import network_change
from smoothnet_plugin.processing.gaps import interpolate_missing
from smoothnet_plugin.processing.outliers import gate
from smoothnet_plugin.processing.robust_track import RobustTrack

from .clips import TrainingClip


@dataclass
class Candidates:
    """One clip as input of the gate.

    Attributes:
        clip: The clip; keypoints that are never seen are left out.
        gated: Coordinates without outliers, shape (T, K, C), NaN where missing.
        far: Which samples were replaced, shape (T, K).
        track: The robust track.
        change: What the network's result differs from the track by, or None without a network.
        is_body: Whether the keypoints are known to be a human body.
    """

    clip: TrainingClip
    gated: np.ndarray
    far: np.ndarray
    track: RobustTrack
    change: np.ndarray | None
    is_body: bool


def candidates(clips: Iterable[TrainingClip], network: LearnedFilter) -> Iterator[Candidates]:
    """Robust track and network's result of clips, as the filter of ``default`` computes them."""
    for clip in clips:
        seen = np.isfinite(clip.coords).all(axis=-1).any(axis=0)
        coords, truth = clip.coords[:, seen], clip.truth[:, seen]
        scores = None if clip.scores is None else clip.scores[:, seen]
        if len(coords) < 5 or not seen.any():
            continue
        clip = TrainingClip(clip.group, coords, scores, truth, clip.fps, clip.names)
        gated, far, track = gate(coords, clip.fps, scores)
        change = None
        if LEAST_FPS <= clip.fps <= GREATEST_FPS and coords.shape[1] >= FEWEST_KEYPOINTS:
            refined = network.filter(gated, fps=clip.fps, origin=0)
            known = np.isfinite(refined).all(axis=-1)
            change = network_change(interpolate_missing(refined, known), track)
        yield Candidates(clip, gated, far, track, change, _is_body(clip.names))
