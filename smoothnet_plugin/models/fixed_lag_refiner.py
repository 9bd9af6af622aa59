"""Training a network for every look-ahead, offline and live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, DataFormatError
from ..registry import MODELS
from ..utils.arguments import real_number
from .fixed_lag import refine_fixed_lag
from .losses import acceleration, acceleration_mask
from .pose_refiner import PoseRefiner
from .window_network import WindowNetwork, check_dropout


@MODELS.register_module()
class FixedLagRefiner(PoseRefiner):
    """Trains every position of a window as the live result at its look-ahead.

    A network that refines windows is an offline smoother; its newest frame, seen from window to
    window, jitters. Here a training sample is a segment of M + W - 1 frames, cut into M windows
    that each begin a frame later. The frames at one position of these windows are those that a
    viewer at that look-ahead sees in succession, so their acceleration is trained, in addition to
    the acceleration inside each window and the positions of all frames.

    The loss of a segment, in units of the body's size s (root mean square distance of the joints'
    mean places to their middle)::

        (raw + 0.003)^-relative * (pos + w_stream * accel_stream + w_window * accel_window)

    with means, over all values that are not masked out, of the length of the position error
    (``raw`` for the input) and of the acceleration error. The factor increases the weight of
    segments with small errors, so that good poses do not get worse.

    Args:
        network: The network, a :class:`WindowNetwork` with ``output_size == window_size`` or its
            config.
        w_stream: Weight of the acceleration from window to window. Defaults to 1.0.
        w_window: Weight of the acceleration inside of windows. Defaults to 0.3.
        relative: How much the loss is relative to the input's error, 0 to 1. Defaults to 0.5.
        held_share: Share of segments whose first frames are replaced by one later frame, as at
            the start of a video. Defaults to 0.2.
        subset_share: Share of batches in which only some of the joints are kept, for skeletons
            that the training data lacks. Defaults to 0.
        bfloat16: Whether matrix products are computed in bfloat16, with weights in float32.
            Defaults to False.
        batch_size: As in :class:`PoseRefiner`.
        data_preprocessor: As in :class:`PoseRefiner`.
        init_cfg: As in :class:`PoseRefiner`.

    Raises:
        ConfigError: An argument is out of range.
    """

    def __init__(self, network: WindowNetwork | Mapping[str, Any], w_stream: float = 1.0,
                 w_window: float = 0.3, relative: float = 0.5, held_share: float = 0.2,
                 subset_share: float = 0.0, bfloat16: bool = False, batch_size: int | None = None,
                 data_preprocessor: dict | nn.Module | None = None,
                 init_cfg: dict | None = None) -> None:
        super().__init__(network, loss=nn.Identity(), batch_size=batch_size,
                         data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        if self.network.output_size != self.network.window_size:
            raise ConfigError('FixedLagRefiner needs a network with output_size == window_size.')
        for name, value in (('w_stream', w_stream), ('w_window', w_window),
                            ('relative', relative)):
            real_number(self, name, value, zero=True)
        check_dropout(self, held_share)
        check_dropout(self, subset_share)
        self.w_stream = w_stream
        self.w_window = w_window
        self.relative = relative
        self.held_share = held_share
        self.subset_share = subset_share
        # Not "bfloat16", which is a method of modules.
        self.in_bfloat16 = bfloat16

    def loss(self, inputs: Tensor, target: Tensor, mask: Tensor | None = None,
             **_: Any) -> dict[str, Tensor]:
        """Losses on a batch of segments.

        Args:
            inputs: Estimated poses, shape (N, S, K, C) with S >= W + 2, finite.
            target: True poses, same shape.
            mask: Where the loss counts, shape (N, S, K). Defaults to None, everywhere.
            **_: Further entries of the batch, not used.

        Returns:
            ``loss_pos``, ``loss_stream`` and ``loss_window``, weighted; and ``ratio``, the
            position error over the input's.

        Raises:
            DataFormatError: The segments are too short.
        """
        window = self.network.window_size
        if inputs.ndim != 4 or inputs.shape[1] < window + 2:
            raise DataFormatError(
                f'FixedLagRefiner: inputs have shape {tuple(inputs.shape)}; expected (N, S, K, C) '
                f"with S >= {window + 2}: give the dataset a window_size of the network's plus at "
                'least 2.')
        if mask is None:
            mask = torch.ones(inputs.shape[:3], dtype=torch.bool, device=inputs.device)
        if self.subset_share and torch.rand(()) < self.subset_share:
            keep = _some_joints(inputs.shape[2])
            inputs, target, mask = inputs[:, :, keep], target[:, :, keep], mask[:, :, keep]
        inputs, mask = self._held(inputs, mask)
        size = _body_size(target)[:, None, None, None, None]
        windows, truth = (values.unfold(1, window, 1) for values in (inputs, target))
        counted = mask.unfold(1, window, 1)
        refined = self._refine(windows)
        error = torch.where(counted[..., None, :], (refined - truth) / size, 0.0)
        # (N, M, K, W, C) from here on.
        error = error.movedim(3, 4)
        position = _mean_length(error, counted)
        with torch.no_grad():
            raw = _mean_length(((windows - truth) / size).movedim(3, 4), counted)
            factor = (raw + 0.003)**-self.relative
        stream = _mean_length(acceleration(error), acceleration_mask(counted))
        inside = _mean_length(acceleration(error.movedim(3, 1)),
                              acceleration_mask(counted.movedim(3, 1)))
        return {
            'loss_pos': (factor * position).mean(),
            'loss_stream': self.w_stream * (factor * stream).mean(),
            'loss_window': self.w_window * (factor * inside).mean(),
            'ratio': (position.sum() / raw.sum().clamp(min=1e-9)).detach(),
        }

    def _refine(self, windows: Tensor) -> Tensor:
        """(N, M, K, C, W) to the same shape."""
        with torch.autocast(windows.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            refined = self.network.forward_window(windows.flatten(0, 1).flatten(1, 2))
        return refined.float().reshape(windows.shape)

    def _held(self, inputs: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Hold the first frames of some segments, as before the first frame of a video."""
        number, frames = inputs.shape[:2]
        # Drawn on the CPU: the same on every device.
        until = torch.randint(1, self.network.window_size - 3, (number,))
        until = torch.where(torch.rand(number) < self.held_share, until, 0)[:, None]
        place = torch.maximum(torch.arange(frames), until).to(inputs.device)
        held = inputs.gather(1, place[..., None, None].expand_as(inputs))
        real = torch.arange(frames) >= until
        return held, mask & real.to(mask.device)[..., None]

    def _refined_sequence(self, coords: Tensor) -> Tensor:
        return refine_fixed_lag(self.network, coords, batch_size=self.batch_size)


def _some_joints(count: int) -> Tensor:
    fewest = min(count, max(5, count // 3))
    number = int(torch.randint(fewest, count + 1, ()))
    return torch.randperm(count)[:number]


def _body_size(target: Tensor) -> Tensor:
    """Root mean square distance of the joints' mean places to their middle, (N, S, K, C) to
    (N,)."""
    place = target.mean(dim=1)
    spread = place - place.mean(dim=1, keepdim=True)
    return (spread.square().sum(dim=-1).mean(dim=-1) + 1e-12).sqrt()


def _mean_length(error: Tensor, counted: Tensor) -> Tensor:
    """Mean length of the last axis where ``counted``, per item of the first axis, (N,)."""
    # The slope of a square root is infinite at 0.
    length = (error.square().sum(dim=-1) + 1e-12).sqrt() * counted
    return length.flatten(1).sum(dim=1) / counted.flatten(1).sum(dim=1).clamp(min=1)
