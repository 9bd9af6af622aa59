"""A stage of a live chain: a filter that is run again on every frame, or one with a state."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import all_true
from .chain import Stage, blend
from .frame_buffer import FrameBuffer


class LiveStage:
    """A stage of the chain and, for a recursive filter, the state it has reached.

    Args:
        stage: The filter with the constants of the appearance.
        fps: Frames per second.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.

    Attributes:
        stage: The same stage.
        past: Frames before a frame that its result depends on.
        future: Frames after it.
        stream: State of a recursive filter after frame ``next_frame - 1``; None for filters that
            are run again on every frame.
        next_frame: First frame that is not in the stream for good.
    """

    def __init__(self, stage: Stage, fps: float, num_keypoints: int, width: int) -> None:
        self.past, self.future = stage.filter.support(fps)
        self.stream = stage.filter.stream(fps, num_keypoints, width)
        self.next_frame = 0
        self.stage = stage
        self._share = stage.filter.share(fps)
        #: Keypoints with a value in the last frame of the stream, and whether these are all.
        self._active, self._all_active = np.zeros(num_keypoints, dtype=bool), False
        self._outputs = FrameBuffer(values=np.zeros((num_keypoints, width)))

    def push(self, coords: np.ndarray, inside: np.ndarray, weights: np.ndarray | None,
             start: int, final_until: int) -> np.ndarray:
        """Filter the buffered frames by the stream.

        Args:
            coords: Shape (T, K, C).
            inside: Where a keypoint is measured or interpolated, shape (T, K), bool.
            weights: Shape (T, K), or None.
            start: Number of the first row's frame.
            final_until: Frames before this number do not change any more.

        Returns:
            Shape (T, K, C).
        """
        assert self.stream is not None
        normalization = self.stage.normalization
        result = np.empty(coords.shape)
        done = self.next_frame - start
        if done:
            result[:done] = self._outputs['values'][-done:]
        stream, active, all_active = self.stream, self._active, self._all_active
        for row in range(done, len(coords)):
            frame = start + row
            if frame == final_until:
                # From here on a later frame may change the input: a copy of the state goes on.
                stream = stream.clone()
            before, measured = coords[row], inside[row]
            if not all_active:
                # Keypoints without a value in the frame before start afresh.
                stream.restart(measured & ~active)
            value = stream.push(normalization.apply(before),
                                None if weights is None else weights[row], measured)
            active, all_active = measured, all_true(measured)
            value = blend(before, normalization.invert(value), self._share)
            result[row] = value if all_active else np.where(measured[:, None], value, before)
            if frame < final_until:
                self._outputs.append(values=result[row])
                self.next_frame = frame + 1
                self._active, self._all_active = active, all_active
        return result

    def restart(self, joints: np.ndarray) -> None:
        """Forget the frames so far of some keypoints, shape (K,), bool."""
        self._active = self._active & ~joints
        self._all_active = all_true(self._active)

    def drop_before(self, frame: int) -> None:
        """Drop outputs that no later result depends on."""
        self._outputs.drop_before(frame)
