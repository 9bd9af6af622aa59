"""Blocks of MotionRefineNet. Parameters carry the published names.

C is the number of channels, S the number of hidden features, R the inner width. All blocks take
and return (N, C, S). "Half" and "quarter" resolutions lie along the hidden features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .linear import Linear, dropped_linear, is_graph

#: Bound of the gate's division in the default protocol. The mean it divides by is about 0.03 in
#: a new network, so ordinary values pass and one near 0 amplifies at most 1 / (2 * 0.01) times.
GATE_EPSILON = 0.01
#: Slope of the activation below 0.
SLOPE = 0.2
#: Windows whose joints are mixed at a time.
WINDOWS_AT_ONCE = 8


class HaarAnalysis(nn.Module):
    """One level of the orthonormal Haar transform along the last axis.

    Shape:
        (..., S) to two of (..., S / 2): means and differences of neighbours, times sqrt(2).
    """

    h0: Tensor
    h1: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('h0', torch.full((1, 1, 2), math.sqrt(0.5)))
        self.register_buffer('h1', torch.tensor([[[math.sqrt(0.5), -math.sqrt(0.5)]]]))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Split into the low and the high band."""
        pairs = x.unflatten(-1, (-1, 2))
        return (pairs * self.h0.flatten()).sum(-1), (pairs * self.h1.flatten()).sum(-1)


class HaarSynthesis(nn.Module):
    """Inverse of :class:`HaarAnalysis`."""

    g0: Tensor
    g1: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('g0', torch.full((1, 1, 2), math.sqrt(0.5)))
        self.register_buffer('g1', torch.tensor([[[math.sqrt(0.5), -math.sqrt(0.5)]]]))

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """Join the low and the high band."""
        pairs = low[..., None] * self.g0.flatten() + high[..., None] * self.g1.flatten()
        return pairs.flatten(-2)


class _Block(nn.Module):
    """What both kinds of block share: mixing the joints, and pairs of linear layers."""

    def __init__(self, channels: int, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear3 = Linear(channels, hidden_size)
        self.linear4 = Linear(hidden_size, channels)
        self.LN1 = nn.LayerNorm(channels)
        self.LN2 = nn.LayerNorm(hidden_size)

    def _mlp(self, x: Tensor, *layers: nn.Linear) -> Tensor:
        for layer in layers:
            x = dropped_linear(x, layer, self.dropout, SLOPE)
        return x

    def _mix_joints(self, x: Tensor) -> Tensor:
        # A few windows at a time: the inner width is far greater than the number of channels, and
        # what fits the cache is faster. A graph for any number of windows takes all at once.
        turned = x.transpose(1, 2)
        groups = (turned,) if is_graph() else turned.split(WINDOWS_AT_ONCE)
        parts = [group + self._mlp(self.LN1(group), self.linear3, self.linear4)
                 for group in groups]
        return torch.cat(parts).transpose(1, 2)


class TemporalBlock(_Block):
    """Joint mixing, then a small U-Net over the hidden features.

    Args:
        channels: C.
        hidden_size: S, divisible by 4.
        res_hidden_size: R.
        dropout: Probability of dropout.
        fuse_halves: How the two halves of a concatenation over channels become one. False, as
            published: a convolution of stride 2 over the channels, which sees every other
            channel only and gives slot c what belongs to channel 2c. True: channel c of both
            halves goes into slot c.
    """

    def __init__(self, channels: int, hidden_size: int, res_hidden_size: int, dropout: float,
                 fuse_halves: bool) -> None:
        super().__init__(channels, hidden_size, dropout)
        half, quarter, width = hidden_size // 2, hidden_size // 4, res_hidden_size
        self.fuse_halves = fuse_halves
        self.linear1, self.linear2 = Linear(hidden_size, width), Linear(width, hidden_size)
        self.linear5, self.linear6 = Linear(half, width), Linear(width, half)
        self.linear7, self.linear8 = Linear(hidden_size, width), Linear(width, hidden_size)
        self.linear9, self.linear10 = Linear(quarter, width), Linear(width, quarter)
        self.linear11, self.linear12 = Linear(half, width), Linear(width, half)
        self.conv_layer = nn.Conv1d(channels, 2 * channels, 1, stride=2)
        self.conv_layer2 = nn.Conv1d(2 * channels, 4 * channels, 1, stride=2)
        self.conv_transpose_layer = nn.ConvTranspose1d(
            2 * channels, channels, 1, stride=2, output_padding=1)
        self.conv_transpose_layer2 = nn.ConvTranspose1d(
            4 * channels, 2 * channels, 1, stride=2, output_padding=1)
        kernel = 2 if fuse_halves else 1
        self.conv_layer3 = nn.Conv1d(half, half, kernel, stride=2)
        self.conv_layer4 = nn.Conv1d(hidden_size, hidden_size, kernel, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Refine features of shape (N, C, S)."""
        residual = self._mix_joints(x)
        full = self._mlp(self.LN2(residual), self.linear1, self.linear2)
        half = self._mlp(self.conv_layer(full), self.linear5, self.linear6)
        quarter = self._mlp(self.conv_layer2(half), self.linear9, self.linear10)
        joined = self._concatenate(half, self.conv_transpose_layer2(quarter))
        joined = self._mlp(joined, self.linear11, self.linear12)
        joined = self.conv_transpose_layer(self._over_channels(self.conv_layer3, joined))
        joined = self._mlp(self._concatenate(full, joined), self.linear7, self.linear8)
        return residual + self._over_channels(self.conv_layer4, joined)

    def _concatenate(self, first: Tensor, second: Tensor) -> Tensor:
        """(N, C, S) twice to (N, 2C, S); interleaved if a kernel of size 2 should cover pairs."""
        if self.fuse_halves:
            return torch.stack([first, second], dim=2).flatten(1, 2)
        return torch.cat([first, second], dim=1)

    @staticmethod
    def _over_channels(layer: nn.Conv1d, x: Tensor) -> Tensor:
        return layer(x.transpose(1, 2)).transpose(1, 2)


class FrequencyBlock(_Block):
    """Joint mixing, then separate paths for freely moving joints and for the others.

    Args:
        channels: C.
        hidden_size: S, divisible by 4; features are [a2 (S/4), d1 (S/2), d2 (S/4)].
        res_hidden_size: R.
        dropout: Probability of dropout.
        high: Channels of the joints that move freely.
        low: The other channels.
        by_mean: The gate's input is divided by the mean of the block's own input (the first
            block).
        bounded_gate: Keep that division finite where the mean is near 0.
    """

    high: Tensor
    low: Tensor
    order: Tensor

    def __init__(self, channels: int, hidden_size: int, res_hidden_size: int, dropout: float,
                 high: Sequence[int], low: Sequence[int], by_mean: bool,
                 bounded_gate: bool) -> None:
        super().__init__(channels, hidden_size, dropout)
        half, quarter, width = hidden_size // 2, hidden_size // 4, res_hidden_size
        self.by_mean = by_mean
        self.bounded_gate = bounded_gate
        self.bands = (quarter, half, quarter)
        self.linear1, self.linear2 = Linear(hidden_size, width), Linear(width, hidden_size)
        self.linear5, self.linear6 = Linear(quarter, width), Linear(width, hidden_size)
        self.linear7, self.linear8 = Linear(half, width), Linear(quarter, width)
        self.afilter = nn.Sequential(
            Linear(hidden_size, 32), nn.LeakyReLU(0.01), Linear(32, hidden_size))
        # Derived from the arguments, so no part of the weights.
        self.register_buffer('high', torch.tensor(high), persistent=False)
        self.register_buffer('low', torch.tensor(low), persistent=False)
        self.register_buffer('order', torch.argsort(torch.tensor([*high, *low])),
                             persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Refine coefficients of shape (N, C, S)."""
        residual = self._mix_joints(x)
        normal = self.LN2(residual)
        high = normal[:, self.high]
        gate = self.afilter(self._relative(high, x[:, self.high]).mean(dim=1, keepdim=True))
        high = self._mlp(high * gate, self.linear1, self.linear2)
        smooth, coarse, fine = normal[:, self.low].split(self.bands, dim=-1)
        low = 0.8 * self.linear5(smooth) + 0.1 * self.linear7(coarse) + 0.1 * self.linear8(fine)
        low = functional.leaky_relu(self.dropout(low), SLOPE)
        low = self._mlp(low, self.linear6)
        return torch.cat([high, low], dim=1)[:, self.order] + residual

    def _relative(self, high: Tensor, source: Tensor) -> Tensor:
        if not self.by_mean:
            return high
        mean = source.mean(dim=-1, keepdim=True)
        if self.bounded_gate:
            return high * mean / (mean.square() + GATE_EPSILON**2)
        return high / mean
