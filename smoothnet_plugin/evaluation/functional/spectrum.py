"""Amount of fast motion: power above a cut-off, prediction over truth."""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft
from scipy.signal.windows import hann

from ...errors import ConfigError
from ...processing.gaps import interpolate_missing
from .arrays import check_pair, measured_pair

#: Shorter sequences have no meaningful spectrum.
MIN_FRAMES = 8


def high_frequency_ratio(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None, *,
                         fps: float | None = None, cutoff: float = 5.0) -> float:
    """Power of the prediction above a frequency, relative to that of the truth.

    Above 1 jitter is left, below 1 real motion is removed; 1 is ideal. Voluntary human movement is
    below about 5 to 6 Hz, except for impacts (Winter, Biomechanics and Motor Control of Human
    Movement, chapter on signal processing).

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        fps: Frames per second, or None if ``cutoff`` is a share of the spectrum. Defaults to
            None.
        cutoff: Cut-off in Hz, > 0 and < fps / 2; without ``fps`` a share of the spectrum from 0
            to half the frame rate, > 0 and < 1. Defaults to 5.0.

    Returns:
        The ratio, >= 0; NaN if the truth has no power there, for example with under 8 frames.

    Raises:
        ConfigError: The cut-off is outside the spectrum.
        DataFormatError: The shapes differ.

    Example:
        >>> time = np.arange(300).reshape(-1, 1, 1) / 30
        >>> slow, fast = np.sin(2 * np.pi * time), np.sin(2 * np.pi * 10 * time)
        >>> round(high_frequency_ratio(slow + 0.5 * fast, slow + fast, fps=30), 4)
        0.25
    """
    above, true = high_frequency_energies(pred, target, mask, share=spectrum_share(cutoff, fps))
    return above / true if true > 0 else float('nan')


def spectrum_share(cutoff: float, fps: float | None) -> float:
    """The cut-off as a share of the spectrum from 0 to half the frame rate.

    Raises:
        ConfigError: The cut-off is outside the spectrum.

    Example:
        >>> spectrum_share(6.0, 30)
        0.4
    """
    share = cutoff if fps is None else cutoff / (fps / 2)
    if not 0 < share < 1:
        expected = ('a share of the spectrum between 0 and 1 (or specify fps)' if fps is None else
                    f'a frequency between 0 and {fps / 2:g} Hz, half of {fps:g} frames per second')
        raise ConfigError(f'The cut-off is {cutoff}; expected {expected}.')
    return share


def high_frequency_energies(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                            *, share: float) -> tuple[float, float]:
    """Energies of prediction and truth above a cut-off, which may be summed over sequences.

    A linear trend is removed from every channel, which is then weighted with a Hann window and
    transformed. Keypoints measured in fewer than half of the frames are left out; gaps of the
    others are interpolated linearly in both sequences.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        share: Cut-off as a share of the spectrum, > 0 and < 1 (see :func:`spectrum_share`).

    Returns:
        Both energies: power above the cut-off times frames, summed over channels. (0, 0) for
        fewer than 8 frames.

    Raises:
        DataFormatError: The shapes differ.

    Example:
        >>> wave = np.sin(0.5 * np.pi * np.arange(64)).reshape(64, 1, 1)  # power 1/2
        >>> [round(e, 3) for e in high_frequency_energies(wave, 2 * wave, share=0.25)]
        [32.0, 128.0]
    """
    check_pair(pred, target, mask)
    frames = len(pred)
    if frames < MIN_FRAMES:
        return 0.0, 0.0
    window = hann(frames, sym=False)
    lowest = int(np.searchsorted(np.fft.rfftfreq(frames), share / 2, side='right'))
    energies = [0.0, 0.0]
    for joint in range(np.shape(pred)[1]):
        column = slice(joint, joint + 1)
        pair = measured_pair(pred[:, column], target[:, column],
                             None if mask is None else mask[:, column])
        known = np.asarray(~np.isnan(pair[0] + pair[1]).any(axis=-1))
        if 2 * known.sum() >= frames:
            for number, coords in enumerate(pair):
                energies[number] += _energy_above(
                    interpolate_missing(coords, known)[:, 0], window, lowest)
    return energies[0], energies[1]


def _energy_above(coords: np.ndarray, window: np.ndarray, lowest: int) -> float:
    """Energy of the channels of one keypoint, shape (T, C), from the index of a frequency on."""
    frames = len(coords)
    time = np.arange(frames) - (frames - 1) / 2
    channels = np.array(coords.T, order='C')
    channels -= channels.mean(axis=1, keepdims=True)
    channels -= (channels @ time / (time @ time))[:, None] * time
    channels *= window
    spectrum = np.asarray(rfft(channels, axis=1))[:, lowest:]
    power = np.real(spectrum) ** 2 + np.imag(spectrum) ** 2
    # All frequencies except 0 and half the frame rate also represent a negative one.
    single = power[:, -1].sum() if frames % 2 == 0 else 0.0
    return float((2 * power.sum() - single) / (window @ window))
