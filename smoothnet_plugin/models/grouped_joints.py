"""Refining people of many keypoints group by group, so that the cost grows with their number.

Attention over K joints costs time and memory in K². With hands, face and feet that is most of the
work, though a finger has little to learn from an ear. Here the body, the face in parts, and each
hand are refined as if they were separate people. On drawn whole bodies (a CMU body in 2D with
points that follow head, wrists and ankles) fingers and faces are more accurate this way than
together with the body, and a group as small as the feet is more accurate together with it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from ..processing.whole_body import BODY_SIZE, MOST_TOGETHER
from .window_inference import WindowModule

#: Most joints of a group.
GROUP_SIZE = 23
#: Groups of fewer joints are refined together with the body, whose own result is not changed.
FEWEST_ALONE = 12


class GroupedJoints:
    """A network for people of any number of keypoints, at a cost linear in their number.

    Up to :data:`~.whole_body.MOST_TOGETHER` keypoints are refined together. Of more, the first
    :data:`~.whole_body.BODY_SIZE` are refined alone; the body's result is the same as without the
    others.

    Args:
        network: Refines any number of joints together.
        dim: Values per joint C.
    """

    def __init__(self, network: WindowModule, dim: int) -> None:
        self.network = network
        self.dim = dim
        self.window_size = network.window_size
        self.output_size = network.output_size

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, K * C, W) to the same shape."""
        joints = x.unflatten(1, (-1, self.dim))
        number = joints.shape[1]
        if number <= MOST_TOGETHER:
            return self.network.forward_window(x)
        body = joints[:, :BODY_SIZE]
        parts = [self._refine(body)]
        for group in groups_of(number):
            members = joints[:, group]
            if members.shape[1] < FEWEST_ALONE:
                parts.append(self._refine(torch.cat([body, members], dim=1))[:, BODY_SIZE:])
            else:
                parts.append(self._refine(members))
        return torch.cat(parts, dim=1).flatten(1, 2)

    def _refine(self, joints: Tensor) -> Tensor:
        """(N, K, C, W) to the same shape."""
        return self.network.forward_window(joints.flatten(1, 2)).unflatten(1, (-1, self.dim))


def groups_of(number: int) -> list[slice]:
    """The joints after the body in groups of neighbouring numbers.

    Args:
        number: Keypoints K, more than :data:`~.whole_body.BODY_SIZE`.

    Returns:
        Slices of joints: the feet, face and hands of the 133 keypoints of COCO-WholeBody, the
        face in three; for other numbers groups of equal size.
    """
    if number == 133:
        starts = [17, 23, 46, 69, 91, 112, 133]
    else:
        rest = number - BODY_SIZE
        parts = -(-rest // GROUP_SIZE)
        starts = [BODY_SIZE + rest * part // parts for part in range(parts + 1)]
    return [slice(*ends) for ends in pairwise(starts)]
