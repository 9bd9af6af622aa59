"""Arrays of callers: NumPy arrays, torch tensors, lists, masked arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataFormatError
from .arrays import as_float


def as_array(value: Any) -> np.ndarray:
    """The value as an array of real numbers; NaN where it is masked.

    Raises:
        DataFormatError: It holds no real numbers.
    """
    if type(value) is np.ndarray and value.dtype.kind == 'f':
        return value
    return to_numpy(value)[0]


def to_numpy(value: Any) -> tuple[np.ndarray, Any]:
    """The value as an array, and a function that converts arrays back to the value's class.

    Floating dtypes are restored, and integers become float64. Masked values are NaN.
    """
    if type(value).__module__.partition('.')[0] == 'torch':
        import torch
        device = value.device
        dtype = value.dtype if value.dtype.is_floating_point else torch.float64
        array = value.detach().cpu()
        if dtype in (torch.float16, torch.bfloat16):
            array = array.float()
        return to_numpy(array.numpy())[0], lambda a: torch.as_tensor(a).to(
            device=device, dtype=dtype)
    if isinstance(value, np.ma.MaskedArray):
        value = np.ma.filled(value.astype(np.float64), np.nan)
    try:
        array = np.asarray(value)
        if array.dtype.kind == 'c':
            raise TypeError('complex numbers')
        if array.dtype.kind not in 'fb':
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataFormatError(f'Expected an array of real numbers, got {type(value).__name__}: '
                              f'{error}.') from error

    def restore(result: Any) -> np.ndarray:
        result = np.asarray(result)
        # A copy of a long clip costs as much as a compiled filter.
        if result.dtype != array.dtype or np.may_share_memory(result, array):
            return as_float(result, array.dtype)
        return result

    return array, restore
