"""SmoothNet with position, velocity and acceleration branches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..registry import MODELS
from .linear import Linear
from .smoothnet import SmoothNet
from .window_network import WindowNetwork


@MODELS.register_module()
class MotionAwareSmoothNet(WindowNetwork):
    """The motion-aware network of the SmoothNet paper (section 3.2), which was never released.

    Three :class:`SmoothNet` branches see the positions and their first and second differences
    over time; a linear layer over their concatenated outputs gives the refined positions. The
    differences keep the window's length: the first velocity and the first two accelerations
    are 0. The layer starts as the identity on the position branch, so that a new network equals
    its position branch and learns what the others add.

    Args:
        window_size: Frames W that the network sees.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.
        hidden_size: Width of each branch. Defaults to 512.
        res_hidden_size: Width inside of the residual blocks. Defaults to 256.
        num_blocks: Residual blocks of each branch. Defaults to 3.
        dropout: Probability of dropout. Defaults to 0.5.

    Raises:
        ConfigError: A size or probability is out of range.
    """

    def __init__(self, window_size: int, output_size: int | None = None, hidden_size: int = 512,
                 res_hidden_size: int = 256, num_blocks: int = 3, dropout: float = 0.5) -> None:
        super().__init__(window_size, output_size)
        self.hidden_size = hidden_size
        self.res_hidden_size = res_hidden_size
        self.num_blocks = num_blocks
        sizes = (window_size, output_size, hidden_size, res_hidden_size, num_blocks, dropout)
        self.position = SmoothNet(*sizes)
        self.velocity = SmoothNet(*sizes)
        self.acceleration = SmoothNet(*sizes)
        self.aggregation = Linear(3 * self.output_size, self.output_size, exact=True)
        with torch.no_grad():
            nn.init.zeros_(self.aggregation.bias)
            nn.init.zeros_(self.aggregation.weight)
            self.aggregation.weight[:, :self.output_size] = torch.eye(self.output_size)

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O); see the base class."""
        self._check(x, self.window_size)
        velocity = _difference(x, 1)
        acceleration = _difference(velocity, 2)
        return self.aggregation(torch.cat([
            self.position.forward_window(x),
            self.velocity.forward_window(velocity),
            self.acceleration.forward_window(acceleration),
        ], dim=-1))


def _difference(x: Tensor, unknown: int) -> Tensor:
    """Backward difference over the last axis, 0 for the first ``unknown`` frames."""
    difference = torch.zeros_like(x)
    difference[..., unknown:] = x[..., unknown:] - x[..., unknown - 1:-1]
    return difference
