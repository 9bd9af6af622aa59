"""Operators of a training on the CPU: faster ones with PyTorch's results.

PyTorch draws the mask of a dropout value by value, allocates a tensor for each of its steps, and
takes its products from MKL, which on processors of other makers than Intel runs at half the speed
of oneDNN (see :mod:`.linear`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

#: oneDNN's linear layer, (..., in) to (..., out).
Operator = Callable[..., Tensor]

#: Values whose mask is applied at a time; their temporaries stay in the cache.
_BLOCK = 1 << 18
#: Values of a random byte.
LEVELS = 256


def trains_on_cpu(*tensors: Tensor) -> bool:
    """Whether tensors belong to an ordinary training step on the CPU in single precision."""
    return (torch.is_grad_enabled() and not torch.jit.is_tracing() and not _autocasts()
            and all(t.device.type == 'cpu' and t.dtype == torch.float32 for t in tensors))


def random_bytes(count: int) -> Tensor:
    """Evenly distributed random bytes of PyTorch's generator, shape (count,), uint8."""
    # Eight at a time: the generator takes as long for a byte as for a word.
    words = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-2**63, None)
    return words.view(torch.uint8)[:count]


class OneDnnLinear(Function):
    """An affine map of the rows of a matrix, both ways by oneDNN."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None,
                operator: Operator) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.operator = operator
        return operator(x, weight, bias, 'none', [], '')

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return (*_gradients(ctx, grad.contiguous(), *ctx.saved_tensors), None)


class DroppedLinear(Function):
    """An affine map of the rows of a matrix, dropout, and a leaky ReLU.

    Dropout multiplies by numbers that are not negative, so that it may follow the activation. The
    mask has a byte per value: ``keep`` are the values to keep.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, keep: Tensor | None,
                p: float, slope: float, operator: Operator) -> Tensor:
        out = operator(x, weight, bias, 'leaky_relu', [slope], '')
        _scale(out, keep, p)
        ctx.save_for_backward(x, weight, out, *([] if keep is None else [keep]))
        ctx.p, ctx.slope, ctx.operator = p, slope, operator
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, out, *keep = ctx.saved_tensors
        # The values that are kept have the sign of the value before the activation.
        grad = torch.ops.aten.leaky_relu_backward(grad.contiguous(), out, ctx.slope, True)
        _scale(grad, keep[0] if keep else None, ctx.p)
        return (*_gradients(ctx, grad, x, weight), None, None, None, None)


def _gradients(ctx: Any, grad: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor | None, ...]:
    """Gradients of the input, the weight and the bias of an affine map."""
    wants_x, wants_weight, wants_bias = ctx.needs_input_grad[:3]
    return (ctx.operator(grad, weight.t().contiguous(), None, 'none', [], '') if wants_x else None,
            ctx.operator(grad.t(), x.t(), None, 'none', [], '') if wants_weight else None,
            grad.sum(0) if wants_bias else None)


def _scale(x: Tensor, keep: Tensor | None, p: float) -> None:
    """Dropout in place."""
    if keep is None:
        return
    for part, kept in zip(x.view(-1).split(_BLOCK), keep.split(_BLOCK)):
        part.mul_(kept.to(x.dtype).mul_(1 / (1 - p)))


def _autocasts() -> bool:
    try:
        return torch.is_autocast_enabled('cpu')  # type: ignore[call-arg]
    except TypeError:  # before PyTorch 2.4
        return torch.is_autocast_cpu_enabled()
