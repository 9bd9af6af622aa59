"""What runs a network: PyTorch, ONNX Runtime or OpenVINO, behind one interface.

A backend takes a batch of windows and gives a batch of refined windows
(:class:`~.window_inference.WindowModule`), and is used only if its results are those of PyTorch
(:func:`start`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ConfigError
from .build import load_network
from .checkpoints import check_weights_path
from .linear import in_bfloat16
from .network_facts import NetworkFacts
from .onnx_export import TOLERANCE, export_onnx, largest_difference
from .onnx_network import OnnxNetwork
from .window_inference import WindowModule
from .window_network import WindowNetwork

#: Largest difference from fp32 that bf16 may make on the probe, over the size of the values.
_BF16_TOLERANCE = 0.05


class Engine(NamedTuple):
    """A way to run networks.

    Attributes:
        backend: ``'torch'``, ``'onnxruntime'`` or ``'openvino'``.
        precision: ``'fp32'`` or ``'bf16'``.
    """

    backend: str
    precision: str


class RunningNetwork(NamedTuple):
    """A network that is ready for inference.

    Attributes:
        module: Refines windows.
        facts: What network it is.
        engine: What runs it.
    """

    module: WindowModule
    facts: NetworkFacts
    engine: Engine


def load_running(path: str | os.PathLike[str], engines: Sequence[tuple[str, str]],
                 device: str = 'cpu', trust_pickle: bool = False,
                 network: Mapping[str, Any] | None = None, **expected: Any) -> RunningNetwork:
    """Load a weight file, or an ONNX file of tools/export.py, for inference.

    Args:
        path: The file.
        engines: Backends and precisions to try, in this order; see :func:`start`.
        device: Where PyTorch runs. Defaults to ``'cpu'``.
        trust_pickle: As for :func:`~.build.load_network`. Defaults to False.
        network: The same. Defaults to None.
        **expected: The same.

    Returns:
        The network.

    Raises:
        CheckpointError: The file is missing or damaged, or does not fit.
        ConfigError: No engine can run it.
    """
    if Path(os.fspath(path)).suffix != '.onnx':
        built = load_network(path, trust_pickle, network, **expected)
        return start(built, [Engine(*engine) for engine in engines], device)
    runtimes = [Engine(*engine) for engine in engines if engine[0] != 'torch']
    if not runtimes:
        raise ConfigError(
            f"'{path}' is an ONNX file, which PyTorch does not run; install a runtime for it (pip "
            'install "smoothnet_plugin[onnxruntime]", or [openvino]) and set backend=\'auto\', '
            "'onnxruntime' or 'openvino', or use the weights that it was exported from.")
    module = OnnxNetwork(check_weights_path(path).read_bytes(), *runtimes[0], path=str(path))
    for name, value in expected.items():
        found = getattr(module.facts, name, value)
        if value is not None and value != found:
            raise ConfigError(f"{name}={value!r} was given, but '{path}' has {name}={found!r}; "
                              'leave the argument out.')
    return RunningNetwork(module, module.facts, runtimes[0])


def start(network: WindowNetwork, engines: Sequence[Engine], device: str = 'cpu',
          ) -> RunningNetwork:
    """Run a network with the first engine whose results on a probe are those of PyTorch.

    Args:
        network: On the CPU, in evaluation mode.
        engines: What to try, in this order.
        device: Where PyTorch runs. Defaults to ``'cpu'``.

    Returns:
        The network.

    Raises:
        ConfigError: No engine can run it, or gives the right results; with the last one's reason.
    """
    facts = NetworkFacts.of(network)
    *others, last = engines
    for engine in others:
        try:
            return RunningNetwork(_started(network, engine, device), facts, engine)
        except ConfigError:
            continue
    return RunningNetwork(_started(network, last, device), facts, last)


def _started(network: WindowNetwork, engine: Engine, device: str) -> WindowModule:
    if engine.backend == 'torch':
        network = network.to(device)
        return in_bfloat16(network) if engine.precision == 'bf16' else network
    module = OnnxNetwork(export_onnx(network), *engine)
    allowed = TOLERANCE if engine.precision == 'fp32' else _BF16_TOLERANCE
    difference = largest_difference(module.forward_window, network)
    if difference > allowed:
        raise ConfigError(
            f'backend={engine.backend!r} with precision={engine.precision!r} runs '
            f'{NetworkFacts.of(network).name} with results that differ by {difference:.2g} of '
            f"their size from PyTorch's, more than rounding explains ({allowed:g}); use "
            "backend='torch'.")
    return module
