"""The arguments ``backend`` and ``precision`` of filters that run a network.

By default weights run on PyTorch, so that results do not depend on what else is installed.
``backend='auto'`` takes the fastest installed backend that passes a check against PyTorch: results
then differ between machines by rounding (1e-6 of the values in fp32), and the filter's description
says what was taken. ONNX files, which PyTorch does not run, always get ``'auto'`` by default.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..utils.arguments import choice

if TYPE_CHECKING:
    import torch

BACKENDS = ('auto', 'torch', 'onnxruntime', 'openvino')
PRECISIONS = ('fp32', 'bf16', 'auto')
#: Backends other than PyTorch, the fastest first, and the precisions that they have.
_RUNTIMES = {'openvino': ('fp32', 'bf16'), 'onnxruntime': ('fp32',)}


def engines_for(owner: object, backend: str | None, precision: str, device: str,
                checkpoint: object = None) -> tuple[tuple[str, str], ...]:
    """What may run a network, in the order of preference.

    Args:
        owner: The filter, for messages.
        backend: One of :data:`BACKENDS`; None is ``'auto'`` for ONNX files, else ``'torch'``.
        precision: One of :data:`PRECISIONS`.
        device: Where the network runs.
        checkpoint: Path of the weights. Defaults to None, those of the package.

    Returns:
        Pairs of a backend and ``'fp32'`` or ``'bf16'``.

    Raises:
        ConfigError: An argument is unknown, or they do not go together.
    """
    if backend is None:
        backend = 'auto' if str(checkpoint).endswith('.onnx') else 'torch'
    backend = choice(owner, 'backend', backend, BACKENDS)
    precision = choice(owner, 'precision', precision, PRECISIONS)
    on_cpu = device.partition(':')[0] == 'cpu'
    if backend in _RUNTIMES:
        if not on_cpu:
            raise ConfigError(f'{type(owner).__name__}: backend={backend!r} runs on the CPU only, '
                              f"but device is {device!r}; use device='cpu' or backend='torch'.")
        if precision not in (*_RUNTIMES[backend], 'auto'):
            raise ConfigError(f'{type(owner).__name__}: backend={backend!r} has no '
                              f"precision={precision!r} on the CPU; use precision='fp32', or "
                              "backend='openvino' or 'torch'.")
    if precision == 'auto':
        from ..models.linear import has_fast_bfloat16
        half = backend != 'onnxruntime' and has_fast_bfloat16(device)
        precision = 'bf16' if half else 'fp32'
    if backend != 'auto':
        return ((backend, precision),)
    runtimes = [name for name, known in _RUNTIMES.items()
                if on_cpu and precision in known and find_spec(name) is not None]
    return tuple((name, precision) for name in (*runtimes, 'torch'))


def usable_device(device: str) -> torch.device:
    """The device, or a :class:`ConfigError` where it cannot be used."""
    import torch
    try:
        target = torch.device(device)
        torch.empty(0, device=target)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"device {device!r} cannot be used here "
            f"({str(error).strip().partition(chr(10))[0]}); use device='cpu'.") from None
    return target
