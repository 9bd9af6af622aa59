"""Linear layers on the fastest kernel that the CPU offers.

On CPUs PyTorch computes linear layers in single precision with MKL, which on processors of other
makers than Intel runs at half the speed of oneDNN. oneDNN is part of PyTorch, and adds the
activation on the way. Its operator is used where no gradient is wanted, after a check that it
gives the same results; everywhere else these are PyTorch's own layers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from .training_ops import (
    LEVELS,
    DroppedLinear,
    OneDnnLinear,
    Operator,
    random_bytes,
    trains_on_cpu,
)

Activation = Literal['none', 'gelu', 'leaky_relu']
Network = TypeVar('Network', bound=nn.Module)

#: What oneDNN's operator takes for each activation: whether a slope, and the algorithm.
_ARGUMENTS: dict[str, tuple[bool, str]] = {
    'none': (False, ''), 'gelu': (False, 'none'), 'leaky_relu': (True, '')}
_is_compiling: Callable[[], bool] = getattr(
    getattr(torch, 'compiler', None), 'is_compiling', lambda: False)


class Linear(nn.Linear):
    """:class:`torch.nn.Linear` with an activation, and with weights that may be bfloat16.

    With bfloat16 weights the product is in bfloat16, summed in float32; input and output keep
    their type.

    Args:
        in_features: Size of the input.
        out_features: Size of the output.
        bias: Whether there is a bias. Defaults to True.
        exact: Whether :func:`in_bfloat16` leaves the layer in its precision: for layers that read
            or write coordinates. Defaults to False.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True,
                 exact: bool = False) -> None:
        super().__init__(in_features, out_features, bias)
        self.exact = exact

    def forward(self, x: Tensor, activation: Activation = 'none', slope: float = 0.0) -> Tensor:
        """(..., in) to (..., out); see :func:`linear`."""
        return linear(x, self.weight, self.bias, activation, slope)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None,
           activation: Activation = 'none', slope: float = 0.0) -> Tensor:
    """An affine map of the last axis, then an activation.

    Args:
        x: Shape (..., in).
        weight: Shape (out, in).
        bias: Shape (out,), or None.
        activation: What follows. Defaults to ``'none'``.
        slope: Slope of ``'leaky_relu'`` below 0. Defaults to 0.

    Returns:
        Shape (..., out), dtype of ``x``.
    """
    if weight.dtype == torch.bfloat16 != x.dtype:
        return linear(x.bfloat16(), weight, bias, activation, slope).to(x.dtype)
    if (is_inference() and x.device.type == 'cpu' and x.numel()
            and x.dtype == weight.dtype and x.dtype in (torch.float32, torch.bfloat16)):
        operator = _operator()
        if operator is not None:
            scalars, algorithm = _ARGUMENTS[activation]
            return operator(x, weight, bias, activation, [slope] if scalars else [], algorithm)
    operator = _training_operator(x, weight)
    if operator is None:
        y = functional.linear(x, weight, bias)
    else:
        rows: Any = OneDnnLinear.apply(x.flatten(0, -2).contiguous(), weight, bias, operator)
        y = rows.unflatten(0, x.shape[:-1])
    if activation == 'gelu':
        return functional.gelu(y)
    return functional.leaky_relu(y, slope) if activation == 'leaky_relu' else y


def dropped_linear(x: Tensor, layer: nn.Linear, dropout: nn.Dropout, slope: float) -> Tensor:
    """An affine map of the last axis, dropout, and a leaky ReLU.

    Args:
        x: Shape (..., in).
        layer: The map.
        dropout: The dropout; it acts in training only.
        slope: Slope of the activation below 0.

    Returns:
        Shape (..., out), dtype of ``x``.
    """
    p = dropout.p if dropout.training else 0.0
    operator = _training_operator(x, layer.weight)
    # A byte decides whether a value is kept.
    if operator is None or p * LEVELS != int(p * LEVELS) or p == 1:
        return functional.leaky_relu(dropout(layer(x)), slope)
    count = x.numel() // x.shape[-1] * layer.out_features
    keep = random_bytes(count) >= int(p * LEVELS) if p else None
    # oneDNN is slow on rows with gaps between them.
    rows: Any = DroppedLinear.apply(x.flatten(0, -2).contiguous(), layer.weight, layer.bias, keep,
                                    p, slope, operator)
    return rows.unflatten(0, x.shape[:-1])


def _training_operator(x: Tensor, weight: Tensor) -> Operator | None:
    """oneDNN's operator, for a training step on the CPU."""
    usable = x.ndim > 1 and x.numel() and trains_on_cpu(x, weight) and not _is_compiling()
    return _operator() if usable else None


def is_inference() -> bool:
    """Whether only results are needed: no gradients, and no graph for export."""
    return not (torch.is_grad_enabled() or is_graph())


def is_graph() -> bool:
    """Whether the operations are traced into a graph, for export or compilation."""
    return torch.jit.is_tracing() or _is_compiling()


def in_bfloat16(network: Network) -> Network:
    """A copy of a network whose inner linear layers multiply in bfloat16."""
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, Linear) and not module.exact:
            module.to(torch.bfloat16)
    return network


def has_fast_bfloat16(device: str = 'cpu') -> bool:
    """Whether a device multiplies bfloat16 in hardware, faster than float32."""
    if torch.device(device).type == 'cuda':
        return torch.cuda.get_device_capability(device) >= (8, 0)
    capabilities = getattr(torch.cpu, 'get_capabilities', dict)()
    return bool(capabilities.get('avx512_bf16') or capabilities.get('amx_bf16'))


@lru_cache(maxsize=1)
def _operator() -> Callable[..., Tensor] | None:
    """oneDNN's linear layer with an activation; None where it is missing or another one."""
    try:
        operator: Any = torch.ops.mkldnn._linear_pointwise
        # Cached for the process, so it must not depend on the default type or device.
        plain: Any = dict(dtype=torch.float32, device='cpu')
        x = torch.linspace(-2, 2, 42, **plain).reshape(2, 3, 7)
        weight = torch.linspace(-1, 1, 35, **plain).reshape(5, 7)
        bias = torch.linspace(0, 1, 5, **plain)
        for arguments, expected in (
                (('none', [], ''), functional.linear(x, weight, bias)),
                (('gelu', [], 'none'), functional.gelu(functional.linear(x, weight, bias))),
                (('leaky_relu', [0.2], ''),
                 functional.leaky_relu(functional.linear(x, weight, bias), 0.2))):
            if not torch.allclose(operator(x, weight, bias, *arguments), expected, atol=1e-5):
                return None
    except (AttributeError, RuntimeError, TypeError):
        return None
    return operator
