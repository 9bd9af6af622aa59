"""Attention over poses with their velocity and acceleration, at several rates."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ConfigError
from ..registry import MODELS
from .attention_over_time import PoseTokens


@MODELS.register_module()
class KinematicAttentionNet(PoseTokens):
    """Attention over poses with their motion, at several rates: the ideas of "Kinematic-aware
    Hierarchical Attention Network for Human Pose Estimation in Videos" (HANet, WACV 2023), written
    from the paper and reduced to what a refiner of all frames needs.

    *Kinematic*: the token of a frame holds its pose, velocity and acceleration. *Hierarchical*: the
    first encoder sees every frame, each further one half as many, and the results of all rates are
    added. The network corrects the poses that it gets; HANet's sampling of frames and its two
    students are left out.

    Args:
        num_keypoints: Keypoints or joints K.
        dim: Values per keypoint.
        window_size: Frames W, divisible by ``2 ** (num_scales - 1)``. Defaults to 32.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.
        hidden_size: Width of a token. Defaults to 128.
        num_heads: Heads of the attention. Defaults to 4.
        num_layers: Layers of each encoder. Defaults to 2.
        num_scales: Rates. Defaults to 3.
        dropout: Probability of dropout. Defaults to 0.1.

    Raises:
        ConfigError: A size is out of range, or the window cannot be halved as often.
    """

    def __init__(self, num_keypoints: int, dim: int, window_size: int = 32,
                 output_size: int | None = None, hidden_size: int = 128, num_heads: int = 4,
                 num_layers: int = 2, num_scales: int = 3, dropout: float = 0.1) -> None:
        super().__init__(num_keypoints, dim, window_size, output_size, hidden_size, num_heads,
                         dropout)
        if num_scales < 1 or window_size % 2**(num_scales - 1):
            raise ConfigError(f'KinematicAttentionNet: window_size is {window_size}; expected a '
                              f'multiple of {2**max(num_scales - 1, 0)} for num_scales = '
                              f'{num_scales}.')
        self.num_layers, self.num_scales = num_layers, num_scales
        self.embed = nn.Linear(3 * self.num_channels, hidden_size)
        self.scales = nn.ModuleList(self.encoder(num_layers) for _ in range(num_scales))
        self.correction = self.to_pose()

    def _refine(self, poses: Tensor) -> Tensor:
        velocity = _differences(poses)
        motion = torch.cat([poses, velocity, _differences(velocity)], dim=-1)
        tokens = self.embed(motion) + self.places
        total = torch.zeros_like(tokens)
        for number, scale in enumerate(self.scales):
            if number:
                tokens = functional.avg_pool1d(tokens.transpose(1, 2), 2).transpose(1, 2)
            tokens = scale(tokens)
            total = total + functional.interpolate(tokens.transpose(1, 2), self.window_size,
                                                   mode='linear').transpose(1, 2)
        return poses + self.correction(total)


def _differences(values: Tensor) -> Tensor:
    """Differences of successive frames, 0 for the first; same shape."""
    return functional.pad(values.diff(dim=1), (0, 0, 1, 0))
