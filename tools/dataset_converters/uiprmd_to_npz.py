#!/usr/bin/env python
"""Convert UI-PRMD (Kinect v2 and Vicon) to the npz file that PairedPoseDataset reads.

    python tools/dataset_converters/uiprmd_to_npz.py FOLDER -o uiprmd_train.npz --subjects 1 2 3 4 5
    python tools/dataset_converters/uiprmd_to_npz.py FOLDER -o uiprmd_val.npz --subjects 6 7

FOLDER holds the unpacked archives; ``uiprmd_files.py`` describes them. The two systems have clocks,
axes and joints of their own, so each repetition is aligned: in time, by a rigid transform, and by
the constant offset of each joint, which is removed from the truth. What remains is the error of
the estimator over time. Repetitions with a mean residual over 50 mm are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from takes import converter_parser, write_npz
from uiprmd_files import JOINTS, KINECT_FPS, VICON_FPS, find_clips, read_kinect, read_vicon

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import run_command
from smoothnet_plugin.utils.files import check_output_path

#: Least share of the shorter recording that the two have in common after alignment in time.
_LEAST_OVERLAP = 0.75
_LEAST_FRAMES = 15


class Pair(NamedTuple):
    """A repetition as both systems see it, at Kinect's frames.

    Attributes:
        estimate: Kinect, shape (T, K, 3), metres.
        truth: Vicon, aligned, same shape.
        residual: Mean distance of the two in metres.
        lag: Seconds between the first frame of Kinect and the first one of Vicon, on one clock;
            positive where Vicon begins later.
    """

    estimate: np.ndarray
    truth: np.ndarray
    residual: float
    lag: float


def resampled(clip: np.ndarray, times: np.ndarray, fps: float) -> np.ndarray:
    """A clip at other times, linearly between its frames; NaN beside a missing keypoint.

    Args:
        clip: Shape (T, K, 3).
        times: Seconds from the first frame on, shape (S,), within the clip.
        fps: Frames per second of the clip.

    Returns:
        Shape (S, K, 3).
    """
    place = np.clip(times * fps, 0, len(clip) - 1)
    # A time on a frame up to rounding is that frame, and asks nothing of the next one.
    place = np.where(np.abs(place - np.rint(place)) < 1e-6, np.rint(place), place)
    before = place.astype(int)
    after = np.ceil(place).astype(int)
    weight = (place - before)[:, None, None]
    return clip[before] * (1 - weight) + clip[after] * weight


def rigid_transform(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation and translation of least squares between points (Kabsch, 1976).

    Args:
        source: Shape (N, 3).
        target: Shape (N, 3).

    Returns:
        R, shape (3, 3), and t, shape (3,), with ``source @ R.T + t`` near ``target``.
    """
    first, second = source.mean(axis=0), target.mean(axis=0)
    u, _, vt = np.linalg.svd((target - second).T @ (source - first))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ mirror @ vt
    return rotation, second - rotation @ first


def superimposed(truth: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, float]:
    """Truth brought onto an estimate of the same frames.

    By one rigid transform of the clip, then by the mean difference of each joint, since the two
    systems place joints differently.

    Args:
        truth: Shape (T, K, 3); NaN is missing.
        estimate: Shape (T, K, 3).

    Returns:
        The truth, and its mean distance to the estimate.
    """
    seen = np.isfinite(truth).all(axis=-1)
    if not seen.any(axis=0).all() or seen.sum() < _LEAST_FRAMES:
        return truth, np.inf
    rotation, translation = rigid_transform(truth[seen], estimate[seen])
    moved = truth @ rotation.T + translation
    moved = moved + np.nanmean(estimate - moved, axis=0)
    return moved, float(np.nanmean(np.linalg.norm(estimate - moved, axis=-1)))


def align(kinect: np.ndarray, vicon: np.ndarray) -> Pair | None:
    """Align a repetition of both systems.

    The lag is searched in steps of Kinect's frames, then in tenths of them around the best. The
    best has the least residual among lags that keep most of the shorter recording.

    Args:
        kinect: Shape (T, K, 3), metres, at 30 Hz.
        vicon: Shape (S, K, 3), metres, at 100 Hz.

    Returns:
        The pair, with the truth's first joint at the origin in the first frame that has it; None
        if the recordings are too short or a joint is never seen.
    """
    kinect_end = (len(kinect) - 1) / KINECT_FPS
    vicon_end = (len(vicon) - 1) / VICON_FPS
    shorter = min(len(kinect), len(vicon) * KINECT_FPS / VICON_FPS)
    least = max(_LEAST_FRAMES, int(np.ceil(_LEAST_OVERLAP * shorter)))

    def at(lag: float) -> Pair | None:
        times = np.arange(len(kinect)) / KINECT_FPS
        common = (times >= lag - 1e-9) & (times <= lag + vicon_end + 1e-9)
        if common.sum() < least:
            return None
        truth, residual = superimposed(resampled(vicon, times[common] - lag, VICON_FPS),
                                       kinect[common])
        return Pair(kinect[common], truth, residual, lag) if np.isfinite(residual) else None

    def best(lags: np.ndarray) -> Pair | None:
        pairs = [pair for lag in lags if (pair := at(float(lag))) is not None]
        return min(pairs, key=lambda pair: pair.residual) if pairs else None

    coarse = best(np.arange(np.floor(-vicon_end * KINECT_FPS), kinect_end * KINECT_FPS)
                  / KINECT_FPS)
    if coarse is None:
        return None
    # Steps of 1/300 s hold both systems' frames.
    fine = best(coarse.lag + np.arange(-10, 11) / (10 * KINECT_FPS)) or coarse
    pelvis = fine.truth[:, 0]
    origin = pelvis[np.isfinite(pelvis).all(axis=-1)][0]
    return fine._replace(estimate=fine.estimate - origin, truth=fine.truth - origin)


def convert(folders: Sequence[Path], subjects: Sequence[int],
            max_residual: float = 0.05) -> tuple[dict[str, np.ndarray], list[str]]:
    """Convert the repetitions of some subjects.

    Args:
        folders: Where the archives are unpacked.
        subjects: Numbers of subjects.
        max_residual: Mean distance after alignment, in metres, over which a repetition is left
            out. Defaults to 0.05.

    Returns:
        The members of the npz file by name, and why each other repetition is left out.

    Raises:
        DataFormatError: There are no such files, one is damaged, or no repetition is left.
    """
    pairs: dict[str, Pair] = {}
    left_out = []
    for clip in find_clips(folders, subjects):
        pair = align(read_kinect(clip.kinect_positions, clip.kinect_angles),
                     read_vicon(clip.vicon_positions))
        if pair is None:
            left_out.append(f'{clip.name}: too short, or a joint is never seen')
        elif pair.residual > max_residual:
            left_out.append(f'{clip.name}: residual {1000 * pair.residual:.1f} mm')
        else:
            pairs[clip.name] = pair
    if not pairs:
        raise DataFormatError(f'None of {len(left_out)} repetitions can be aligned within '
                              f'{1000 * max_residual:g} mm; the first is {left_out[0]}.')
    return {
        'estimate': np.concatenate([p.estimate for p in pairs.values()]).astype(np.float32),
        'ground_truth': np.concatenate([p.truth for p in pairs.values()]).astype(np.float32),
        'lengths': np.array([len(p.truth) for p in pairs.values()], dtype=np.int64),
        'names': np.array(list(pairs)),
        'joints': np.array(JOINTS),
        'fps': np.array(KINECT_FPS),
    }, left_out


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = converter_parser(
        __doc__, 'where Segmented Movements and Incorrect Segmented Movements are')
    parser.add_argument('--subjects', nargs='+', type=int, required=True, metavar='N',
                        help='1 to 5 for training, 6 and 7 for validation')
    parser.add_argument('--max-residual', type=float, default=50.0, metavar='MM',
                        help='leave out repetitions that differ by more after alignment. '
                        'Defaults to 50')
    args = parser.parse_args(argv)
    check_output_path(args.output)
    content, left_out = convert(args.inputs, args.subjects, args.max_residual / 1000)
    write_npz(args.output, content, 'estimate')
    print(f'left out: {len(left_out)} clips', *left_out, sep='\n  ')


if __name__ == '__main__':
    sys.exit(run_command(main))
