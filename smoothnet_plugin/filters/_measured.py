"""Runs with missing keypoints: what a filter gets of them, and what the caller gets back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..processing.gaps import interpolate_missing
from ..processing.trust import Judgement
from ..utils.arrays import all_true, finite_keypoints
from .run import Run


class MeasuredPart(NamedTuple):
    """The part of a run that goes through a filter.

    Attributes:
        run: The keypoints that are measured at least once.
        seen: Which keypoints of the whole run these are, shape (K,), bool; None for all.
        known: Which of their samples are measured, shape (T, seen keypoints), bool; None for all.
        takes_missing: The others are NaN for the filter instead of interpolated.
    """

    run: Run
    seen: np.ndarray | None = None
    known: np.ndarray | None = None
    takes_missing: bool = False

    def whole(self, given: Run, result: np.ndarray) -> np.ndarray:
        """The result for all keypoints of the run that was given.

        Args:
            given: The whole run. Its judgement is filled.
            result: What the filter made of the part, NaN at most where a sample is missing.
        """
        if self.seen is None or self.known is None:
            return result
        if given.judgement is not None and self.run.judgement is not None:
            given.judgement.fill(np.flatnonzero(self.seen), self.run.judgement)
        coords = given.coords.copy()
        coords[:, self.seen] = (
            interpolate_missing(result, self.known) if self.takes_missing else result)
        return coords


def measured_part(run: Run, takes_missing: bool) -> MeasuredPart | None:
    """What a filter gets of a run; None if nothing of it is measured.

    Args:
        run: The run.
        takes_missing: Missing samples are NaN for the filter instead of interpolated.
    """
    usable = finite_keypoints(run.coords)
    if run.usable is not None:
        usable &= run.usable
    if run.weights is not None:
        run = run._replace(weights=np.nan_to_num(
            run.weights, nan=0.0, posinf=1.0, neginf=0.0).clip(min=0.0))
    if usable.size and all_true(usable):
        return MeasuredPart(run)
    seen = np.asarray(usable.any(axis=0) if len(usable)
                      else np.zeros(usable.shape[1], dtype=bool))
    if not seen.any():
        return None
    coords, known = run.coords[:, seen], usable[:, seen]
    return MeasuredPart(run._replace(
        coords=np.where(known[..., None], coords, np.nan) if takes_missing
        else interpolate_missing(coords, known),
        weights=None if run.weights is None else run.weights[:, seen],
        judgement=None if run.judgement is None else Judgement.unknown(known.shape)),
        seen, known, takes_missing)
