"""Weights of samples from an estimator's scores.

A score is meaningful only relative to other scores of the same keypoint: right wrists score 0.6
with OpenPose, 0.9 with MoveNet and 0.99 with MediaPipe. The weight is therefore the ratio of the
score to the keypoint's usual score around that time.
"""

from __future__ import annotations

import numpy as np

from .rolling import rolling_quantile

#: Seconds on either side from which a keypoint's usual score is taken.
USUAL_SECONDS = 1.0
#: The usual score is the upper quartile: the score of a clearly visible keypoint.
USUAL_SHARE = 0.75
#: Smallest weight of a score above 0.
LEAST = 0.02
#: Weight of a score of exactly 0, which formats write for "not found".
NOT_FOUND = 1e-3


def score_weights(scores: np.ndarray, fps: float) -> np.ndarray:
    """Weights of samples from their scores.

    The weight is proportional to the score, and 1 from the keypoint's usual score of the
    surrounding two seconds upwards. Constant scores of any size, and NaN scores, give weights of 1.

    Args:
        scores: Shape (T, K), on any scale that grows with confidence; negative ones count as 0.
        fps: Frames per second.

    Returns:
        Shape (T, K), 0 < weight <= 1, monotone in the score.
    """
    if not scores.size:
        return np.ones(scores.shape)
    values = np.where(np.isfinite(scores), np.maximum(scores, 0.0), np.nan)
    usual = rolling_quantile(np.where(values > 0, values, np.nan),
                             max(1, round(USUAL_SECONDS * fps)), USUAL_SHARE)
    with np.errstate(invalid='ignore', over='ignore', divide='ignore'):
        share = np.where(values > 0, np.clip(values / usual, LEAST, 1.0), NOT_FOUND)
    return np.where(np.isfinite(values) & np.isfinite(usual), share, 1.0)
