from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smoothnet_plugin.smoothers.frame_buffer import FrameBuffer


@given(st.lists(st.one_of(st.none(), st.integers(0, 300)), max_size=200))
def test_holds_the_frames_that_were_not_dropped(actions):
    """None appends a frame, a number drops the frames before it."""
    buffer = FrameBuffer(value=np.zeros(2), flag=np.zeros((), dtype=bool))
    start = end = 0
    for action in actions:
        if action is None:
            buffer.append(value=np.full(2, float(end)), flag=np.bool_(end % 2))
            end += 1
        else:
            buffer.drop_before(action)
            start = min(max(start, action), end)
        assert (buffer.start, buffer.end, len(buffer)) == (start, end, end - start)
        frames = np.arange(start, end)
        np.testing.assert_array_equal(buffer['value'], np.repeat(frames[:, None], 2, axis=1))
        np.testing.assert_array_equal(buffer['flag'], frames % 2 == 1)


def test_memory_is_bounded_by_the_frames_held():
    buffer = FrameBuffer(value=np.zeros(3))
    for frame in range(10_000):
        buffer.append(value=np.full(3, frame))
        buffer.drop_before(frame - 40)
    assert len(buffer._arrays['value']) <= 4 * 41
