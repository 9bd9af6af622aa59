"""Splitting sequences into windows of equal length, and padding clips that are too short."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ConfigError, DataFormatError, did_you_mean

PADDINGS = ('reflect', 'edge', 'zeros')
PROTOCOLS = ('default', 'reference', 'reference_pw3d')


def pad_to(coords: np.ndarray, size: int, mode: str = 'reflect') -> np.ndarray:
    """Pad a sequence at its end.

    Args:
        coords: Shape (T, ...), T >= 1.
        size: Smallest number of frames. Longer sequences are returned unchanged.
        mode: ``'reflect'`` runs back and forth without repeating the end frames, as often as
            needed (a single frame is repeated); ``'edge'`` repeats the last frame; ``'zeros'``
            appends zeros, as the reference does. Defaults to ``'reflect'``.

    Returns:
        Shape (max(T, size), ...).

    Raises:
        ConfigError: The mode is unknown.
        DataFormatError: The sequence is empty, and the mode is not ``'zeros'``.
    """
    if mode not in PADDINGS:
        raise ConfigError(f'Unknown padding {mode!r}. {did_you_mean(str(mode), PADDINGS)}')
    length = len(coords)
    if length >= size:
        return coords
    if mode == 'zeros':
        return np.concatenate([coords, np.zeros_like(coords, shape=(size - length,
                                                                    *coords.shape[1:]))])
    if length == 0:
        raise DataFormatError(f'An empty sequence cannot be padded to {size} frames by '
                              f'{mode!r}.')
    frames = np.arange(size)
    if mode == 'edge' or length == 1:
        return coords[np.minimum(frames, length - 1)]
    phase = frames % (2 * (length - 1))
    return coords[np.minimum(phase, 2 * (length - 1) - phase)]


def training_windows(lengths: Sequence[int] | np.ndarray, window_size: int,
                     protocol: str = 'default') -> tuple[np.ndarray, np.ndarray]:
    """The windows of a training epoch.

    ``'default'``: every window of every sequence once; sequences shorter than a window once, to
    be padded with :func:`pad_to`. ``'reference'`` and ``'reference_pw3d'`` draw as in the
    training of the published networks: with ``d_i = max(L_i - W, 0)``, item n belongs to the last
    sequence whose windows start at or before n when the ``d_i`` are concatenated, at the offset
    modulo its number of windows. Therefore the final window of every sequence but the last, and
    all short sequences, are never drawn. ``'reference'`` has as many items as there are frames;
    all items beyond the sum of ``d_i`` belong to the last sequence. ``'reference_pw3d'``, the
    rule for 3DPW, has the sum of ``d_i``. A last sequence shorter than a window is padded with
    zeros there.

    Args:
        lengths: Frames of each sequence, >= 0.
        window_size: Frames W of a window, >= 1.
        protocol: ``'default'``, ``'reference'`` or ``'reference_pw3d'``. Defaults to
            ``'default'``.

    Returns:
        Index of the sequence and first frame of the window, per item; two int64 arrays.

    Raises:
        ConfigError: ``window_size`` is less than 1 or the protocol is unknown.
        DataFormatError: ``lengths`` is not a list of numbers >= 0.
    """
    if window_size < 1:
        raise ConfigError(f'window_size is {window_size!r}; expected a number of frames >= 1.')
    if protocol not in PROTOCOLS:
        raise ConfigError(f'Unknown window protocol {protocol!r}. '
                          f'{did_you_mean(str(protocol), PROTOCOLS)}')
    frames = np.asarray(lengths, dtype=np.int64)
    if frames.ndim != 1 or (frames < 0).any():
        raise DataFormatError(f'lengths are {lengths!r}; expected one number >= 0 per sequence.')
    if protocol == 'default':
        counts = np.where(frames > 0, np.maximum(frames - window_size, 0) + 1, 0)
        sequences = np.repeat(np.arange(len(frames)), counts)
        return sequences, np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    drawn = np.maximum(frames - window_size, 0)
    items = np.arange(drawn.sum() if protocol == 'reference_pw3d' else frames.sum())
    first = drawn.cumsum() - drawn
    sequences = np.searchsorted(first, items, side='right') - 1
    return sequences, (items - first[sequences]) % (drawn[sequences] + 1)
