"""Attention over the joints of a pose, of any skeleton."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import ConfigError, DataFormatError
from .linear import Linear, is_graph
from .window_network import WindowNetwork, check_dropout, positive_sizes


class JointAttentionNetwork(WindowNetwork):
    """Base of networks with a token per joint, for any skeleton.

    Args:
        window_size: Frames W that the network sees and refines.
        hidden_size: Width of a token.
        num_heads: Heads of the attention; divides ``hidden_size``.
        dropout: Probability of dropout.
        **sizes: Other sizes that must be positive.

    Attributes:
        dim: Values per joint C.

    Raises:
        ConfigError: A size is out of range.
    """

    mixes_channels = True
    dim: int

    def __init__(self, window_size: int, hidden_size: int, num_heads: int, dropout: float,
                 **sizes: int) -> None:
        super().__init__(window_size)
        positive_sizes(self, hidden_size=hidden_size, num_heads=num_heads, **sizes)
        check_dropout(self, dropout)
        if hidden_size % num_heads or window_size < 4:
            raise ConfigError(
                f'{type(self).__name__}: hidden_size is {hidden_size} and window_size '
                f'{window_size}; expected a hidden_size that is divisible by num_heads = '
                f'{num_heads}, and a window_size of at least 4.')

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows.

        Args:
            x: Shape (N, K * C, W). A joint with a value that is not finite is absent: it
                influences no other joint, and is returned unchanged.

        Returns:
            Shape (N, K * C, W).
        """
        self._check(x, self.window_size)
        if x.shape[1] % self.dim:
            raise DataFormatError(f'{type(self).__name__}: {x.shape[1]} channels; expected a '
                                  f'multiple of dim = {self.dim}.')
        poses = x.unflatten(1, (-1, self.dim))
        present = torch.isfinite(poses).all(dim=-1).all(dim=-1)
        known = poses
        if has_absent(present):
            known = torch.where(present[..., None, None], poses, 0.0)
        return torch.where(present[..., None, None], self._refine(known, present),
                           poses).flatten(1, 2)

    def _refine(self, poses: Tensor, present: Tensor) -> Tensor:
        """Refine poses (N, K, C, W), 0 where joints are not ``present``, (N, K), bool."""
        raise NotImplementedError


class JointAttentionBlock(nn.Module):
    """Attention over the joints of a window, then two linear layers; both behind a layer norm.

    Args:
        hidden_size: Width H.
        num_heads: Heads of the attention; divides H.
        expansion: Width of the hidden layer, as a multiple of H.
        dropout: Probability of dropout after both halves.
        pair_size: Width P of the values of each pair of joints, which a joint attends to in
            addition to the tokens of the other joints. Defaults to 0, none.

    Shape:
        tokens (N, K, H), bias (N, heads, K, K) to the scores of the attention, pairs (N, K, K, P)
        or None; gives (N, K, H).
    """

    def __init__(self, hidden_size: int, num_heads: int, expansion: int, dropout: float,
                 pair_size: int = 0) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm1 = nn.LayerNorm(hidden_size)
        self.qkv = Linear(hidden_size, 3 * hidden_size)
        self.proj = Linear(hidden_size, hidden_size)
        self.norm2 = nn.LayerNorm(hidden_size)
        self.linear1 = Linear(hidden_size, expansion * hidden_size)
        self.linear2 = Linear(expansion * hidden_size, hidden_size)
        self.dropout = nn.Dropout(dropout)
        if pair_size:
            self.pair_proj = Linear(num_heads * pair_size, hidden_size)
            start_at_zero(self.pair_proj)

    def forward(self, tokens: Tensor, bias: Tensor, pairs: Tensor | None = None) -> Tensor:
        """Mix the tokens of a window."""
        qkv = self.qkv(self.norm1(tokens)).unflatten(-1, (3, self.num_heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        weights = attention_weights(query, key, bias)
        attended = self.proj((weights @ value).transpose(1, 2).flatten(2))
        if pairs is not None:
            # (N, K, heads, K) x (N, K, K, P)
            attended = attended + self.pair_proj((weights.transpose(1, 2) @ pairs).flatten(2))
        tokens = tokens + self.dropout(attended)
        inner = self.linear1(self.norm2(tokens), 'gelu')
        return tokens + self.dropout(self.linear2(inner))


def has_absent(present: Tensor) -> bool:
    """Whether a joint is absent; True while a graph is traced, which must hold for any input."""
    return is_graph() or not bool(present.all())


def start_at_zero(layer: nn.Linear) -> None:
    """Set a layer to 0, so that it has no effect before training."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


def attention_weights(query: Tensor, key: Tensor, bias: Tensor) -> Tensor:
    """Softmax of the scaled products of queries and keys, plus a bias.

    Written out, since PyTorch's fused kernel for the CPU is slow to differentiate for so few
    tokens.

    Args:
        query: Shape (N, heads, K, D).
        key: Same shape.
        bias: Shape (N, heads, K, K); -inf for keys that must not be attended to.

    Returns:
        Shape (N, heads, K, K).
    """
    return (query @ key.transpose(-1, -2) * query.shape[-1]**-0.5 + bias).softmax(dim=-1)
