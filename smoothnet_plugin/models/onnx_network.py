"""Running ONNX files of :mod:`.onnx_export` with ONNX Runtime or OpenVINO."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import CheckpointError, ConfigError, DataFormatError
from .onnx_export import INPUT, read_facts

#: Windows (N, channels, W) to refined windows (N, channels, O), both float32.
Run = Callable[[np.ndarray], np.ndarray]


class OnnxNetwork:
    """A network from an ONNX file; takes the place of the PyTorch network in inference.

    Runs on the CPU, with as many threads as PyTorch has.

    Args:
        content: Content of the file.
        runtime: ``'onnxruntime'`` or ``'openvino'``.
        precision: ``'fp32'``, or ``'bf16'`` with OpenVINO. Defaults to ``'fp32'``.
        path: Where the content came from, for messages. Defaults to ``'the network'``.

    Attributes:
        facts: Facts about the network that the file states.

    Raises:
        CheckpointError: The content is damaged, of another origin, or too new for the runtime.
        ConfigError: The runtime is not installed.
    """

    def __init__(self, content: bytes, runtime: str, precision: str = 'fp32',
                 path: str = 'the network') -> None:
        self.facts = read_facts(content, path)
        self.window_size = self.facts.window_size
        self.output_size = self.facts.output_size
        self.dim = self.facts.dim
        self._origin = (content, runtime, precision, path)
        start = _onnxruntime if runtime == 'onnxruntime' else _openvino
        try:
            self._run = start(content, precision)
        except ImportError as error:
            raise ConfigError(f'backend={runtime!r} is not installed ({error}); run '
                              f'pip install "smoothnet_plugin[{runtime}]".') from None
        except Exception as error:  # both runtimes raise many kinds
            raise CheckpointError(
                f"{runtime} cannot load '{path}' ({str(error).strip().partition(chr(10))[0]}); "
                'update it, or export the network again with a lower --opset.') from error

    def __reduce__(self) -> tuple[Any, ...]:
        return OnnxNetwork, self._origin

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O)."""
        only = self.facts.num_channels
        if (x.ndim != 3 or x.shape[2] != self.window_size or only not in (None, x.shape[1])
                or x.shape[1] % (self.dim or 1)):
            raise DataFormatError(
                f'{self.facts.name}: the input has shape {tuple(x.shape)}; expected '
                f"(N, {only or f'a multiple of {self.dim or 1}'}, {self.window_size}).")
        windows = x.detach().cpu().numpy()
        refined = self._placed(windows) if self.facts.equivariant and self.dim else (
            self._run(windows.astype(np.float32, copy=False)))
        return torch.from_numpy(refined).to(x)

    def _placed(self, windows: np.ndarray) -> np.ndarray:
        """Refine windows moved to 0 and scaled to 1, so that float32 is exact at any place."""
        poses = windows.reshape(len(windows), -1, self.dim or 1, self.window_size)
        present = np.isfinite(poses).all(axis=(2, 3), keepdims=True)
        number = np.maximum(present.sum(axis=1, keepdims=True), 1)
        middle = np.where(present, poses, 0).mean(axis=3, keepdims=True).sum(
            axis=1, keepdims=True) / number
        size = np.where(present, np.abs(poses - middle), 0).max(axis=(1, 2, 3), keepdims=True)
        size = np.where(size > 0, size, 1)
        refined = self._run(((poses - middle) / size).astype(np.float32).reshape(windows.shape))
        refined = refined.reshape(*poses.shape[:3], -1) * size + middle
        return np.where(present, refined, poses[..., :self.output_size]).reshape(
            *windows.shape[:2], -1)


def _onnxruntime(content: bytes, precision: str) -> Run:
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=['CPUExecutionProvider'])

    def run(windows: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(None, {INPUT: windows})[0])

    return run


@cache
def _openvino_core() -> Any:
    """OpenVINO's core, one for the process.

    Each core gives the thread another stack for signal handlers and restores the previous one when
    it is released. If two cores are released in the order of their creation, the second one
    restores memory that the first has freed, and the next signal that Python handles ends the
    process.
    """
    import openvino
    return openvino.Core()


def _openvino(content: bytes, precision: str) -> Run:
    core = _openvino_core()
    compiled = core.compile_model(core.read_model(content), 'CPU', {
        'INFERENCE_PRECISION_HINT': {'fp32': 'f32', 'bf16': 'bf16'}[precision],
        'INFERENCE_NUM_THREADS': torch.get_num_threads(), 'NUM_STREAMS': 1})
    requests = threading.local()  # A request serves one thread at a time.

    def run(windows: np.ndarray) -> np.ndarray:
        if not hasattr(requests, 'own'):
            requests.own = compiled.create_infer_request()
        return np.array(requests.own.infer({INPUT: windows}, share_inputs=True)[0])

    return run
