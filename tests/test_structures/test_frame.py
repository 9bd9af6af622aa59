from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smoothnet_plugin.structures import PoseInstance


@dataclass(slots=True)
class Tagged(PoseInstance):
    """A caller's own instance."""

    tag: str = ''


def test_other_keypoints_leave_all_else_as_it_is():
    given = dict(keypoint_scores=np.ones(3), bbox=np.arange(4.0), track_id='a', filled=True,
                 payload=object())
    moved, filled = np.ones((3, 2)), np.array([True, False, False])
    for instance in (PoseInstance(np.zeros((3, 2)), **given),
                     Tagged(np.zeros((3, 2)), **given, tag='mine')):
        other = instance.with_keypoints(moved, filled)
        assert type(other) is type(instance) and getattr(other, 'tag', 'mine') == 'mine'
        assert other.keypoints is moved and other.keypoints_filled is filled
        assert all(getattr(other, name) is value for name, value in given.items())
        assert not instance.keypoints.any() and instance.keypoints_filled is None
