"""Windows of poses in units of the body's size, wherever the person is and in any unit."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class ScaledWindow(NamedTuple):
    """A window in units of the body's size.

    Attributes:
        place: Mean place of each joint in the unit and the precision of the input, shape (N, K, C).
        size: Root mean square distance of the joints from the middle of the body in that unit,
            shape (N, 1, 1).
        poses: Relative to the middle of the body, shape (N, K, C, W).
        motion: Relative to the mean place of each joint, shape (N, K, C, W).
        posture: Mean places relative to the middle of the body, shape (N, K, C).
        share: Weight of each joint in means over the body; 0 where absent, shape (N, K, 1).
    """

    place: Tensor
    size: Tensor
    poses: Tensor
    motion: Tensor
    posture: Tensor
    share: Tensor


def in_body_sizes(poses: Tensor, present: Tensor, precision: torch.dtype) -> ScaledWindow:
    """Centre poses and divide them by the body's size.

    The mean place keeps the precision of the input and everything else has that of the network, so
    that nothing is lost far from the origin or in small units.

    Args:
        poses: Shape (N, K, C, W), finite.
        present: Joints that count, shape (N, K), bool.
        precision: That of the network.

    Returns:
        The window; its size is 1 where all joints coincide and rest.
    """
    share = present.to(poses.dtype)
    share = (share / share.sum(dim=1, keepdim=True).clamp(min=1))[..., None]
    place = poses.mean(dim=-1)
    motion = poses - place[..., None]
    middle = (place * share).sum(dim=1, keepdim=True)
    posture = place - middle
    size = ((posture.square().sum(dim=-1) + motion.square().sum(dim=-2).mean(dim=-1))
            * share[..., 0]).sum(dim=1).sqrt()[:, None, None]
    size = torch.where(size > 0, size, 1.0)
    return ScaledWindow(
        place, size, ((poses - middle[..., None]) / size[..., None]).to(precision),
        (motion / size[..., None]).to(precision), (posture / size).to(precision),
        share.to(precision))
