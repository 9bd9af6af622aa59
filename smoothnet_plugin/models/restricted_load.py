"""``torch.load`` that runs nothing: tensors and plain values, whatever torch's version."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import torch
from mmengine.utils import digit_version

#: Names that result and log entries beside the weights of known checkpoints refer to. None of
#: them is ever called.
_BESIDE_WEIGHTS = (
    'numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar',
    'numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct',
    'numpy.dtype', 'numpy.ndarray', 'builtins.getattr', '__builtin__.getattr',
    'mmengine.logging.history_buffer.HistoryBuffer')
#: What builds tensors and plain values; storages are found by torch itself.
_PLAIN = (
    'collections.OrderedDict', 'torch.Size', 'torch.device', '_codecs.encode',
    'torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2',
    'torch._utils._rebuild_parameter')


class _Ignored:
    """Stands for what lies beside the weights: results, log histories. Holds and does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


class _Unpickler(pickle.Unpickler):

    def find_class(self, module: str, name: str) -> Any:
        full = f'{module}.{name}'
        if full in _BESIDE_WEIGHTS:
            return _Ignored
        if full in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f'Unsupported GLOBAL {full}')


class _RestrictedPickle:
    """The pickle module as ``torch.load`` wants it."""

    __name__ = 'restricted pickle'
    Unpickler = _Unpickler

    @staticmethod
    def load(file: Any, **kwargs: Any) -> Any:
        return _Unpickler(file, **kwargs).load()


def read_restricted(path: Path) -> Any:
    """Read a file of ``torch.save`` onto the CPU without running what it may hold.

    Entries known to lie beside the weights of published and of MMEngine's checkpoints are read
    as placeholders.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        pickle.UnpicklingError: It holds something else; the message says ``unsupported``.
        Exception: Whatever torch raises for a damaged file.
    """
    if digit_version(torch.__version__) < digit_version('2.6'):
        # Torch's own restricted reader cannot be told of placeholders there.
        return torch.load(path, map_location='cpu', weights_only=False,
                          pickle_module=_RestrictedPickle())
    names: list[Any] = [(_Ignored, name) for name in _BESIDE_WEIGHTS]
    with torch.serialization.safe_globals(names), warnings.catch_warnings():
        warnings.simplefilter('ignore')  # on the protocol of a pickle that is refused next
        return torch.load(path, map_location='cpu', weights_only=True)
