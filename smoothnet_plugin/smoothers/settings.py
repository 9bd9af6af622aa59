"""The settings of a smoother, as one immutable value.

Live and whole-track smoothing read their parameters from here, so neither needs to know the
:class:`~smoothnet_plugin.smoothers.PoseSmoother` that a user holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..filters.base import BaseFilter

#: What exact zeros in the coordinates mean.
ZEROS = ('auto', 'missing', 'measured')
#: What keypoints are before their first sample and after their last one.
ENDS = ('missing', 'hold')
#: Which of the two signs quaternions come back with.
QUATERNION_SIGNS = ('continuous', 'input')


class PreparationCounts(NamedTuple):
    """Counts of the preprocessing before the filters, and the statistics of the default filter.

    Attributes:
        exchanged: Group-frames whose left and right were swapped back.
        placeholders: Keypoints that hold a placeholder such as (0, 0).
        isolated: Samples that a body cannot have, treated as missing.
        repeated: Samples that repeat the frame before, treated as missing.
        judged: Samples for which the filter weighted its sources.
        network: Sum of the network's shares in these.
        samples: Sum of the shares of the samples themselves.
        spread: Sum of the predicted spreads, in the unit of the coordinates.
        stepped_back: Samples where the self-check limits what the network changes.
    """

    exchanged: int = 0
    placeholders: int = 0
    isolated: int = 0
    repeated: int = 0
    judged: float = 0.0
    network: float = 0.0
    samples: float = 0.0
    spread: float = 0.0
    stepped_back: float = 0.0

    def plus(self, other: PreparationCounts) -> PreparationCounts:
        """The sum of two counts."""
        return PreparationCounts._make(one + more for one, more in zip(self, other))


@dataclass(frozen=True)
class SmootherSettings:
    """Filters and parameters; :class:`PoseSmoother` documents and checks each of them.

    Attributes:
        filters: The chain.
        lookahead: Frames of future that live smoothing waits for, or None for what the filters
            want.
        max_gap: Longest gap that is interpolated, in frames.
        keypoint_thr: Keypoints with a lower score count as missing.
        strength: Share of the filters' effect, 0 to 1.
        zeros: One of :data:`ZEROS`.
        ends: One of :data:`ENDS`.
        exchanges: Whether left and right are swapped back where the estimator swapped them.
        outliers: Whether isolated samples are treated as missing
            (:mod:`smoothnet_plugin.processing.isolated`), and repeated ones before filters that
            do not weigh them (:mod:`smoothnet_plugin.processing.repeats`).
        quaternion_signs: One of :data:`QUATERNION_SIGNS`.
        spread: Whether live poses carry their predicted spread.
    """

    filters: tuple[BaseFilter, ...]
    lookahead: int | None
    max_gap: int
    keypoint_thr: float
    strength: float
    zeros: str
    ends: str
    exchanges: bool
    outliers: bool
    quaternion_signs: str
    spread: bool

    @property
    def hides_outliers(self) -> bool:
        """Whether isolated samples are treated as missing."""
        return bool(self.outliers and self.strength)

    @property
    def hides_repeats(self) -> bool:
        """Whether repeated samples are, before filters that do not weigh them."""
        return self.hides_outliers and not all(entry.weighs_outliers for entry in self.filters)

    @property
    def weighs_repeats(self) -> bool:
        """Whether a filter of the chain gives repeated samples a low weight."""
        return any(entry.weighs_outliers for entry in self.filters)

    def latency_at(self, fps: float) -> int:
        """Frames by which live results are delayed at ``fps`` frames per second."""
        if self.lookahead is not None:
            return self.lookahead
        return sum(entry.lookahead(fps) for entry in self.filters)
