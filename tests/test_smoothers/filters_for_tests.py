"""Two transparent filters: one with a finite support, one with a state."""

from __future__ import annotations

import numpy as np

from smoothnet_plugin.filters.base import BaseFilter, FilterStream, Support


class Mean(BaseFilter):
    """Mean of the frames there are, from ``past`` before to ``future`` after."""

    def __init__(self, past=2, future=2, normalize=None):
        super().__init__(normalize)
        self.past, self.future = past, future

    def support(self, fps):
        return Support(self.past, self.future)

    def _filter(self, coords, fps, weights):
        return np.stack([coords[max(0, t - self.past):t + self.future + 1].mean(axis=0)
                         for t in range(len(coords))])


class Decay(BaseFilter):
    """Exponential mean."""

    causal = True

    def support(self, fps):
        return Support(20, 0)

    def stream(self, fps, num_keypoints, width):
        return DecayStream(num_keypoints, width)

    def _filter(self, coords, fps, weights):
        stream = DecayStream(*coords.shape[1:])
        everyone = np.ones(coords.shape[1], dtype=bool)
        return np.stack([stream.push(row, None, everyone) for row in coords])


class DecayStream(FilterStream):
    def __init__(self, num_keypoints, width):
        self.state = np.zeros((num_keypoints, width))
        self.fresh = np.ones(num_keypoints, dtype=bool)

    def push(self, row, weight, active):
        mixed = np.where(self.fresh[:, None], row, 0.5 * self.state + 0.5 * row)
        self.state = np.where(active[:, None], mixed, self.state)
        self.fresh = self.fresh & ~active
        return np.where(active[:, None], self.state, row)

    def restart(self, joints):
        self.fresh = self.fresh | joints


class TogetherMean(Mean):
    """A filter that wants the whole skeleton and leaks every keypoint into every other."""

    joint_wise = False

    def _filter(self, coords, fps, weights):
        assert coords.shape[1] == 4
        mean = super()._filter(coords, fps, weights)
        return 0.9 * mean + 0.1 * coords.mean(axis=1, keepdims=True)
