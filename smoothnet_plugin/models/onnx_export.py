"""Networks as ONNX files.

The graph takes windows of shape (batch, channels, W) in float32 and gives (batch, channels, O). The
batch may have any size, and the channels any number that the network supports. The metadata of the
file contain the :class:`~.network_facts.NetworkFacts`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import CheckpointError, ConfigError
from .network_facts import NetworkFacts
from .window_network import WindowNetwork

#: The newest operators that ONNX Runtime, OpenVINO and TensorRT 10 all know.
OPSET = 20
#: Largest difference from PyTorch that counts as rounding, relative to the size of the values.
TOLERANCE = 1e-4
#: Names of the graph's input and output.
INPUT, OUTPUT = 'windows', 'refined'


class _Windows(nn.Module):
    """A network whose call refines windows."""

    def __init__(self, network: WindowNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> Tensor:
        return self.network.forward_window(windows)


def export_onnx(network: WindowNetwork, opset: int = OPSET) -> bytes:
    """The content of an ONNX file of a network.

    Args:
        network: On the CPU, in evaluation mode.
        opset: Version of ONNX's operators. Defaults to 20.

    Returns:
        The content; it needs no other file.

    Raises:
        ConfigError: The extra is missing, or the network cannot be exported.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ConfigError(f'Exporting a network to ONNX needs the packages onnx and onnxscript '
                          f'({error}); run pip install "smoothnet_plugin[onnxruntime]".') from None
    facts = NetworkFacts.of(network)
    if facts.mixes_channels and facts.dim is None and facts.num_channels is None:
        raise ConfigError(
            f'{facts.name} cannot be exported: it mixes the channels, but has no attribute '
            'num_channels (the channels it is made for) or dim (values per keypoint, if it takes '
            'any number of keypoints). Set one of them in __init__.')
    any_size = torch.export.Dim.DYNAMIC
    shape = {0: any_size} if facts.num_channels is not None else {0: any_size, 1: any_size}
    try:
        with _quiet():
            program = torch.onnx.export(
                _Windows(network), (facts.probe(),), dynamo=True, dynamic_shapes=(shape,),
                input_names=[INPUT], output_names=[OUTPUT], opset_version=opset, verbose=False)
    except Exception as error:  # the exporter raises many kinds
        raise ConfigError(_why(facts.name, error)) from error
    assert program is not None
    model = program.model_proto
    names = ('batch', 'channels')
    for value, frames in ((model.graph.input[0], facts.window_size),
                          (model.graph.output[0], facts.output_size)):
        for axis, size in zip(value.type.tensor_type.shape.dim, (*names, frames)):
            if isinstance(size, int) or axis.dim_param:
                axis.Clear()
                setattr(axis, 'dim_value' if isinstance(size, int) else 'dim_param', size)
    # The exporter's notes, source paths included, are larger than a small network.
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info,
                 *graph.initializer):
        part.ClearField('metadata_props')
        part.ClearField('doc_string')
    onnx.helper.set_model_props(model, facts.metadata())
    return model.SerializeToString()


def read_facts(content: bytes, path: str) -> NetworkFacts:
    """The facts about its network that an ONNX file states.

    Args:
        content: Content of the file.
        path: Where it came from, for the message.

    Raises:
        CheckpointError: The file is damaged or of another origin.
        ConfigError: The package onnx is missing.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise ConfigError(f"'{path}' cannot be read without the package onnx ({error}); run "
                          'pip install "smoothnet_plugin[onnxruntime]".') from None
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        raise CheckpointError(f"'{path}' is damaged or not an ONNX file; write it again with "
                              'tools/export.py.') from None
    return NetworkFacts.from_metadata(
        {entry.key: entry.value for entry in model.metadata_props}, path)


def largest_difference(run: Callable[[Tensor], Tensor], network: WindowNetwork,
                       batches: tuple[int, ...] = (1, 3, 16)) -> float:
    """Largest difference of some other way to run a network from PyTorch.

    Args:
        run: The other way, (N, channels, W) to (N, channels, O).
        network: The network.
        batches: Numbers of windows to try. Defaults to 1, 3 and 16.

    Returns:
        The difference over the largest value; infinite where one way has no finite value.
    """
    facts, worst = NetworkFacts.of(network), 0.0
    for windows in batches:
        for number in (5, 17) if facts.num_channels is None else (5,):
            x = facts.probe(windows, number)
            with torch.inference_mode():
                expected, result = network.forward_window(x).numpy(), run(x).numpy()
            difference = np.abs(result - expected).max() / np.abs(expected).max()
            worst = max(worst, float(difference) if np.isfinite(difference) else np.inf)
    return worst


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the warnings of the exporter, which concern its internals."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logging.disable(before)


def _why(name: str, error: Exception) -> str:
    """The message about a network that cannot be exported."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = str(cause).strip().partition('\n')[0]
    return (f'{name} cannot be exported to ONNX ({type(cause).__name__}: {text}). Its '
            'forward_window must be one graph for all inputs: no Python `if` or loop on the values '
            'of tensors (use torch.where), sizes taken from x.shape, and operators that ONNX has '
            '(for example torch.where for boolean indexing). Until then run it with '
            "backend='torch'.")
