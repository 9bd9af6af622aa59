"""A network for rotations of any skeleton: gains of bands of time, chosen by attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..registry import MODELS
from .joint_attention import JointAttentionBlock, JointAttentionNetwork, has_absent
from .linear import Linear, linear
from .trajectory_transformer import whittaker_bank

#: Radians below which a band is at rest.
_REST = 1e-3


@MODELS.register_module()
class RotationTransformer(JointAttentionNetwork):
    """Adaptive smoothing of a window of joint rotations, own design.

    A joint's path over the window is a curve of unit quaternions, from frame to frame with the sign
    that is closer; the result is nearly of unit length. Learned linear filters (they
    start as Whittaker smoothers) split it into bands from fast to slow. The strengths of the bands
    in every frame, and the angles between neighbouring bands, form a token; attention over joints
    lets joints learn from one another, whatever skeleton they form. From its token each joint
    draws, frame by frame, the gain of each band.

    Strengths and angles do not depend on axes, and gains act on all four values alike: turning the
    rotations of a joint from either side turns the result, exactly.

    Args:
        window_size: Frames W that the network sees and refines. Defaults to 64.
        hidden_size: Width of a token. Defaults to 128.
        num_blocks: Attention blocks. Defaults to 3.
        num_heads: Heads; divides ``hidden_size``. Defaults to 4.
        expansion: Width inside of a block over ``hidden_size``. Defaults to 2.
        num_bands: Bands F. Defaults to 8.
        dropout: Probability of dropout. Defaults to 0.

    Raises:
        ConfigError: A size is out of range.
    """

    #: Values per joint: a unit quaternion.
    dim = 4

    def __init__(self, window_size: int = 64, hidden_size: int = 128, num_blocks: int = 3,
                 num_heads: int = 4, expansion: int = 2, num_bands: int = 8,
                 dropout: float = 0.0) -> None:
        super().__init__(window_size, hidden_size, num_heads, dropout, num_blocks=num_blocks,
                         expansion=expansion, num_bands=num_bands)
        self.num_bands = num_bands
        self.encoder = Linear((2 * num_bands - 1) * window_size, hidden_size)
        self.blocks = nn.ModuleList(
            JointAttentionBlock(hidden_size, num_heads, expansion, dropout)
            for _ in range(num_blocks))
        self.norm = nn.LayerNorm(hidden_size)
        self.gate = Linear(hidden_size, window_size * num_bands)
        # The slower half passes at first.
        with torch.no_grad():
            self.gate.weight *= 0.1
            rise = torch.linspace(-4.0, 4.0, num_bands)
            self.gate.bias.copy_(rise[:, None].expand(-1, window_size).flatten())
        self.filters = nn.Parameter(whittaker_bank(window_size, num_bands))

    def _refine(self, poses: Tensor, present: Tensor) -> Tensor:
        place = poses.mean(dim=-1, keepdim=True)
        # In radians, and in the network's precision.
        motion = (2 * (poses - place)).to(self.filters.dtype)
        slower = linear(motion, self.filters.flatten(0, 1)).unflatten(-1, (self.num_bands, -1))
        bands = torch.cat([slower[..., :-1, :] - slower[..., 1:, :], slower[..., -1:, :]], dim=-2)
        tokens = self.encoder(_invariants(bands))
        bias = torch.zeros_like(present, dtype=tokens.dtype)[:, None, None]
        if has_absent(present):
            bias = bias.masked_fill(~present[:, None, None], -torch.inf)
        for block in self.blocks:
            tokens = block(tokens, bias)
        gains = self.gate(self.norm(tokens)).unflatten(-1, (self.num_bands, -1))
        gains = gains.to(self.filters.dtype).sigmoid()
        refined = (bands * gains[:, :, None]).sum(dim=-2)
        return place + 0.5 * refined.to(place.dtype)


def _invariants(bands: Tensor) -> Tensor:
    """What does not depend on axes, (N, K, 4, F, W) to (N, K, (2 F - 1) W)."""
    strength = bands.square().sum(dim=2)
    product = (bands[..., :-1, :] * bands[..., 1:, :]).sum(dim=2)
    angle = product / ((strength[..., :-1, :] + _REST**2) * (strength[..., 1:, :] + _REST**2)
                       ).sqrt()
    level = (0.5 * torch.log(strength + _REST**2) + 4) / 2
    return torch.cat([level.flatten(2), angle.flatten(2)], dim=-1)
