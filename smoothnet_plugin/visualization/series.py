"""Curves of a clip: acceleration and error over time, and the power spectrum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import welch

from ..errors import ConfigError, check_known
from ..processing.runs import runs
from ..structures import PoseSequence, PoseTracks
from ..utils.arrays import finite_keypoints, mean_known

#: Longest segment of Welch's estimate, in frames: 256 at 30 fps resolve 0.12 Hz.
WELCH_FRAMES = 256
_SHORTEST_RUN = 8


def keypoint_index(sequence: PoseSequence, keypoint: str | int) -> int:
    """Index of a keypoint.

    Args:
        sequence: The sequence with the keypoint.
        keypoint: A name in the skeleton of the sequence, or a number.

    Returns:
        The index, 0 to K - 1.

    Raises:
        ConfigError: The keypoint does not exist, or is a name and the sequence has no skeleton.
    """
    if isinstance(keypoint, str) and not keypoint.isdigit():
        names = sequence.keypoint_names
        if not names:
            raise ConfigError(f'The keypoints have no names, so {keypoint!r} is unknown; '
                              f'give a number from 0 to {sequence.num_keypoints - 1}.')
        check_known('Unknown keypoint', keypoint, names)
        return names.index(keypoint)
    index = int(keypoint)
    if not 0 <= index < sequence.num_keypoints:
        raise ConfigError(f'There is no keypoint {index}; the pose has the numbers 0 to '
                          f'{sequence.num_keypoints - 1}.')
    return index


def row_of(frame_ids: np.ndarray, number: int) -> int | None:
    """Row of a frame number, or None.

    Args:
        frame_ids: Frame numbers, shape (T,), increasing.
        number: The frame number.
    """
    row = int(np.searchsorted(frame_ids, number))
    return row if row < len(frame_ids) and frame_ids[row] == number else None


def acceleration(clip: PoseTracks, keypoint: str | int | None = None) -> np.ndarray:
    """Magnitude of the second difference, averaged over keypoints and people.

    Args:
        clip: The tracks.
        keypoint: A keypoint's name or number, or None for the mean of all. Defaults to None.

    Returns:
        A value per entry of ``clip.frame_ids``, shape (F,), in the unit of the coordinates per
        frame squared; NaN where a frame or one of its neighbours is missing.
    """
    return _central_difference(
        clip, keypoint, lambda before, middle, after, _: after - 2 * middle + before)


def speed(clip: PoseTracks, fps: float, keypoint: str | int | None = None) -> np.ndarray:
    """Magnitude of the central first difference, averaged over keypoints and people.

    Args:
        clip: The tracks.
        fps: Frames per second of the frame numbers.
        keypoint: A keypoint's name or number, or None for the mean of all. Defaults to None.

    Returns:
        A value per entry of ``clip.frame_ids``, shape (F,), in the unit of the coordinates per
        second; NaN where a frame or one of its neighbours is missing.
    """
    def velocity(before: np.ndarray, middle: np.ndarray, after: np.ndarray,
                 step: int) -> np.ndarray:
        change = (after - before) * fps / (2 * step)
        return np.where(np.isfinite(middle), change, np.nan)

    return _central_difference(clip, keypoint, velocity)


def _central_difference(
        clip: PoseTracks, keypoint: str | int | None,
        difference: Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]) -> np.ndarray:
    """Length of a difference over three neighbouring frames, averaged over keypoints and people.

    ``difference`` takes the coordinates of the frames before, at and after, and the distance of
    neighbouring frame numbers. NaN where the three frames are not neighbours.
    """
    lengths = []
    steps = np.diff(clip.frame_ids)
    for _, sequence in clip:
        coords = dense(clip, sequence, keypoint)
        length = np.full(coords.shape[:2], np.nan)
        if len(coords) > 2:
            step = steps.min()
            even = (steps[1:] == step) & (steps[:-1] == step)
            change = difference(coords[:-2], coords[1:-1], coords[2:], step)
            length[1:-1] = np.where(even[:, None], np.linalg.norm(change, axis=-1), np.nan)
        lengths.append(length)
    return _mean(lengths, clip)


def joint_errors(clip: PoseTracks, truth: PoseTracks) -> np.ndarray:
    """Distance of every keypoint from the truth, averaged over people.

    Args:
        clip: The tracks.
        truth: The true tracks, with the same ids.

    Returns:
        Shape (F, K), in the unit of the coordinates; NaN where either is missing.

    Raises:
        ConfigError: The two have no track id in common.
    """
    return mean_known(np.stack(_distances(clip, truth)), axis=0)


def _distances(clip: PoseTracks, truth: PoseTracks,
               keypoint: str | int | None = None) -> list[np.ndarray]:
    """Distances from the truth of the people that both have, shape (F, K) each."""
    shared = [key for key, _ in clip if key in truth.tracks]
    if not shared:
        raise ConfigError(f'The truth has the tracks {list(truth.tracks)}, the clip has '
                          f'{list(clip.tracks)}; give both the same ids.')
    return [np.linalg.norm(dense(clip, clip[key], keypoint) - dense(clip, truth[key], keypoint),
                           axis=-1) for key in shared]


def position_error(clip: PoseTracks, truth: PoseTracks,
                   keypoint: str | int | None = None) -> np.ndarray:
    """Distance from the truth, averaged over keypoints and people.

    Args:
        clip: The tracks.
        truth: The true tracks, with the same ids.
        keypoint: A keypoint's name or number, or None for the mean of all. Defaults to None.

    Returns:
        A value per entry of ``clip.frame_ids``, shape (F,), in the unit of the coordinates; NaN
        where either is missing.

    Raises:
        ConfigError: The two have no track id in common.
    """
    return _mean(_distances(clip, truth, keypoint) if clip.tracks else [], clip)


def spectrum(clip: PoseTracks, fps: float,
             keypoint: str | int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Power spectral density of the coordinates (Welch), averaged over keypoints and people.

    The spectrum of a keypoint is that of its longest run without a gap.

    Args:
        clip: The tracks.
        fps: Frames per second of the frame numbers.
        keypoint: A keypoint's name or number, or None for the mean of all. Defaults to None.

    Returns:
        Frequencies in Hz, shape (N,), and the density in squared units of the coordinates per Hz,
        shape (N,); both are empty where no run is long enough.
    """
    if clip.num_frames > 1:
        fps = fps / np.diff(clip.frame_ids).min()
    coords = [dense(clip, sequence, keypoint) for _, sequence in clip]
    per_person = [keypoint_spectra(person, fps) for person in coords]
    longest = max((grid for grid, _ in per_person), key=len, default=np.zeros(0))
    total, count = np.zeros(len(longest)), 0
    for grid, power in per_person:
        for row in power[np.isfinite(power).all(axis=1) & (power.shape[1] > 0)]:
            total += np.interp(longest, grid, row)
            count += 1
    return longest, total / max(count, 1)


def keypoint_spectra(coords: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Power spectral density of each keypoint (Welch), of its longest run without a gap.

    Args:
        coords: Shape (T, K, C) on evenly spaced frames, NaN where missing.
        fps: Frames per second.

    Returns:
        Frequencies in Hz, shape (N,), and the density, shape (K, N), in squared units of the
        coordinates per Hz, the mean of the C channels; NaN for keypoints without a run of eight
        frames. N is 0 where no keypoint has one.
    """
    longest = _longest_runs(coords)
    length = min(WELCH_FRAMES, max((len(run) for run in longest), default=0))
    if length < _SHORTEST_RUN:
        return np.zeros(0), np.zeros((coords.shape[1], 0))
    grid = np.fft.rfftfreq(length, 1 / fps)
    power = np.full((len(longest), len(grid)), np.nan)
    for row, run in zip(power, longest):
        if len(run) >= _SHORTEST_RUN:
            frequency, density = welch(run, fps, nperseg=min(length, len(run)), axis=0)
            row[:] = np.interp(grid, frequency, density.mean(axis=-1))
    return grid, power


def dense(clip: PoseTracks, sequence: PoseSequence,
          keypoint: str | int | None = None) -> np.ndarray:
    """Coordinates on every frame of a clip.

    Args:
        clip: The clip with the frames.
        sequence: One person of the clip.
        keypoint: A keypoint's name or number, or None for all. Defaults to None.

    Returns:
        Shape (F, K, C), or (F, 1, C) for one keypoint; NaN where a keypoint is neither measured
        nor interpolated.
    """
    full = sequence.at_frames(clip.frame_ids)
    if keypoint is not None:
        index = keypoint_index(sequence, keypoint)
        full = full[:, index:index + 1]
    return full


def _mean(per_person: list[np.ndarray], clip: PoseTracks) -> np.ndarray:
    """Mean over people and keypoints, NaN in frames without any."""
    return mean_known(
        np.concatenate([np.full((clip.num_frames, 1), np.nan), *per_person], axis=1), axis=1)


def _longest_runs(coords: np.ndarray) -> list[np.ndarray]:
    """The longest run without NaN of each keypoint, shape (n, C) each; empty without one."""
    longest = [coords[:0, k] for k in range(coords.shape[1])]
    # Short runs come first. Of equally long ones the earliest counts.
    for group in runs(finite_keypoints(coords)):
        for k, start, length in zip(*(values[::-1].tolist() for values in group)):
            longest[k] = coords[start:start + length, k]
    return longest
