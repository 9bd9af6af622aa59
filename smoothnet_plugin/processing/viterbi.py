"""The cheapest sequence of labels, frame by frame: the Viterbi algorithm with a bounded past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Frames for which there is room at first.
_ROOM = 512
#: Cost of a state that cannot be the first one.
_EXCLUDED = 1 << 40


class ViterbiPath:
    """The cheapest labels of the frames so far, each with a cost that depends on earlier labels.

    A state is the labels of the last ``memory`` frames, in base ``labels``: the newest label is
    the first digit. Costs are whole numbers, so that sums are exact.

    Args:
        labels: Number of labels.
        memory: Number of earlier frames on whose labels a cost depends.
        history: Number of newest frames whose labels are available. Memory grows with it.

    Attributes:
        frames: Number of frames so far.
    """

    def __init__(self, labels: int, memory: int, history: int) -> None:
        self._count, self._history = labels, history
        self._number = labels ** memory
        #: States in which all frames have the same label, and states per newest label.
        self._even = [label * sum(labels ** i for i in range(memory)) for label in range(labels)]
        self._top = self._number // labels
        self.frames = 0
        self._costs: np.ndarray | None = None
        self._back = np.zeros((min(self._history, _ROOM), self._number), np.int8)
        #: The cheapest states of frames ``_traced[0]`` to ``_traced[1] - 1`` as found last.
        self._states = np.zeros(len(self._back), np.intp)
        self._traced = 0, 0

    def newest(self, last: int) -> np.ndarray:
        """The labels of the newest frames, given all frames so far.

        Args:
            last: Number of frames, 1 to the smaller one of ``frames`` and ``history``.

        Returns:
            Shape (last,), int.
        """
        assert self._costs is not None
        state, size = int(self._costs.argmin()), len(self._back)
        oldest, frame = self.frames - last, self.frames - 1
        start, stop = self._traced
        while frame >= oldest:
            place = frame % size
            if start <= oldest and frame < stop and self._states[place] == state:
                # The way back meets the one of the call before: from here on they are the same.
                oldest = max(start, self.frames - size)
                break
            self._states[place] = state
            state = (state % self._top) * self._count + int(self._back[place, state])
            frame -= 1
        self._traced = oldest, self.frames
        first = (self.frames - last) % size
        states = self._states[first:first + last]
        if len(states) < last:  # A ring: the rest is at its beginning.
            states = np.concatenate([states, self._states[:last - len(states)]])
        return states // self._top

    def reserve(self, fresh: int) -> None:
        """Make room for the back pointers of further frames, at most ``history`` of them."""
        wanted = min(self._history, self.frames + fresh)
        if wanted > len(self._back):
            grown = np.zeros((min(self._history, 2 * wanted), self._number), np.int8)
            grown[:self.frames] = self._back[:self.frames]
            self._back = grown
            self._states = np.zeros(len(grown), np.intp)
            self._traced = 0, 0

    @staticmethod
    def advance(paths: Sequence[ViterbiPath], cost: np.ndarray, first: np.ndarray) -> None:
        """Add a frame to paths of the same kind, which have frames already, or all have none.

        Args:
            paths: The P paths, with room for the frame (:meth:`reserve`).
            cost: Cost of each label given each state before, shape (P, labels, states).
            first: Cost of each label in a first frame, shape (P, labels); frames before it have
                its label.
        """
        known = [path._costs for path in paths if path._costs is not None]
        if not known:
            costs = np.full((len(cost), cost.shape[2]), np.int64(_EXCLUDED))
            costs[:, paths[0]._even] = first
        else:
            before = known[0][None] if len(known) == 1 else np.stack(known)
            total = (before[:, None] + cost).reshape(len(cost), -1, paths[0]._count)
            back = total.argmin(axis=2)
            for path, pointers in zip(paths, back):
                path._back[path.frames % len(path._back)] = pointers
            costs = np.take_along_axis(total, back[..., None], axis=2)[..., 0]
            costs -= costs.min(axis=1, keepdims=True)
        for path, row in zip(paths, costs):
            path._costs = row
            path.frames += 1
