"""The learned filter: any window network of this package, with its weights."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..errors import CheckpointError, ConfigError, DataFormatError
from ..registry import SMOOTHERS
from ._engines import engines_for, usable_device
from .base import BaseFilter, Run, Support
from .robust_filter import RobustFilter

_HOW_TO_GET = (
    "Give the path of a weight file: one that you trained (tools/train.py), a checkpoint of "
    'SmoothNet (.pth.tar), MMPose 0.x or MMHuman3D, a .safetensors file that '
    'tools/convert_checkpoint.py made of one, or an .onnx file of tools/export.py. Nothing is '
    'downloaded here.')


@SMOOTHERS.register_module(name=['SmoothNetFilter', 'smoothnet'])
class SmoothNetFilter(BaseFilter):
    """Smooths with SmoothNet, or another network of this package.

    The network and its sizes are read from the weights. Each frame is the mean over the windows
    that hold it; live, with fewer future frames than ``window_size - 1``, these are the windows
    that end with the newest frame or before.

    Networks expect the range of values they were trained on: published 3D weights metres relative
    to the root, Human3.6M's 2D weights ``(x - 500) / 500``, both within about -1 to 1. The default
    ``normalize='bbox'`` scales the poses of any detector to that range, and each window of each
    coordinate is also centred, because away from its training positions such a network is worse
    than none (trained on UI-PRMD like the reference, with an input error of 19.8 mm, its error is
    17.9 mm in place and 27.5 mm when moved by 3 m; centred, 18.6 mm anywhere).
    ``normalize='none'`` passes the poses unchanged, as published, for data like the training
    data. Rotations, poses relative to ``root_index`` and networks that mix the joints are not
    centred.

    Args:
        checkpoint: Path of a weight file, or of an ONNX file of tools/export.py. For an address of
            MMPose 0.x or MMHuman3D a copy in torch's cache is used if there is one.
        window_size: Frames W that the network sees. This and the other sizes are read from the
            weights; one that is given must agree. Defaults to None.
        output_size: Frames that it refines. Defaults to None.
        hidden_size: Its width. Defaults to None.
        res_hidden_size: Its inner width. Defaults to None.
        num_blocks: Its number of blocks. Defaults to None.
        window_stride: Frames between the starts of two windows; larger is faster and rougher,
            and live results equal offline ones only for 1. Defaults to 1.
        device: Where the network runs. Defaults to ``'cpu'``.
        root_index: Keypoint that the others are taken relative to, frame by frame, as in
            MMPose 0.x. Its own path is smoothed too, which MMPose 0.x left out. Defaults to
            None, no such keypoint.
        network: The network's config, for weights that do not show it. Defaults to None.
        trust_pickle: Read weights from a pickle that may run code. Defaults to False.
        normalize: See :class:`BaseFilter`. Defaults to None, ``'bbox'``.
        precision: Precision of the matrix products: ``'fp32'``, ``'bf16'``, or ``'auto'``, bf16
            where the processor has instructions for it; then about twice as fast, at less than
            0.1 % of accuracy. Has an effect on SmoothNet and networks built of it. Defaults to
            ``'fp32'``.
        backend: What runs the network: ``'torch'``, ``'onnxruntime'`` (fp32 only),
            ``'openvino'``, or ``'auto'``, the fastest that is installed and gives PyTorch's
            results (docs/export.md). Defaults to None: ``'torch'``, and ``'auto'`` for ONNX files.

    Raises:
        CheckpointError: No weights, or they do not fit the given sizes.
        UnsafeFileError: The weight file might run code when read.
        ConfigError: Another argument is out of range, or the backend is not installed or gives
            other results.
    """

    default_normalize: ClassVar[str] = 'bbox'
    #: At this rate a window holds longer motion than the published networks saw, which were trained
    #: at 25 frames per second and more.
    least_fps = 12.0

    def __init__(self,
                 checkpoint: str | os.PathLike[str] | None = None,
                 window_size: int | None = None,
                 output_size: int | None = None,
                 hidden_size: int | None = None,
                 res_hidden_size: int | None = None,
                 num_blocks: int | None = None,
                 window_stride: int = 1,
                 device: str = 'cpu',
                 root_index: int | None = None,
                 network: Mapping[str, Any] | None = None,
                 trust_pickle: bool = False,
                 normalize: str | None = None,
                 precision: str = 'fp32',
                 backend: str | None = None) -> None:
        super().__init__(normalize)
        from ..models.backends import load_running

        path = _local_path(checkpoint)
        target = usable_device(device)
        running = load_running(
            path, engines_for(self, backend, precision, device, path), str(target), trust_pickle,
            network, window_size=window_size, output_size=output_size, hidden_size=hidden_size,
            res_hidden_size=res_hidden_size, num_blocks=num_blocks)
        facts = running.facts
        if facts.name == 'RotationTransformer':
            raise ConfigError(f"SmoothNetFilter: '{path}' holds a {facts.name}, for curves of "
                              "quaternions; use dict(type='DefaultFilter', checkpoint=...).")
        if isinstance(window_stride, bool) or window_stride not in range(1, facts.output_size + 1):
            raise ConfigError(f'SmoothNetFilter: window_stride is {window_stride!r}; expected a '
                              f'whole number from 1 to output_size = {facts.output_size}.')
        if root_index is not None and facts.mixes_channels:
            raise ConfigError(f'SmoothNetFilter: root_index cannot be used with '
                              f'{facts.name}, which sees all keypoints at once; leave it out.')
        self.checkpoint = str(path)
        self.weights = facts.weights
        self.network = facts.name
        self.window_size = facts.window_size
        self.output_size = facts.output_size
        self.window_stride = window_stride
        self.device = str(target)
        self.root_index = root_index
        self.joint_wise = root_index is None and not facts.mixes_channels
        self.backend, self.precision = running.engine
        self._network = running.module

    def support(self, fps: float) -> Support:
        """The window's length less one, on both sides."""
        return Support(self.window_size - 1, self.window_size - 1)

    def for_points(self) -> BaseFilter:
        """The robust filter: weights for rotations are none for translations and cameras."""
        return RobustFilter()

    def filter_runs(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        """See :meth:`BaseFilter.filter_runs`.

        If the network uses keypoints jointly, one that is never measured is placed at the mean of
        the others for the network, and is returned unchanged.
        """
        if self.joint_wise:
            return super().filter_runs(runs, fps)
        whole = [self._with_all_keypoints(run) for run in runs]
        results = super().filter_runs([run for run, _ in whole], fps)
        for run, (_, unseen), result in zip(runs, whole, results):
            result[:, unseen] = run.coords[:, unseen]
        return results

    @staticmethod
    def _with_all_keypoints(run: Run) -> tuple[Run, np.ndarray]:
        """The run with a value for keypoints that are never measured, and which ones these are."""
        usable = run.measured()
        unseen = np.asarray(~usable.any(axis=0))
        if not unseen.any() or unseen.all():
            return run, np.zeros_like(unseen)
        coords = run.coords.copy()
        coords[:, unseen] = coords[usable].mean(axis=0)
        return run._replace(coords=coords, usable=usable | unseen), unseen

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        if self.root_index is None:
            rotations = coords.shape[2] == 6
            centred = self.normalize != 'none' and self.joint_wise and not rotations
            return self._refine(coords, centred)
        if not -coords.shape[1] <= self.root_index < coords.shape[1]:
            raise DataFormatError(f'SmoothNetFilter: root_index is {self.root_index}, but there '
                                  f'are {coords.shape[1]} keypoints.')
        root = coords[:, [self.root_index]]
        path = self._refine(root, centred=True)
        result = self._refine(coords - root, centred=False) + path
        result[:, [self.root_index]] = path
        return result

    def _refine(self, coords: np.ndarray, centred: bool) -> np.ndarray:
        import torch

        from ..models.threads import threads_for
        from ..models.window_inference import CentredWindows, refine_sequence
        network = CentredWindows(self._network) if centred else self._network
        flat = torch.as_tensor(coords.reshape(len(coords), -1), device=self.device)
        with torch.inference_mode(), threads_for(len(coords), self._network.window_size):
            refined = refine_sequence(network, flat.float(), self.window_stride)
        return refined.cpu().numpy().astype(np.float64).reshape(coords.shape)


def _local_path(checkpoint: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    if checkpoint is None or not os.fspath(checkpoint):
        raise CheckpointError(f'SmoothNetFilter needs weights, but checkpoint is {checkpoint!r}. '
                              f'{_HOW_TO_GET}')
    address = os.fspath(checkpoint)
    if '://' not in address:
        return checkpoint
    from pathlib import Path
    from urllib.parse import urlparse

    import torch
    name = Path(urlparse(address).path).name
    cached = Path(torch.hub.get_dir()) / 'checkpoints' / name
    if not cached.is_file():
        raise CheckpointError(
            f"SmoothNetFilter does not download. Fetch '{address}' and save it as '{cached}', "
            'where it is found under this address, or give checkpoint= the path of the file.')
    return cached
