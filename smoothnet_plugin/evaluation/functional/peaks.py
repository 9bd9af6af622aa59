"""Attenuation of the peaks of fast motion."""

from __future__ import annotations

import numpy as np

from ...errors import ConfigError
from .arrays import check_pair, chunks, lengths, measured_pair

#: Frames of a block, small enough for a core's cache.
_BLOCK = 2048


def peak_attenuation(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                     half_width: int = 3, fraction: float = 0.1) -> float:
    r"""Share of the truth's fast peaks that the prediction lacks.

    The excursion of a keypoint at frame t is its offset from the midpoint of an earlier and a
    later position, :math:`e_t = x_t - (x_{t-h} + x_{t+h}) / 2`. Fast peaks are the local maxima
    over time of the length of the truth's excursion, more precisely the given fraction of them
    with the largest lengths. With sums over the fast peaks, the attenuation is

    .. math:: 1 - \sum e^{pred} \cdot e^{true} / \sum e^{true} \cdot e^{true}

    A gain g of the fast motion gives 1 - g. Noise that is independent of the truth does not bias
    the result. A late peak counts as attenuated: see :mod:`.lag` for the delay.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        half_width: Half the width h of a peak in frames, >= 1; a tenth of a second is suitable.
            Defaults to 3.
        fraction: Share of the maxima that count as fast, > 0 and <= 1. Defaults to 0.1.

    Returns:
        0 for complete peaks, 1 if no peak is left, negative for exaggerated peaks; NaN if the
        truth has no peak.

    Raises:
        ConfigError: ``half_width`` or ``fraction`` is not as stated.
        DataFormatError: The shapes differ.

    Example:
        >>> motion = np.sin(0.3 * np.arange(100)).reshape(100, 1, 1)
        >>> round(peak_attenuation(5 + 0.75 * motion, motion), 9)
        0.25
    """
    kept, whole = peak_energies(pred, target, mask, half_width, fraction)
    return 1 - kept / whole if whole > 0 else float('nan')


def peak_energies(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                  half_width: int = 3, fraction: float = 0.1) -> tuple[float, float]:
    """The two sums of :func:`peak_attenuation`, which add up over sequences.

    Returns:
        The sum of the products and the sum of the truth's squares; (0, 0) without a peak.

    Example:
        >>> motion = np.array([0.0, 0.0, 3.0, 0.0, 0.0]).reshape(5, 1, 1)
        >>> peak_energies(0.5 * motion, motion, half_width=1, fraction=1.0)
        (4.5, 9.0)
    """
    if half_width < 1 or not 0 < fraction <= 1:
        raise ConfigError(
            f'half_width is {half_width} and fraction {fraction}; expected a number of frames, 1 '
            'or more, and a share in (0, 1].')
    check_pair(pred, target, mask)
    peaks = [_peaks(*measured_pair(pred[part], target[part], None if mask is None else mask[part]),
                    half_width)
             for part in chunks(len(pred), 2 * half_width + 2, _BLOCK)]
    length, product = (np.concatenate(values) for values in zip(*peaks))
    if not len(length):
        return 0.0, 0.0
    # Rounding errors of the product must not add a peak: 0.7 * 10 is slightly more than 7.
    count = max(1, int(np.ceil(fraction * len(length) - 1e-9)))
    least = np.partition(length, -count)[-count]
    longest = length > least
    # The earliest ones of equal length.
    longest[np.flatnonzero(length == least)[:count - longest.sum()]] = True
    return float(product[longest].sum()), float((length[longest] ** 2).sum())


def _peaks(pred: np.ndarray, target: np.ndarray, half_width: int) -> tuple[np.ndarray, np.ndarray]:
    """Length of the truth's excursion at its peaks, and its product with the prediction's."""
    if len(target) < 2 * half_width + 3:
        return np.zeros(0), np.zeros(0)
    excursion = (target[half_width:-half_width]
                 - 0.5 * (target[:-2 * half_width] + target[2 * half_width:]))
    length = lengths(excursion)
    # Comparisons with NaN are False: a maximum needs its neighbours.
    is_peak = (length[1:-1] >= length[:-2]) & (length[1:-1] > length[2:])
    frames, joints = np.nonzero(is_peak)
    frames += 1
    estimate = (pred[frames + half_width, joints]
                - 0.5 * (pred[frames, joints] + pred[frames + 2 * half_width, joints]))
    product = np.einsum('pc,pc->p', estimate, excursion[frames, joints])
    known = ~np.isnan(product)
    return length[frames, joints][known], product[known]
