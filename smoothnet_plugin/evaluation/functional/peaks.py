"""How much of a fast movement's peak is cut off."""

from __future__ import annotations

import numpy as np

from ...errors import ConfigError
from .arrays import lengths, measured_pair


def peak_attenuation(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                     half_width: int = 3, fraction: float = 0.1) -> float:
    r"""Share of the truth's fast peaks that the prediction lacks.

    The excursion of a keypoint at frame t is its way from the middle of where it was and will be,
    :math:`e_t = x_t - (x_{t-h} + x_{t+h}) / 2`. Fast peaks are the frames in which the length of
    the truth's excursion has a maximum over time, of these the given fraction with the longest.
    There

    .. math:: 1 - \sum e^{pred} \cdot e^{true} / \sum e^{true} \cdot e^{true}

    A gain g of the fast motion gives 1 - g. Noise that is independent of the truth does not bias
    it. A peak that comes late is missing where it should be: see :mod:`.lag` for the delay.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        half_width: Half the width h of a peak in frames, >= 1; a tenth of a second is apt.
            Defaults to 3.
        fraction: Share of the maxima that count as fast, > 0 and <= 1. Defaults to 0.1.

    Returns:
        0 where the peaks are whole, 1 where nothing is left, negative where they are
        exaggerated; NaN if the truth has no peak.

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
    pred, target = measured_pair(pred, target, mask)
    first, second = _excursions(pred, half_width), _excursions(target, half_width)
    length = lengths(second)
    if len(length) < 3:
        return 0.0, 0.0
    # Comparisons with NaN are False: a maximum needs its neighbours.
    is_peak = (length[1:-1] >= length[:-2]) & (length[1:-1] > length[2:])
    is_peak &= ~np.isnan(first[1:-1]).any(axis=-1)
    frames, joints = np.nonzero(is_peak)
    if not len(frames):
        return 0.0, 0.0
    # Rounding of the product must not add a peak: 0.7 * 10 is a bit more than 7.
    count = max(1, int(np.ceil(fraction * len(frames) - 1e-9)))
    longest = np.argsort(-length[1:-1][frames, joints], kind='stable')[:count]
    at = frames[longest] + 1, joints[longest]
    return float((first[at] * second[at]).sum()), float((second[at] ** 2).sum())


def _excursions(coords: np.ndarray, half_width: int) -> np.ndarray:
    if len(coords) <= 2 * half_width:
        return coords[:0]
    return (coords[half_width:-half_width]
            - 0.5 * (coords[:-2 * half_width] + coords[2 * half_width:]))
