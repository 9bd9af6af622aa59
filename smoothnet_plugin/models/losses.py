"""Losses on refined windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import ConfigError, DataFormatError
from ..registry import MODELS


@MODELS.register_module()
class PositionAccelerationLoss(nn.Module):
    """Mean absolute error of positions and of accelerations, SmoothNet's objective (section 3.4).

    ``w_pos * mean|p - g| + w_accel * mean|A(p) - A(g)|`` with ``A(z)_t = z_{t-1} - 2 z_t +
    z_{t+1}``; means over all values that are not masked out.

    Args:
        w_pos: Weight of the position term. Defaults to 1.0.
        w_accel: Weight of the acceleration term. Defaults to 0.1, the published trainings'.

    Raises:
        ConfigError: A weight is negative or not finite.

    Examples:
        >>> import torch
        >>> loss = PositionAccelerationLoss(w_pos=1.0, w_accel=0.5)
        >>> ramp = torch.arange(4.0).reshape(1, 4, 1, 1)
        >>> {k: float(v) for k, v in loss(ramp**2, ramp).items()}
        {'loss_pos': 2.0, 'loss_accel': 1.0}
    """

    def __init__(self, w_pos: float = 1.0, w_accel: float = 0.1) -> None:
        super().__init__()
        for name, weight in (('w_pos', w_pos), ('w_accel', w_accel)):
            if not 0 <= weight < float('inf'):
                raise ConfigError(f'PositionAccelerationLoss: {name} is {weight!r}; expected a '
                                  'number >= 0.')
        self.w_pos = w_pos
        self.w_accel = w_accel

    def forward(self, pred: Tensor, target: Tensor,
                mask: Tensor | None = None) -> dict[str, Tensor]:
        """Compare refined windows with the truth.

        Args:
            pred: Shape (N, T, K, C).
            target: Same shape; may be NaN where masked out.
            mask: Where the truth is known, shape (N, T, K), bool. An acceleration counts where
                all three of its frames do. Defaults to None, everywhere.

        Returns:
            ``loss_pos`` and ``loss_accel``, weighted; 0 where nothing counts.

        Raises:
            DataFormatError: The shapes do not fit.
        """
        if pred.shape != target.shape or pred.ndim != 4:
            raise DataFormatError(
                f'The prediction has shape {tuple(pred.shape)}, the target '
                f'{tuple(target.shape)}; expected (N, T, K, C) for both.')
        if mask is None:
            mask = torch.ones(pred.shape[:-1], dtype=torch.bool, device=pred.device)
        elif mask.shape != pred.shape[:-1]:
            raise DataFormatError(f'The mask has shape {tuple(mask.shape)}; expected (N, T, K) = '
                                  f'{tuple(pred.shape[:-1])}.')
        error = torch.where(mask[..., None], pred - target, 0.0)
        return {
            'loss_pos': self.w_pos * _masked_mean(error, mask),
            'loss_accel': self.w_accel * _masked_mean(
                acceleration(error), acceleration_mask(mask)),
        }


def acceleration(x: Tensor) -> Tensor:
    """Second difference over the second axis, (N, T, ...) to (N, max(T - 2, 0), ...)."""
    return x[:, :-2] - 2 * x[:, 1:-1] + x[:, 2:]


def acceleration_mask(mask: Tensor) -> Tensor:
    """Where all three frames of an acceleration count, (N, T, ...) to (N, max(T - 2, 0), ...)."""
    return mask[:, :-2] & mask[:, 1:-1] & mask[:, 2:]


def _masked_mean(error: Tensor, mask: Tensor) -> Tensor:
    counted = (error.abs() * mask[..., None]).sum()
    return counted / (mask.sum() * error.shape[-1]).clamp(min=1)
