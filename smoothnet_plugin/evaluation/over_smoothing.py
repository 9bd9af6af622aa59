"""What a smoother took away besides the jitter, as an MMEngine metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..registry import METRICS
from . import functional as F
from .functional.arrays import chunks
from .results import SequenceResult
from .sequence_metric import SequenceMetric, exact_sum, with_improvements

_IDEALS = {'lag_frames': 0.0, 'high_frequency_ratio': 1.0, 'peak_attenuation': 0.0}
#: Half the width of a fast peak, in seconds.
_PEAK_SECONDS = 0.1
#: Longer clips are cut; spectra and correlations of the pieces are added up.
_PIECE = 4096


@METRICS.register_module()
class OverSmoothingMetric(SequenceMetric):
    """Lag, lost fast motion and cut peaks before and after refinement.

    Keys, each also as ``input_x`` and ``improvement_x`` (change of the distance to the ideal
    value, negative is better):

    - ``lag_frames``: delay behind the truth, ideally 0 (:func:`.functional.lag_frames`);
    - ``high_frequency_ratio``: power above the cut-off over the truth's, ideally 1: above jitter
      is left, below motion is lost (:func:`.functional.high_frequency_ratio`);
    - ``peak_attenuation``: lost share of the truth's fast peaks, ideally 0
      (:func:`.functional.peak_attenuation` with peaks of 0.2 s).

    Clips are pooled by the sums that each measure is made of, so still or short ones weigh
    little. Coordinates are taken as they are, without root alignment.

    Args:
        cutoff: What is fast, in Hz; below half of every clip's frame rate. Defaults to 5.0.
        max_lag: Largest delay looked for, in frames, >= 1. Defaults to 30.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        prefix: Put before all keys, with a slash. Defaults to None.
    """

    def __init__(self, cutoff: float = 5.0, max_lag: int = 30, per_sequence: bool = False,
                 prefix: str | None = None) -> None:
        super().__init__(per_sequence, prefix=prefix)
        self.cutoff = cutoff
        self.max_lag = max_lag

    def measure(self, result: SequenceResult) -> dict[str, Any]:
        """The sums behind the three measures."""
        if result.target is None:
            return {'sums': {}}
        fps = float(result.require('fps', 'frames per second'))
        share = F.spectrum_share(self.cutoff, fps)
        half_width = max(1, round(_PEAK_SECONDS * fps))
        sums: dict[str, np.ndarray] = {}
        for prefix, coords in (('input_', result.inputs), ('', result.pred)):
            pieces = [(coords[p], result.target[p], result.mask[p])
                      for p in chunks(len(coords), size=_PIECE)]
            sums[f'{prefix}lag_frames'] = exact_sum(
                [F.lag_statistics(*piece, max_lag=self.max_lag) for piece in pieces])
            sums[f'{prefix}high_frequency_ratio'] = exact_sum(
                [np.array(F.high_frequency_energies(*piece, share=share)) for piece in pieces])
            sums[f'{prefix}peak_attenuation'] = exact_sum(
                [np.array(F.peak_energies(*piece, half_width=half_width)) for piece in pieces])
        return {'sums': sums}

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Add the sums up and divide."""
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
