"""What a filter finds out about its own result."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Judgement(NamedTuple):
    """The gate's findings for every keypoint and frame, each of shape (T, ..., K).

    Attributes:
        network: Share of the network in the result, 0 to 1. The self-check may further reduce its
            slow changes.
        samples: Share of the samples, outliers replaced, 0 to 1. The remainder is the share of the
            robust track.
        spread: Distance within which the true keypoint lies in two of three cases, in the unit of
            the coordinates, > 0; NaN where it is unknown or not requested.
        stepped_back: 1 where the self-check limits the network's slow changes, else 0.
    """

    network: np.ndarray
    samples: np.ndarray
    spread: np.ndarray
    stepped_back: np.ndarray

    @classmethod
    def unknown(cls, shape: tuple[int, ...]) -> Judgement:
        """Arrays of NaN, to be filled; shares are float32 to save memory in long clips."""
        return cls(*(np.full(shape, np.nan, np.float64 if name == 'spread' else np.float32)
                     for name in cls._fields))

    def fill(self, keypoints: slice | np.ndarray, found: Judgement) -> None:
        """Write the findings for some keypoints, an index of the second axis."""
        for own, values in zip(self, found):
            own[:, keypoints] = values

    def fill_rows(self, frames: slice, found: Judgement, chosen: slice | np.ndarray) -> None:
        """Write rows ``chosen`` of the findings to some frames."""
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
        """The findings for some frames, as views."""
        return Judgement(*(values[frames] for values in self))

    def with_samples(self, share: np.ndarray) -> Judgement:
        """The findings after the result was moved by a share, shape (T, ..., K), to the samples."""
        return self._replace(network=self.network * (1 - share),
                             samples=self.samples + (1 - self.samples) * share)

    def after(self, frames: int) -> Judgement:
        """The findings with this many unknown frames before them."""
        return Judgement(*(np.concatenate([np.full((frames, values.shape[1]), np.nan), values])
                           for values in self)) if frames else self
