"""Parts of the networks that attend over the frames of a window."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .joint_attention import start_at_zero
from .window_network import PoseNetwork, check_dropout, positive_sizes


class PoseTokens(PoseNetwork):
    """Base of networks with a token per frame that holds the whole pose.

    Windows are refined relative to the mean pose of the window, so that a constant added to a
    channel is added to the result.

    Args:
        num_keypoints: Keypoints or joints K.
        dim: Values per keypoint.
        window_size: Frames W that the network sees.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.
        hidden_size: Width of a token, divisible by ``num_heads`` and by 2. Defaults to 128.
        num_heads: Heads of the attention. Defaults to 4.
        dropout: Probability of dropout. Defaults to 0.1.

    Raises:
        ConfigError: A size is out of range.
    """

    def __init__(self, num_keypoints: int, dim: int, window_size: int,
                 output_size: int | None = None, hidden_size: int = 128, num_heads: int = 4,
                 dropout: float = 0.1) -> None:
        super().__init__(num_keypoints, dim, window_size, output_size)
        positive_sizes(self, hidden_size=hidden_size, num_heads=num_heads)
        check_dropout(self, dropout)
        if hidden_size % num_heads or hidden_size % 2:
            raise ConfigError(f'{type(self).__name__}: hidden_size is {hidden_size}; expected an '
                              f'even multiple of num_heads = {num_heads}.')
        self.hidden_size = hidden_size
        self.num_heads = num_heads
        self.dropout = dropout
        # Derived from the arguments, so no part of the weights.
        self.register_buffer('places', sine_places(window_size, hidden_size), persistent=False)

    places: Tensor

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, K * dim, W) to (N, K * dim, O); see the base class."""
        self._check_window(x)
        mean = x.mean(dim=-1, keepdim=True)
        poses = self._refine((x - mean).transpose(1, 2).to(self.places.dtype))
        return poses.transpose(1, 2)[..., :self.output_size].to(x.dtype) + mean

    def _refine(self, poses: Tensor) -> Tensor:
        """Refine windows of centred poses, (N, W, K * dim) to the same shape."""
        raise NotImplementedError

    def encoder(self, num_layers: int) -> nn.TransformerEncoder:
        """Layers of self-attention."""
        layer = nn.TransformerEncoderLayer(
            self.hidden_size, self.num_heads, 2 * self.hidden_size, self.dropout,
            batch_first=True, norm_first=True)
        return nn.TransformerEncoder(layer, num_layers, enable_nested_tensor=False)

    def to_pose(self) -> nn.Linear:
        """A map from tokens to poses that begins with 0."""
        layer = nn.Linear(self.hidden_size, self.num_channels)
        start_at_zero(layer)
        return layer


def sine_places(frames: int, width: int) -> Tensor:
    """Sines and cosines of the places of frames (Vaswani et al., 2017), shape (frames, width)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(frames)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
