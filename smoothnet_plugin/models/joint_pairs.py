"""How the joints of a pose relate to one another: distances, directions, and how they change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from .joint_attention import has_absent
from .linear import Linear, is_inference

#: In units of the body's size: joints nearer than this have no distance worth keeping.
_NEAR = 0.02
#: Width between the layers that score pairs.
_PAIR_SIZE = 32
#: Values of a tensor over pairs and frames that are computed at once, so that they stay in a CPU's
#: second-level cache.
_PAIR_VALUES = 1 << 16


class PairLayers(nn.Module):
    """Two linear layers on the features of each pair of joints.

    Args:
        size: Input values of a pair.
        inner_size: Width of the hidden layer.
        output_size: Output values of a pair.
    """

    def __init__(self, size: int, inner_size: int, output_size: int) -> None:
        super().__init__()
        self.linear1 = Linear(size, inner_size)
        self.linear2 = Linear(inner_size, output_size)

    def layers(self, features: Tensor) -> Tensor:
        """(N, K, K, size) to (N, K, K, output_size)."""
        return self.linear2(self.linear1(features, 'gelu'))

    def scores(self, features: Tensor, present: Tensor) -> Tensor:
        """The same as scores of an attention, (N, output_size, K, K), -inf for absent keys."""
        scores = self.layers(features).permute(0, 3, 1, 2)
        if has_absent(present):
            return scores.masked_fill(~present[:, None, None], -torch.inf)
        return scores


class PairBias(PairLayers):
    """Biases of the attention by the distance of two joints, and how much it changes.

    Joints of one bone keep their distance, so the position of each limits that of the other.

    Args:
        num_blocks: Blocks L to give biases for.
        num_heads: Heads of a block.
        num_mixtures: Heads of the final mixing.
    """

    def __init__(self, num_blocks: int, num_heads: int, num_mixtures: int) -> None:
        split = [num_heads] * num_blocks + [num_mixtures]
        super().__init__(2, _PAIR_SIZE, sum(split))
        self.split = split

    def forward(self, features: Tensor, present: Tensor) -> tuple[Tensor, ...]:
        """Biases of a window.

        Args:
            features: Of :func:`pair_features`, shape (N, K, K, 2).
            present: Joints that may be attended to, shape (N, K), bool.

        Returns:
            Per block (N, heads, K, K), and for the mixing (N, mixtures, K, K).
        """
        return self.scores(features, present).split(self.split, dim=1)


class PairValues(PairLayers):
    """Values of each pair of joints: distance, and direction from one to the other.

    Args:
        dim: Values per joint C.
        pair_size: Width P of the values.
    """

    def __init__(self, dim: int, pair_size: int) -> None:
        super().__init__(2 + dim, pair_size, pair_size)

    def forward(self, features: Tensor, posture: Tensor) -> Tensor:
        """Values of the pairs.

        Args:
            features: Of :func:`pair_features`, shape (N, K, K, 2).
            posture: Mean places of the joints in units of the body's size, shape (N, K, C).

        Returns:
            Shape (N, K, K, P).
        """
        way, apart = ways(posture[..., None])
        near = apart + 2 * _NEAR
        return self.layers(torch.cat([features, *(part / near for part in way)], dim=-1))


class DistanceCorrection(PairLayers):
    """Corrections that keep the distances of joints, frame by frame.

    Each joint is moved towards or away from the others by the difference of the current distance
    from its mean over the window: a step of position based dynamics (Mueller et al., 2007), with
    weights that are learned from the distance of two joints and its changes.

    Args:
        num_corrections: Corrections R, each with its own weights.
    """

    def __init__(self, num_corrections: int) -> None:
        super().__init__(2, _PAIR_SIZE, num_corrections)

    def forward(self, way: Sequence[Tensor], apart: Tensor, features: Tensor,
                present: Tensor) -> Tensor:
        """Corrections of some joints of a window.

        Args:
            way: From R joints to each of the K joints, of :func:`ways`, C of shape (N, R, K, W).
            apart: Its length, shape (N, R, K, W).
            features: Of :func:`pair_features`, shape (N, R, K, 2).
            present: Joints that others may be corrected by, shape (N, K), bool.

        Returns:
            Shape (N, R, corrections, C, W).
        """
        weights = self.scores(features, present).softmax(dim=-1).transpose(1, 2)
        mean = apart.mean(dim=-1, keepdim=True)
        stretch = (apart - mean).div_(apart + _NEAR).clamp_(-1, 1)
        # (N, R, corrections, K) x (N, R, K, W)
        return torch.stack([weights @ (part * stretch) for part in way], dim=3)


def pair_geometry(poses: Tensor, present: Tensor, frame_stride: int,
                  correction: DistanceCorrection | None) -> tuple[Tensor, Tensor | None]:
    """Features of all pairs of joints, and the corrections that keep their distances.

    In inference a few joints are computed at a time, so that the values of pairs and frames stay in
    the cache and no tensor of all pairs, values and frames exists.

    Args:
        poses: In units of the body's size, shape (N, K, C, W).
        present: Joints that others may be corrected by, shape (N, K), bool.
        frame_stride: Distance in frames of the poses that the features are computed from.
        correction: The layer for corrections, or None.

    Returns:
        Features, shape (N, K, K, 2), see :func:`pair_features`; corrections, shape
        (N, K, corrections, C, W), or None.
    """
    number, joints, _, frames = poses.shape
    blocks: list[tuple[slice, slice]] = [(slice(None), slice(None))]
    if is_inference() and poses.device.type == 'cpu':
        blocks = list(_blocks(number, joints, joints * frames))
    features, corrections = [], []
    for windows, rows in blocks:
        way, apart = ways(poses[windows], rows)
        features.append(pair_features(apart[..., ::frame_stride]))
        if correction is not None:
            corrections.append(correction(way, apart, features[-1], present[windows]))
    shape = (number, joints)
    return (torch.cat([part.flatten(0, 1) for part in features]).unflatten(0, shape),
            torch.cat([part.flatten(0, 1) for part in corrections]).unflatten(0, shape)
            if corrections else None)


def _blocks(number: int, joints: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Windows and joints of these to compute at once; ``size`` values a joint."""
    rows = max(1, _PAIR_VALUES // max(1, size))
    windows = max(1, rows // max(1, joints))
    for first in range(0, number, windows):
        for row in range(0, joints, rows):
            yield slice(first, first + windows), slice(row, row + rows)


def ways(poses: Tensor, rows: slice = slice(None)) -> tuple[list[Tensor], Tensor]:
    """The way from joints to each other joint, and its length.

    Args:
        poses: Shape (N, K, C, W).
        rows: The R joints to start from. Defaults to all.

    Returns:
        C arrays of shape (N, R, K, W), whose item (n, i, j) leads from joint i to joint j; and
        the length, of that shape.
    """
    channels = poses.unbind(dim=2)
    way = [channel[:, None] - channel[:, rows, None] for channel in channels]
    squared = way[0] * way[0]
    for part in way[1:]:
        squared = torch.addcmul(squared, part, part)
    return way, squared.sqrt()


def pair_features(apart: Tensor) -> Tensor:
    """Distances of joints over a window, and how much they change.

    Args:
        apart: Distances in units of the body's size, shape (N, R, K, S), of S frames.

    Returns:
        Logarithms of mean and standard deviation, shape (N, R, K, 2).
    """
    # PyTorch's own standard deviation takes four times as long on CPUs.
    mean = apart.mean(dim=-1, keepdim=True)
    spread = (apart - mean).square().mean(dim=-1).sqrt()
    return torch.stack([torch.log(mean[..., 0] + 1e-2), torch.log(spread + 1e-3) / 2], dim=-1)
