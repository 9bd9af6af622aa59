"""A network for whole poses of any skeleton: learned filters, chosen by attention over joints."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ConfigError, DataFormatError
from ..registry import MODELS
from .window_network import WindowNetwork, check_dropout, positive_sizes

_TINY = 1e-6
#: Width of the queries and keys that mix trajectories.
_AFFINITY_SIZE = 16
#: Every how many frames the distances of joints are measured.
_PAIR_STRIDE = 4


class JointAttentionBlock(nn.Module):
    """Attention over the joints of a window, then two linear layers; both behind a layer norm.

    Args:
        hidden_size: Width H.
        num_heads: Heads of the attention; divides H.
        expansion: Width of the layer between, over H.
        dropout: Probability of dropout after both halves.

    Shape:
        tokens (N, K, H), bias (N, heads, K, K) to the scores of the attention; gives (N, K, H).
    """

    def __init__(self, hidden_size: int, num_heads: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm1 = nn.LayerNorm(hidden_size)
        self.qkv = nn.Linear(hidden_size, 3 * hidden_size)
        self.proj = nn.Linear(hidden_size, hidden_size)
        self.norm2 = nn.LayerNorm(hidden_size)
        self.linear1 = nn.Linear(hidden_size, expansion * hidden_size)
        self.linear2 = nn.Linear(expansion * hidden_size, hidden_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, bias: Tensor) -> Tensor:
        """Mix the tokens of a window."""
        qkv = self.qkv(self.norm1(tokens)).unflatten(-1, (3, self.num_heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        mixed = attention_weights(query, key, bias) @ value
        tokens = tokens + self.dropout(self.proj(mixed.transpose(1, 2).flatten(2)))
        inner = functional.gelu(self.linear1(self.norm2(tokens)))
        return tokens + self.dropout(self.linear2(inner))


class PairBias(nn.Module):
    """Biases of the attention by how far apart two joints are, and how much that changes.

    Joints of one bone keep their distance, so each tells where the other is.

    Args:
        num_blocks: Blocks L to give biases for.
        num_heads: Heads of a block.
        num_mixtures: Heads of the final mixing.
    """

    def __init__(self, num_blocks: int, num_heads: int, num_mixtures: int) -> None:
        super().__init__()
        self.split = [num_heads] * num_blocks + [num_mixtures]
        self.linear1 = nn.Linear(2, 32)
        self.linear2 = nn.Linear(32, sum(self.split))

    def forward(self, poses: Tensor, present: Tensor) -> tuple[Tensor, ...]:
        """Biases of a window.

        Args:
            poses: In units of the body's size, some of the window's frames, shape (N, K, C, S).
            present: Joints that may be attended to, shape (N, K), bool.

        Returns:
            Per block (N, heads, K, K), and for the mixing (N, mixtures, K, K).
        """
        with torch.no_grad():
            sampled = poses.permute(0, 3, 1, 2)
            apart = (sampled[:, :, :, None] - sampled[:, :, None]).square().sum(dim=-1).sqrt()
            features = torch.stack([
                torch.log(apart.mean(dim=1) + 1e-2),
                torch.log(apart.std(dim=1, correction=0) + 1e-3) / 2], dim=-1)
        bias = self.linear2(functional.gelu(self.linear1(features))).permute(0, 3, 1, 2)
        if not bool(present.all()):
            bias = bias.masked_fill(~present[:, None, None], -torch.inf)
        return bias.split(self.split, dim=1)


@MODELS.register_module()
class TrajectoryTransformer(WindowNetwork):
    """Adaptive smoothing of a pose window, own design.

    Each joint's trajectory over the window is a token; attention over joints lets them learn from
    one another, whatever skeleton they form. A joint's token weighs, frame by frame,
    ``num_filters`` learned linear filters of its own trajectory (they start as Whittaker
    smoothers) and ``num_mixtures`` mixtures of all joints' filtered trajectories, and adds a
    correction that is scaled by how rough the joint's and how large the body's motion is: what
    stands still stays.

    The result does not depend on where the person stands, on the unit or on the image's size:
    joints are centred over the window, and the body's size is 1 inside.

    Args:
        window_size: Frames W that the network sees and refines. Defaults to 64.
        dim: Values per joint C. Defaults to 3.
        hidden_size: Width of a token. Defaults to 192.
        num_blocks: Attention blocks. Defaults to 3.
        num_heads: Heads; divides ``hidden_size``. Defaults to 6.
        expansion: Width inside of a block over ``hidden_size``. Defaults to 2.
        num_filters: Linear filters to choose from. Defaults to 8.
        num_mixtures: Mixtures of all joints to choose from. Defaults to 4.
        dropout: Probability of dropout. Defaults to 0.

    Raises:
        ConfigError: A size is out of range.
    """

    mixes_channels = True

    def __init__(self, window_size: int = 64, dim: int = 3, hidden_size: int = 192,
                 num_blocks: int = 3, num_heads: int = 6, expansion: int = 2,
                 num_filters: int = 8, num_mixtures: int = 4, dropout: float = 0.0) -> None:
        super().__init__(window_size)
        positive_sizes(self, dim=dim, hidden_size=hidden_size, num_blocks=num_blocks,
                       num_heads=num_heads, expansion=expansion, num_filters=num_filters,
                       num_mixtures=num_mixtures)
        check_dropout(self, dropout)
        if hidden_size % num_heads or window_size < 4:
            raise ConfigError(
                f'TrajectoryTransformer: hidden_size is {hidden_size} and window_size '
                f'{window_size}; expected a hidden_size that is divisible by num_heads = '
                f'{num_heads}, and a window_size of at least 4.')
        self.dim = dim
        self.num_filters = num_filters
        self.num_mixtures = num_mixtures
        values = window_size * dim
        self.encoder = nn.Linear(2 * values - 2 * dim + dim + 4, hidden_size)
        self.blocks = nn.ModuleList(
            JointAttentionBlock(hidden_size, num_heads, expansion, dropout)
            for _ in range(num_blocks))
        self.norm = nn.LayerNorm(hidden_size)
        self.pair_bias = PairBias(num_blocks, num_heads, num_mixtures)
        self.affinity = nn.Linear(hidden_size, 2 * num_mixtures * _AFFINITY_SIZE)
        self.gate = nn.Linear(hidden_size, window_size * (num_filters + num_mixtures))
        self.decoder = nn.Linear(hidden_size, 2 * values)
        # A joint trusts its own trajectory first.
        nn.init.zeros_(self.gate.bias)
        nn.init.constant_(self.gate.bias[window_size * num_filters:], -2.0)
        nn.init.zeros_(self.decoder.weight)
        nn.init.zeros_(self.decoder.bias)
        bank = whittaker_bank(window_size, num_filters)
        middle = bank[num_filters // 2].expand(num_mixtures, -1, -1)
        self.filters = nn.Parameter(torch.cat([bank, middle]))

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows.

        Args:
            x: Shape (N, K * C, W). A joint with a value that is not finite is absent: nobody
                learns from it, and it comes back as it came.

        Returns:
            Shape (N, K * C, W).
        """
        self._check(x, self.window_size)
        if x.shape[1] % self.dim:
            raise DataFormatError(f'TrajectoryTransformer: {x.shape[1]} channels came; expected a '
                                  f'multiple of dim = {self.dim}.')
        poses = x.unflatten(1, (-1, self.dim))
        present = torch.isfinite(poses).all(dim=-1).all(dim=-1)
        if not bool(present.all()):
            poses = torch.where(present[..., None, None], poses, 0.0)
        share = present.to(poses.dtype)
        share = (share / share.sum(dim=1, keepdim=True).clamp(min=1))[..., None]
        place = poses.mean(dim=-1)
        motion = poses - place[..., None]
        middle = (place * share).sum(dim=1, keepdim=True)
        posture = place - middle
        size = ((posture.square().sum(dim=-1) + motion.square().sum(dim=-2).mean(dim=-1))
                * share[..., 0]).sum(dim=1).sqrt()[:, None, None]
        size = torch.where(size > 0, size, 1.0)
        # The place in the input's precision, all else in the network's: far from the origin, or in
        # small units, nothing is lost.
        precision = self.filters.dtype
        sampled = ((poses[..., ::_PAIR_STRIDE] - middle[..., None]) / size[..., None]).to(precision)
        motion = (motion / size[..., None]).to(precision)
        posture, share = (posture / size).to(precision), share.to(precision)
        bend = motion[..., 2:] - 2 * motion[..., 1:-1] + motion[..., :-2]
        rough = bend.abs().mean(dim=(-1, -2))[..., None]
        reach = motion.square().sum(dim=-2).mean(dim=-1).sqrt()[..., None]
        body = torch.cat([rough, reach], dim=-1)
        body = (body * share).sum(dim=1, keepdim=True).expand_as(body)
        level = (torch.log(torch.cat([rough, reach, body], dim=-1) + 1e-5) + 5) / 2
        bend = torch.asinh(bend / (rough[..., None] + _TINY))
        tokens = self.encoder(torch.cat(
            [4 * motion.flatten(2), bend.flatten(2), posture, level], dim=-1))
        biases = self.pair_bias(sampled, present)
        for block, bias in zip(self.blocks, biases):
            tokens = block(tokens, bias)
        tokens = self.norm(tokens)
        number = self.num_filters + self.num_mixtures
        bank = functional.linear(motion, self.filters.flatten(0, 1)).unflatten(-1, (number, -1))
        alone, shared = bank.split((self.num_filters, self.num_mixtures), dim=-2)
        query, key = self.affinity(tokens).unflatten(
            -1, (2, self.num_mixtures, -1)).permute(2, 0, 3, 1, 4)
        weights = attention_weights(query, key, biases[-1])
        # (N, R, K, K) x (N, R, K, C * W)
        shared = weights @ shared.permute(0, 3, 1, 2, 4).flatten(3)
        shared = shared.unflatten(-1, (self.dim, -1)).permute(0, 2, 3, 1, 4)
        gate = self.gate(tokens).unflatten(-1, (number, -1)).to(precision).softmax(dim=-2)
        refined = (torch.cat([alone, shared], dim=-2) * gate[:, :, None]).sum(dim=-2)
        own, common = self.decoder(tokens).to(precision).unflatten(
            -1, (2, self.dim, -1)).unbind(dim=2)
        refined = refined + own * rough[..., None] + common * body[..., 1:, None]
        result = place[..., None] + size[..., None] * refined.to(place.dtype)
        return torch.where(present[..., None, None], result,
                           x.unflatten(1, (-1, self.dim))).flatten(1, 2)


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


def whittaker_bank(window_size: int, num_filters: int) -> Tensor:
    """Whittaker smoothers as matrices, from the identity to far below a wave per window.

    Args:
        window_size: Frames W.
        num_filters: Filters F; their cut-offs are spaced evenly in octaves.

    Returns:
        Shape (F, W, W); row t gives frame t.
    """
    eye = torch.eye(window_size, dtype=torch.float64)
    bend = eye[2:] - 2 * eye[1:-1] + eye[:-2]
    bank = [eye]
    for cutoff in torch.logspace(-1, -2.2, num_filters - 1, dtype=torch.float64):
        weight = (2 * torch.sin(torch.pi * cutoff))**-4
        bank.append(torch.linalg.inv(eye + weight * bend.T @ bend))
    return torch.stack(bank[:num_filters]).float()
