"""The losses of the trust gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .model import Sample

#: Errors below these do not count, in body sizes: of positions, keypoints and accelerations.
LEAST, LEAST_KEYPOINT, LEAST_BEND = 3e-4, 6e-4, 2e-4


@dataclass
class Goal:
    """The errors of a clip's candidates, which its result is compared with.

    Attributes:
        input: Mean error of the input.
        keypoints: Root mean square errors of the input's keypoints, shape (K,).
        best: Least mean error of track, network and input.
        best_keypoints: The same by keypoint, root mean square.
        best_bend: Least acceleration error.
    """

    input: float
    keypoints: Tensor
    best: float
    best_keypoints: Tensor
    best_bend: float

    @classmethod
    @torch.no_grad()
    def of(cls, sample: Sample) -> Goal:
        """The goal of a clip."""
        results = [sample.track, sample.input]
        if sample.has_network:
            results.append(sample.track + sample.change)
        means = [float(mean_error(error, sample.known)) for error in results]
        by_keypoint = torch.stack([keypoint_errors(error, sample.known) for error in results])
        bends = [float(bend_error(error, sample.known)) for error in results]
        return cls(means[1], by_keypoint[1], min(means) + LEAST,
                   by_keypoint.amin(0) + LEAST_KEYPOINT, min(bends) + LEAST_BEND)


def result_loss(error: Tensor, sample: Sample, goal: Goal, harm: float, bend: float) -> Tensor:
    """Errors relative to the best candidate's, and their excess over those of the input.

    A mean over a clip hides one bad keypoint, so every keypoint's root mean square counts, and the
    keypoint that gets worst counts twice.
    """
    keypoints = keypoint_errors(error, sample.known)
    mean = mean_error(error, sample.known)
    used = (sample.known.sum(0) >= 5).float()
    worse = F.relu(keypoints - goal.keypoints) / goal.best_keypoints * used
    count = used.sum().clamp(min=1)
    position = mean / goal.best + .5 * (keypoints / goal.best_keypoints * used).sum() / count
    damage = F.relu(mean - goal.input) / goal.best + worse.sum() / count + .3 * worse.max()
    total = position + harm * damage + bend * bend_error(error, sample.known) / goal.best_bend
    return total.clamp(max=8.)


def spread_loss(log_spread: Tensor, log_error: Tensor, within: Tensor) -> Tensor:
    """Quantile loss of one and of two spreads (Koenker, Bassett: "Regression Quantiles", 1978).

    ``within`` are the shares of the truths that are to lie within one and within two, shape (2, N).
    """
    total = torch.zeros(())
    for share, spreads in zip(within, (1, 2)):
        off = log_error - log_spread - np.log(spreads)
        total = total + torch.maximum(share * off, (share - 1) * off).mean()
    return total


def mean_error(error: Tensor, known: Tensor) -> Tensor:
    """Mean length of the errors (T, K, C) where known."""
    return (_length(error) * known).sum() / known.sum().clamp(min=1)


def keypoint_errors(error: Tensor, known: Tensor) -> Tensor:
    """Root mean square error of each keypoint, shape (K,)."""
    square = ((error**2).sum(-1) * known).sum(0) / known.sum(0).clamp(min=1)
    return (square + 1e-9).sqrt()


def bend_error(error: Tensor, known: Tensor) -> Tensor:
    """Mean acceleration error, per frame squared."""
    whole = known[2:] & known[1:-1] & known[:-2]
    return (_length(error[2:] + error[:-2] - 2 * error[1:-1]) * whole).sum() / whole.sum().clamp(
        min=1)


def _length(vectors: Tensor) -> Tensor:
    return ((vectors**2).sum(-1) + 1e-8).sqrt()
