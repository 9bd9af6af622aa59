"""A network for whole poses of any skeleton: learned filters, chosen by attention over joints."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import MODELS
from .body_scale import in_body_sizes
from .joint_attention import (
    JointAttentionBlock,
    JointAttentionNetwork,
    attention_weights,
    start_at_zero,
)
from .joint_pairs import DistanceCorrection, PairBias, PairValues, pair_geometry
from .linear import Linear, linear

_TINY = 1e-6
#: Width of the queries and keys that mix trajectories.
_AFFINITY_SIZE = 16
#: Distance in frames of the poses that the relations of joints are computed from.
_PAIR_STRIDE = 4


@MODELS.register_module()
class TrajectoryTransformer(JointAttentionNetwork):
    """Adaptive smoothing of a pose window, own design.

    Each joint's trajectory over the window is a token; attention over joints combines their
    information, for any skeleton. A joint's token weights, frame by frame,
    ``num_filters`` learned linear filters of its own trajectory (they start as Whittaker
    smoothers) and ``num_mixtures`` mixtures of all joints' filtered trajectories, and adds a
    correction that is scaled by the roughness of the joint's motion and the extent of the body's
    motion, so that nothing moves that stands still. With ``pair_size``, tokens also attend to
    values of the pairs of joints; with ``num_corrections``, they use and add corrections that keep
    the distances of joints (:class:`~.joint_pairs.DistanceCorrection`).

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
        pair_size: Width of the values of each pair of joints. Defaults to 0, none.
        num_corrections: Corrections that keep distances. Defaults to 0, none.
        dropout: Probability of dropout. Defaults to 0.

    Raises:
        ConfigError: A size is out of range.
    """

    equivariant = True

    def __init__(self, window_size: int = 64, dim: int = 3, hidden_size: int = 192,
                 num_blocks: int = 3, num_heads: int = 6, expansion: int = 2,
                 num_filters: int = 8, num_mixtures: int = 4, pair_size: int = 0,
                 num_corrections: int = 0, dropout: float = 0.0) -> None:
        super().__init__(window_size, hidden_size, num_heads, dropout, dim=dim,
                         num_blocks=num_blocks, expansion=expansion, num_filters=num_filters,
                         num_mixtures=num_mixtures)
        for name, value in (('pair_size', pair_size), ('num_corrections', num_corrections)):
            if value < 0:
                raise ConfigError(
                    f'TrajectoryTransformer: {name} is {value}; expected 0 or more.')
        self.dim = dim
        self.num_filters = num_filters
        self.num_mixtures = num_mixtures
        values = window_size * dim
        self.encoder = Linear(2 * values - 2 * dim + dim + 4, hidden_size)
        self.blocks = nn.ModuleList(
            JointAttentionBlock(hidden_size, num_heads, expansion, dropout, pair_size)
            for _ in range(num_blocks))
        self.norm = nn.LayerNorm(hidden_size)
        self.pair_bias = PairBias(num_blocks, num_heads, num_mixtures)
        self.affinity = Linear(hidden_size, 2 * num_mixtures * _AFFINITY_SIZE)
        self.gate = Linear(hidden_size, window_size * (num_filters + num_mixtures))
        self.decoder = Linear(hidden_size, 2 * values)
        # A joint trusts its own trajectory first.
        nn.init.zeros_(self.gate.bias)
        nn.init.constant_(self.gate.bias[window_size * num_filters:], -2.0)
        start_at_zero(self.decoder)
        bank = whittaker_bank(window_size, num_filters)
        middle = bank[num_filters // 2].expand(num_mixtures, -1, -1)
        self.filters = nn.Parameter(torch.cat([bank, middle]))
        self.pair_values = PairValues(dim, pair_size) if pair_size else None
        self.correction = None
        if num_corrections:
            # They have no effect before training, which may start from weights without them.
            self.correction = DistanceCorrection(num_corrections)
            self.correction_encoder = Linear(num_corrections * values, hidden_size)
            self.correction_gate = Linear(hidden_size, num_corrections * window_size)
            start_at_zero(self.correction_encoder)
            start_at_zero(self.correction_gate)
            self.correction_filters = nn.Parameter(
                bank[num_filters // 3].expand(num_corrections, -1, -1).clone())

    def begins_without_effect(self) -> tuple[str, ...]:
        """See :meth:`WindowNetwork.begins_without_effect`."""
        return ('pair_values.', 'correction', *(
            f'blocks.{number}.pair_proj.' for number in range(len(self.blocks))))

    def _refine(self, poses: Tensor, present: Tensor) -> Tensor:
        precision = self.filters.dtype
        window = in_body_sizes(poses, present, precision)
        motion = window.motion
        bend = motion[..., 2:] - 2 * motion[..., 1:-1] + motion[..., :-2]
        rough = bend.abs().mean(dim=(-1, -2))[..., None]
        reach = motion.square().sum(dim=-2).mean(dim=-1).sqrt()[..., None]
        body = torch.cat([rough, reach], dim=-1)
        body = (body * window.share).sum(dim=1, keepdim=True).expand_as(body)
        level = (torch.log(torch.cat([rough, reach, body], dim=-1) + 1e-5) + 5) / 2
        bend = _asinh(bend / (rough[..., None] + _TINY))
        tokens = self.encoder(torch.cat(
            [4 * motion.flatten(2), bend.flatten(2), window.posture, level], dim=-1))
        features, correction = pair_geometry(window.poses, present, _PAIR_STRIDE, self.correction)
        if correction is not None:
            tokens = tokens + self.correction_encoder(4 * correction.flatten(2))
        pairs = self.pair_values(features, window.posture) if self.pair_values else None
        biases = self.pair_bias(features, present)
        for block, bias in zip(self.blocks, biases):
            tokens = block(tokens, bias, pairs)
        tokens = self.norm(tokens)
        refined = self._filtered(motion, tokens, biases[-1])
        own, common = self.decoder(tokens).to(precision).unflatten(
            -1, (2, self.dim, -1)).unbind(dim=2)
        refined = refined + own * rough[..., None] + common * body[..., 1:, None]
        if correction is not None:
            gate = self.correction_gate(tokens).unflatten(-1, (correction.shape[2], 1, -1))
            smooth = torch.einsum('nkrcw,rvw->nkrcv', correction.to(precision),
                                  self.correction_filters)
            refined = refined + (gate.to(precision) * smooth).sum(dim=2)
        return window.place[..., None] + window.size[..., None] * refined.to(window.place.dtype)

    def _filtered(self, motion: Tensor, tokens: Tensor, bias: Tensor) -> Tensor:
        """Weighted sum of the filtered trajectories of each joint and of mixtures of all joints.

        Args:
            motion: Trajectories relative to their mean, shape (N, K, C, W).
            tokens: Shape (N, K, H).
            bias: Bias of the mixtures' attention, shape (N, mixtures, K, K).

        Returns:
            Shape (N, K, C, W).
        """
        number = self.num_filters + self.num_mixtures
        bank = linear(motion, self.filters.flatten(0, 1)).unflatten(-1, (number, -1))
        alone, shared = bank.split((self.num_filters, self.num_mixtures), dim=-2)
        query, key = self.affinity(tokens).unflatten(
            -1, (2, self.num_mixtures, -1)).permute(2, 0, 3, 1, 4)
        weights = attention_weights(query, key, bias)
        # (N, R, K, K) x (N, R, K, C * W)
        shared = weights @ shared.permute(0, 3, 1, 2, 4).flatten(3)
        shared = shared.unflatten(-1, (self.dim, -1)).permute(0, 2, 3, 1, 4)
        gate = self.gate(tokens).unflatten(-1, (number, -1)).to(motion.dtype).softmax(dim=-2)
        return (torch.cat([alone, shared], dim=-2) * gate[:, :, None]).sum(dim=-2)


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


def _asinh(x: Tensor) -> Tensor:
    """Several times as fast as PyTorch's on CPUs, and as exact for values of about 1 or more."""
    return torch.log(x.abs() + torch.sqrt(x.square() + 1)) * x.sign()
