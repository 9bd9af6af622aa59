"""The metrics' formulas in float64 loops, one number at a time."""

from __future__ import annotations

import numpy as np


def root_aligned(coords, roots):
    return np.array([[joint - np.mean([frame[r] for r in roots], axis=0) for joint in frame]
                     for frame in coords])


def mpjpe(pred, target, mask):
    errors = [np.sqrt(((pred[t, k] - target[t, k]) ** 2).sum())
              for t in range(len(pred)) for k in range(pred.shape[1]) if mask[t, k]]
    return np.mean(errors)


def n_mpjpe(pred, target, mask):
    scaled = np.array(pred)
    for t in range(len(pred)):
        seen = mask[t]
        scaled[t] *= (pred[t, seen] * target[t, seen]).sum() / (pred[t, seen] ** 2).sum()
    return mpjpe(scaled, target, mask)


def derivative(coords, order):
    for _ in range(order):
        coords = [coords[t + 1] - coords[t] for t in range(len(coords) - 1)]
    return np.array(coords)


def whole(mask, order):
    return np.array([[mask[t:t + order + 1, k].all() for k in range(mask.shape[1])]
                     for t in range(len(mask) - order)])


def difference_error(pred, target, mask, order):
    return mpjpe(derivative(pred, order), derivative(target, order), whole(mask, order))


def amount(coords, mask, order):
    return difference_error(coords, np.zeros_like(coords), mask, order)


def pck(pred, target, bbox, threshold, mask):
    hits = [np.linalg.norm(pred[t, k] - target[t, k])
            <= threshold * max(bbox[t][2] - bbox[t][0], bbox[t][3] - bbox[t][1])
            for t in range(len(pred)) for k in range(pred.shape[1]) if mask[t, k]]
    return np.mean(hits)
