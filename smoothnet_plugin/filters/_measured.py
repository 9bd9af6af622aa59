"""Runs with missing keypoints: what a filter gets of them, and what the caller gets back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..processing.gaps import fill_missing, interpolate_missing
from ..processing.judgement import Judgement
from ..utils.arrays import all_true
from .run import Run


class Place(NamedTuple):
    """The place in a run of the part that goes through a filter.

    Attributes:
        seen: Its keypoints, shape (K,), bool; None for all.
        measured: Samples of the part that are measured, shape (T, keypoints of the part), bool:
            the others are interpolated in the filter's result. None where they are already.
        judgement: What the filter found out about the part, if it is not the run's own.
    """

    seen: np.ndarray | None = None
    measured: np.ndarray | None = None
    judgement: Judgement | None = None

    def whole(self, given: Run, result: np.ndarray) -> np.ndarray:
        """The result for all keypoints of a run, whose judgement is filled.

        Args:
            given: The whole run.
            result: What the filter made of the part; may be changed.
        """
        if self.measured is not None:
            fill_missing(result, self.measured)
        if self.seen is None:
            return result
        if given.judgement is not None and self.judgement is not None:
            given.judgement.fill(np.flatnonzero(self.seen), self.judgement)
        coords = given.coords.copy()
        coords[:, self.seen] = result
        return coords


def measured_parts(runs: Sequence[Run],
                   takes_missing: bool) -> tuple[list[Run], list[Place | None]]:
    """What a filter gets of runs: keypoints that are measured at least once.

    Args:
        runs: The runs.
        takes_missing: Missing samples are NaN for the filter instead of interpolated.

    Returns:
        The parts for the filter, and per run the place of its part; None for a run without
        measured samples, which has no part.
    """
    parts: list[Run] = []
    places: list[Place | None] = []
    for run in runs:
        usable = run.measured()
        if run.weights is not None:
            weights = np.nan_to_num(run.weights, nan=0.0, posinf=1.0, neginf=0.0)
            run = run._replace(weights=np.maximum(weights, 0.0, out=weights))
        if usable.size and all_true(usable):
            parts.append(run)
            places.append(Place())
            continue
        seen = np.asarray(usable.any(axis=0) if len(usable)
                          else np.zeros(usable.shape[1], dtype=bool))
        if not seen.any():
            places.append(None)
            continue
        if seen.all():
            parts.append(run._replace(coords=_without_gaps(run.coords, usable, takes_missing)))
            places.append(Place(None, usable if takes_missing else None))
            continue
        known = usable[:, seen]
        judgement = None if run.judgement is None else Judgement.unknown(known.shape)
        parts.append(run._replace(
            coords=_without_gaps(run.coords[:, seen], known, takes_missing),
            weights=None if run.weights is None else run.weights[:, seen], judgement=judgement))
        places.append(Place(seen, known if takes_missing else None, judgement))
    return parts, places


def _without_gaps(coords: np.ndarray, known: np.ndarray, takes_missing: bool) -> np.ndarray:
    """A copy of coordinates as a filter takes them, by where they are known."""
    return (np.where(known[..., None], coords, np.nan) if takes_missing
            else interpolate_missing(coords, known))
