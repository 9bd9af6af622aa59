"""Extracting many windows from one long frame axis at once."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided


def gather_windows(values: np.ndarray, rows: np.ndarray, counts: np.ndarray, frames: int,
                   padding: str = 'edge') -> np.ndarray:
    """Copy windows from an array, each one as a single block.

    Args:
        values: Shape (N, ...), C order; may be memory-mapped.
        rows: First row of each window, shape (B,).
        counts: Rows that belong to each window, 1 .. ``frames``, shape (B,).
        frames: Length of a window.
        padding: ``'edge'`` or ``'reflect'``, as in
            :func:`~smoothnet_plugin.processing.windows.pad_to`. Defaults to ``'edge'``.

    Returns:
        Shape (B, frames, ...), float32.
    """
    whole = counts == frames
    if whole.all():
        return _whole_windows(values, rows, frames)
    out = np.empty((len(rows), frames, *values.shape[1:]), np.float32)
    if whole.any():
        out[whole] = _whole_windows(values, rows[whole], frames)
    short, length = np.flatnonzero(~whole), counts[~whole, None]
    steps = np.arange(frames)
    if padding == 'reflect':
        phase = steps % np.maximum(2 * (length - 1), 1)
        own = np.minimum(phase, 2 * (length - 1) - phase)
    else:
        own = np.minimum(steps, length - 1)
    out[short] = values[rows[short, None] + own]
    return out


def _whole_windows(values: np.ndarray, rows: np.ndarray, frames: int) -> np.ndarray:
    # A view of all windows: row i is frames i .. i + frames - 1, nothing is copied. Indexing it
    # copies each window as one contiguous block, several times faster than an index per frame.
    view = as_strided(values, (len(values) - frames + 1, frames, *values.shape[1:]),
                      (values.strides[0], *values.strides), writeable=False)
    return view[rows].astype(np.float32, copy=False)
