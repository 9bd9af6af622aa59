"""MotionRefineNet: SmoothNet's successor with joint mixing and two branches."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import MODELS
from .joint_groups import (
    HIGH_DOF,
    REFERENCE_HIGH_SLOTS,
    channels_of,
    default_keypoint_names,
    split_by_name,
)
from .linear import Linear
from .motion_refine_blocks import FrequencyBlock, HaarAnalysis, HaarSynthesis, TemporalBlock
from .window_network import PoseNetwork, check_dropout, positive_sizes

PROTOCOLS = ('default', 'reference')


@MODELS.register_module()
class MotionRefineNet(PoseNetwork):
    """The network of MotionRefineNet, for any skeleton and representation.

    A temporal branch (a U-Net over the hidden features) and a frequency branch (two levels of a
    Haar transform of the hidden features, with separate paths for freely moving and for other
    joints) are averaged and decoded. Both mix the joints, so weights are bound to one skeleton
    and representation. Parameters carry the published names.

    ``protocol='reference'`` is the published network; published weights load into it. The
    default repairs:

    - *Fusing.* Where two halves are concatenated over the channels, the published convolution
      of stride 2 drops every other channel of both and shifts the rest to other slots. Here
      channel c of both halves goes into channel c, by a kernel of 2 (``conv_layer3``,
      ``conv_layer4`` have twice the weights).
    - *Gate.* The published one divides by a mean that may be 0, which gives values in the
      millions or NaN. Here ``e = h m / (m^2 + 0.01^2)``.
    - *Groups.* The published slots fit the 14 joints of LSP alone. Here freely moving joints
      are found by name.

    Kept as published: strides and the Haar transform run along the hidden features, not along
    time, in both protocols.

    Args:
        num_keypoints: Keypoints or joints K.
        dim: Values per keypoint: 2, 3, or 6 for rotations.
        window_size: Frames W that the network sees.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.
        hidden_size: Hidden features S, divisible by 4. Defaults to 512.
        res_hidden_size: Inner width R. Defaults to 128.
        num_blocks: Blocks of each branch. Defaults to 5.
        dropout: Probability of dropout. Defaults to 0.25.
        protocol: ``'default'`` or ``'reference'``. Defaults to ``'default'``.
        keypoint_names: K names, as in a dataset's metainfo. Defaults to None, the published
            layout of K keypoints (14 LSP, 15 JHMDB, 17 Human3.6M, 24 SMPL). Not used by the
            reference protocol, which uses fixed slots.
        high_dof: Parts of the names of freely moving joints. Defaults to ankles, knees, wrists
            and elbows.

    Raises:
        ConfigError: A size is out of range, or the groups cannot be formed.
    """

    def __init__(self, num_keypoints: int, dim: int, window_size: int,
                 output_size: int | None = None, hidden_size: int = 512, res_hidden_size: int = 128,
                 num_blocks: int = 5, dropout: float = 0.25, protocol: str = 'default',
                 keypoint_names: Sequence[str] | None = None,
                 high_dof: Sequence[str] = HIGH_DOF) -> None:
        super().__init__(num_keypoints, dim, window_size, output_size)
        positive_sizes(self, hidden_size=hidden_size, res_hidden_size=res_hidden_size,
                       num_blocks=num_blocks)
        check_dropout(self, dropout)
        if hidden_size % 4:
            raise ConfigError(f'MotionRefineNet: hidden_size is {hidden_size}; expected a '
                              'multiple of 4 (two levels of a Haar transform).')
        if protocol not in PROTOCOLS:
            raise ConfigError(f"MotionRefineNet: protocol is {protocol!r}; expected 'default' or "
                              "'reference'.")
        self.hidden_size = hidden_size
        self.res_hidden_size = res_hidden_size
        self.num_blocks = num_blocks
        self.protocol = protocol
        repaired = protocol == 'default'
        high, low = self._groups(keypoint_names, high_dof)
        block = (self.num_channels, hidden_size, res_hidden_size, dropout)

        def frequency_block(by_mean: bool) -> FrequencyBlock:
            return FrequencyBlock(*block, channels_of(high, dim), channels_of(low, dim),
                                  by_mean, bounded_gate=repaired)

        self.encoder = nn.Sequential(
            Linear(window_size, hidden_size, exact=True), nn.LeakyReLU(0.1, inplace=True))
        self.encoder2 = nn.Sequential(
            Linear(window_size, hidden_size, exact=True), nn.LeakyReLU(0.1, inplace=True))
        self.tem_blocks = nn.Sequential(*(
            TemporalBlock(*block, fuse_halves=repaired) for _ in range(num_blocks)))
        self.fre_blocks = frequency_block(by_mean=True)
        self.fre_blocks2 = nn.Sequential(*(
            frequency_block(by_mean=False) for _ in range(num_blocks - 1)))
        self.DWT = HaarAnalysis()
        self.IDWT = HaarSynthesis()
        self.decoder = Linear(hidden_size, self.output_size, exact=True)
        if not repaired:
            # Published files hold it, no output depends on it; distributed training would wait
            # for its gradient.
            self.fusion = Linear(2 * hidden_size, 2).requires_grad_(False)

    def _groups(self, keypoint_names: Sequence[str] | None,
                high_dof: Sequence[str]) -> tuple[list[int], list[int]]:
        if self.protocol == 'reference':
            if self.num_keypoints <= max(REFERENCE_HIGH_SLOTS):
                raise ConfigError(
                    f"MotionRefineNet: protocol='reference' uses the slots "
                    f'{REFERENCE_HIGH_SLOTS}, but num_keypoints is {self.num_keypoints}.')
            slots = set(REFERENCE_HIGH_SLOTS)
            return sorted(slots), [i for i in range(self.num_keypoints) if i not in slots]
        if keypoint_names is None:
            keypoint_names = default_keypoint_names(self.num_keypoints)
        if len(keypoint_names) != self.num_keypoints:
            raise ConfigError(f'MotionRefineNet: {len(keypoint_names)} keypoint_names for '
                              f'num_keypoints = {self.num_keypoints}.')
        return split_by_name(keypoint_names, high_dof)

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, K * dim, W) to (N, K * dim, O); see the base class."""
        self._check_window(x)
        x = x.to(self.decoder.weight.dtype)
        temporal = self.tem_blocks(self.encoder(x))
        low, fine = self.DWT(self.encoder2(x))
        low, coarse = self.DWT(low)
        quarter = self.hidden_size // 4
        # The finest band lies in the middle, as published.
        bands = self.fre_blocks2(self.fre_blocks(torch.cat([low, fine, coarse], dim=-1)))
        low, fine, coarse = bands.split((quarter, 2 * quarter, quarter), dim=-1)
        frequency = self.IDWT(self.IDWT(low, coarse), fine)
        return self.decoder((temporal + frequency) / 2)
