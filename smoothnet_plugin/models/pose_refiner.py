"""A network in training and test: losses on windows, refined whole sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from ..errors import ConfigError, DataFormatError
from ..registry import MODELS, SCOPE
from .build import build_network
from .window_inference import (
    reference_length,
    refine_as_reference,
    refine_sequence,
    to_reference_length,
)
from .window_network import WindowNetwork, positive_sizes


@MODELS.register_module()
class PoseRefiner(BaseModel):
    """Trains a window network and refines sequences with it.

    Args:
        network: The network, a :class:`WindowNetwork` or its config.
        loss: The loss, called with ``(pred, target, mask)``; a module or its config. Defaults to
            None, :class:`PositionAccelerationLoss`.
        window_stride: Frames between the starts of two windows in ``predict``. Defaults to 1.
        protocol: ``'default'`` refines every frame once; ``'reference'`` cuts sequences as
            SmoothNet's own evaluation does (zeros appended to short ones, frames after the last
            window dropped) and counts appended frames as frames. Defaults to ``'default'``.
        batch_size: Windows that go through the network at once in ``predict``. Defaults to
            None, by the number of channels.
        data_preprocessor: As in MMEngine. Defaults to None.
        init_cfg: As in MMEngine. Defaults to None.

    Raises:
        ConfigError: An argument is out of range.
    """

    def __init__(self, network: WindowNetwork | Mapping[str, Any],
                 loss: nn.Module | Mapping[str, Any] | None = None, window_stride: int = 1,
                 protocol: str = 'default', batch_size: int | None = None,
                 data_preprocessor: dict | nn.Module | None = None,
                 init_cfg: dict | None = None) -> None:
        super().__init__(data_preprocessor, init_cfg)
        built = network if isinstance(network, WindowNetwork) else build_network(network)
        self.network = built
        if loss is None:
            loss = dict(type='PositionAccelerationLoss')
        # The scope is named, so that our types are found under any default scope.
        self.criterion = loss if isinstance(loss, nn.Module) else MODELS.build(
            {'_scope_': SCOPE, **loss})
        positive_sizes(self, window_stride=window_stride, batch_size=batch_size or 1)
        if window_stride > built.output_size:
            raise ConfigError(f'PoseRefiner: window_stride is {window_stride}; expected at most '
                              f'output_size = {built.output_size}, or frames would be lost.')
        if protocol not in ('default', 'reference'):
            raise ConfigError(f"PoseRefiner: protocol is {protocol!r}; expected 'default' or "
                              "'reference'.")
        if protocol == 'reference' and built.output_size != built.window_size:
            raise ConfigError("PoseRefiner: protocol='reference' needs a network with "
                              'output_size == window_size.')
        self.window_stride = window_stride
        self.protocol = protocol
        self.batch_size = batch_size

    def forward(self, *items: Mapping[str, Any], mode: str = 'tensor',
                **batch: Any) -> dict[str, Tensor] | list[dict[str, Any]] | Tensor:
        """Entry point of MMEngine's runner.

        Args:
            *items: A sequence batch, unpacked: one dict per clip.
            mode: ``'loss'`` and ``'tensor'`` for a window batch, ``'predict'`` for a sequence
                batch (or a single clip as ``batch``).
            **batch: A window batch: ``inputs``, ``target``, ``mask``.

        Returns:
            See :meth:`loss` and :meth:`predict`; ``'tensor'`` gives the refined windows, shape
            (N, O, K, C).
        """
        if mode == 'predict':
            return self.predict(list(items) or [batch])
        if items:
            raise DataFormatError(
                f"mode={mode!r} expects a batch of windows (inputs, target, mask), but "
                f'got whole clips ({len(items)}); set window_size in the dataset.')
        if mode == 'loss':
            return self.loss(**batch)
        if mode == 'tensor':
            return self._refine_windows(batch['inputs'])
        raise ConfigError(f"mode is {mode!r}; expected 'loss', 'predict' or 'tensor'.")

    def weights_without_effect(self) -> dict[str, Tensor]:
        """The current weights that a checkpoint to start from may lack, by name."""
        names = tuple(f'network.{name}' for name in self.network.begins_without_effect())
        return {name: value for name, value in self.state_dict().items()
                if names and name.startswith(names)}

    def loss(self, inputs: Tensor, target: Tensor, mask: Tensor | None = None,
             **_: Any) -> dict[str, Tensor]:
        """Losses on a batch of windows.

        Args:
            inputs: Estimated poses, shape (N, W, K, C). A keypoint whose estimate is not finite
                anywhere in a window counts as 0 there and has no loss.
            target: True poses, same shape.
            mask: Where the loss counts, shape (N, W, K). Defaults to None, everywhere.
            **_: Further entries of the batch, not used.

        Returns:
            The losses by name.
        """
        if not isinstance(inputs, Tensor):
            raise DataFormatError(
                f'PoseRefiner: inputs are a {type(inputs).__name__}, not one tensor; set '
                "collate_fn=dict(type='smoothnet_plugin.pose_collate') in the dataloader.")
        pred = self._refine_windows(torch.nan_to_num(inputs, posinf=0.0, neginf=0.0))
        frames = pred.shape[1]
        usable = torch.isfinite(inputs).all(dim=-1).all(dim=1, keepdim=True)
        mask = usable.expand(inputs.shape[:-1]) if mask is None else mask & usable
        return self.criterion(pred, target[:, :frames], mask[:, :frames])

    def predict(self, items: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Refine whole clips.

        Args:
            items: Per clip ``inputs`` (T, K, C), optionally ``target`` (T, K, C), ``mask`` (T, K)
                and ``meta``, whose ``denormalise`` (``scale``, ``offset``) undoes the dataset's
                normalisation.

        Returns:
            Per clip a dict of NumPy arrays in the data's own unit: ``pred``, ``inputs``,
            ``target`` (or None), all (T, K, C), ``mask`` (T, K), and ``meta``. With
            ``protocol='reference'`` T is the length that the reference uses for the clip; arrays
            in ``meta`` with a row per frame have that length too.

        Raises:
            DataFormatError: A clip has another shape.
        """
        return [self._predict_one(item) for item in items]

    def _predict_one(self, item: Mapping[str, Any]) -> dict[str, Any]:
        inputs, target, mask = item['inputs'], item.get('target'), item.get('mask')
        meta = dict(item.get('meta') or {})
        if not isinstance(inputs, Tensor) or inputs.ndim != 3:
            raise DataFormatError(
                f"Clip {meta.get('name', '')!r}: inputs have shape "
                f"{tuple(getattr(inputs, 'shape', ()))}; expected a tensor (T, K, C).")
        if mask is None:
            mask = torch.ones(inputs.shape[:2], dtype=torch.bool, device=inputs.device)
        coords = inputs.flatten(1)
        if self.protocol == 'reference' and len(inputs):
            refined = refine_as_reference(
                self.network, coords, self.window_stride, self.batch_size)
            inputs, target, mask, meta = self._as_reference(inputs, target, mask, meta)
        else:
            refined = self._refined_sequence(coords)
        undo = meta.get('denormalise')
        return {
            'pred': _denormalised(refined.reshape(inputs.shape), undo),
            'inputs': _denormalised(inputs, undo),
            'target': None if target is None else _denormalised(target, undo),
            'mask': mask.cpu().numpy(),
            'meta': meta,
        }

    def _refined_sequence(self, coords: Tensor) -> Tensor:
        """(T, channels) to the same shape."""
        return refine_sequence(self.network, coords, self.window_stride, self.batch_size)

    def _as_reference(self, inputs: Tensor, target: Tensor | None, mask: Tensor,
                      meta: dict[str, Any]) -> tuple[Tensor, Tensor | None, Tensor, dict]:
        """Append zeros to all values with a row per frame, or drop their last frames."""
        frames = len(inputs)
        cut = (self.network.window_size, self.window_stride)
        # The reference treats appended frames as frames, in the metrics too.
        added = torch.arange(reference_length(frames, *cut), device=mask.device) >= frames
        for name, value in meta.items():
            if isinstance(value, (np.ndarray, Tensor)) and value.ndim > 1 and len(value) == frames:
                fitted = to_reference_length(torch.as_tensor(value), *cut)
                meta[name] = fitted if isinstance(value, Tensor) else fitted.numpy()
        return (to_reference_length(inputs, *cut),
                None if target is None else to_reference_length(target, *cut),
                to_reference_length(mask, *cut) | added[:, None], meta)

    def _refine_windows(self, inputs: Tensor) -> Tensor:
        """(N, W, K, C) to (N, O, K, C)."""
        if inputs.ndim != 4 or inputs.shape[1] != self.network.window_size:
            raise DataFormatError(
                f'PoseRefiner: inputs have shape {tuple(inputs.shape)}; expected (N, W, K, C) '
                f"with W = {self.network.window_size}, the network's window_size. Give dataset "
                'and network the same one.')
        refined = self.network.forward_window(inputs.flatten(2).transpose(1, 2))
        return refined.transpose(1, 2).unflatten(2, inputs.shape[2:])


def _denormalised(values: Tensor, undo: Mapping[str, Any] | None) -> np.ndarray:
    array = values.detach().cpu().numpy()
    if undo is None:
        return array
    scale = np.asarray(undo['scale'], dtype=array.dtype)
    return array * scale + np.asarray(undo['offset'], dtype=array.dtype)
