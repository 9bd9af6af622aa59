"""Over-smoothing: lag and motion that a smoother removes with the jitter, as an MMEngine metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..registry import METRICS
from . import functional as F
from .clip import Clip
from .functional.arrays import chunks
from .sequence_metric import SequenceMetric, exact_sum, with_improvements

_IDEALS = {'lag_frames': 0.0, 'high_frequency_ratio': 1.0, 'peak_attenuation': 0.0}
#: Half the width of a fast peak, in seconds.
_PEAK_SECONDS = 0.1
#: Frames of a piece; the spectra and correlations of longer clips are summed over pieces.
_PIECE = 4096


@METRICS.register_module()
class OverSmoothingMetric(SequenceMetric):
    """Lag, loss of fast motion and attenuation of peaks before and after refinement.

    Keys, each also as ``input_x`` and ``improvement_x`` (change of the distance to the ideal
    value, negative is better):

    - ``lag_frames``: delay behind the truth, ideally 0 (:func:`.functional.lag_frames`);
    - ``high_frequency_ratio``: power above the cut-off over that of the truth, ideally 1; a larger
      value is remaining jitter, a smaller one is lost motion
      (:func:`.functional.high_frequency_ratio`);
    - ``peak_attenuation``: lost share of the fast peaks of the truth, ideally 0
      (:func:`.functional.peak_attenuation` with peaks of 0.2 s).

    The sums behind each measure are added over the clips, so clips that are short or show little
    motion have little weight. Coordinates are not aligned by the root.

    Args:
        cutoff: Lower limit of fast motion in Hz, below half of the frame rate of every clip.
            Defaults to 5.0.
        max_lag: Largest delay to search for, in frames, >= 1. Defaults to 30.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        prefix: Put before all keys, with a slash. Defaults to None.
    """

    def __init__(self, cutoff: float = 5.0, max_lag: int = 30, per_sequence: bool = False,
                 prefix: str | None = None) -> None:
        super().__init__(per_sequence, prefix=prefix)
        self.cutoff = cutoff
        self.max_lag = max_lag

    def measure(self, clip: Clip) -> dict[str, Any]:
        """The sums behind the three measures."""
        if clip.target is None:
            return {'sums': {}}
        fps = float(clip.require('fps', 'frames per second'))
        share = F.spectrum_share(self.cutoff, fps)
        half_width = max(1, round(_PEAK_SECONDS * fps))
        sums: dict[str, np.ndarray] = {}
        for prefix, coords in clip.estimates.items():
            pieces = [(coords[p], clip.target[p], clip.mask[p])
                      for p in chunks(len(coords), size=_PIECE)]
            sums[f'{prefix}lag_frames'] = exact_sum(
                [F.lag_statistics(*piece, max_lag=self.max_lag) for piece in pieces])
            sums[f'{prefix}high_frequency_ratio'] = exact_sum(
                [np.array(F.high_frequency_energies(*piece, share=share)) for piece in pieces])
            sums[f'{prefix}peak_attenuation'] = exact_sum(
                [np.array(F.peak_energies(*piece, half_width=half_width)) for piece in pieces])
        return {'sums': sums}

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """The three measures from the sums over all clips."""
        values = {}
        measured = [record['sums'] for record in records if record['sums']]
        for key in _IDEALS:
            for name in (f'input_{key}', key):
                total = exact_sum([sums[name] for sums in measured]) if measured else None
                values[name] = math.nan if total is None else _finish(key, total)
        return with_improvements(values, _IDEALS)


def _finish(key: str, total: np.ndarray) -> float:
    if key == 'lag_frames':
        return F.lag_of_statistics(total)
    part, whole = total.tolist()
    if not whole > 0:
        return math.nan
    return 1 - part / whole if key == 'peak_attenuation' else part / whole
