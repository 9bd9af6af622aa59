#!/usr/bin/env python
r"""Collect clips in the npz file that PairedPoseDataset and tools/benchmark.py read.

    python tools/synthetic_video/pairs.py clips -o pairs.npz --estimator mediapipe
    python tools/benchmark.py tools/synthetic_video/pairs_2d.py --cfg-options \
        test_dataloader.dataset.ann_file=pairs.npz --smoothers gaussian default

The file contains the keypoints that have the same name in the estimates and the truth. Estimators
place joints differently (their hips are not those of the body model), so the median difference of
each keypoint over a clip is removed from the truth; the error over time remains, which a smoother
can change. ``--keep-offset`` keeps the difference. Clips in which the estimator finds no person are
left out.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.files import check_output_path
from smoothnet_plugin.utils.npz import SafeNpz, load_npz, write_npz

#: Frames with a keypoint below which its offset is not estimated, and it counts as missing.
FEWEST = 20


def read_pair(npz: SafeNpz, estimator: str,
              keep_offset: bool) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """An estimator's keypoints on a clip, and the truth of these.

    Args:
        npz: The clip's file.
        estimator: Name of the estimator in it.
        keep_offset: Whether the constant difference between the two stays.

    Returns:
        K names, the estimate (T, K, 2) and its scores (T, K), and the truth (T, K, 2), NaN where
        it lies outside the picture; pixels.

    Raises:
        DataFormatError: The estimator shares no keypoint with the truth.
    """
    theirs, ours = ([str(name) for name in npz[key]]
                    for key in (f'{estimator}_keypoints', 'keypoint_names'))
    names = [name for name in ours if name in theirs]
    if not names:
        raise DataFormatError(f"'{npz.path}': '{estimator}' has none of the keypoints "
                              f"{', '.join(ours)}.")
    columns = [theirs.index(name) for name in names]
    estimate, scores = npz[estimator][:, columns], npz[f'{estimator}_scores'][:, columns]
    own = [ours.index(name) for name in names]
    truth = np.where(npz['visible'][:, own, None] > 0, npz['truth_2d'][:, own], np.nan)
    if not keep_offset:
        difference = estimate - truth
        enough = np.isfinite(difference).all(axis=-1).sum(axis=0) >= FEWEST
        truth[:, ~enough] = np.nan
        truth[:, enough] += np.nanmedian(difference[:, enough], axis=0)
    return names, estimate, scores, truth


def collect(files: Sequence[Path], estimator: str,
            keep_offset: bool = False) -> dict[str, np.ndarray]:
    """The members of the npz file of pairs.

    Args:
        files: The clips, one at least.
        estimator: Name of the estimator.
        keep_offset: See :func:`read_pair`. Defaults to False.

    Returns:
        The members by name.

    Raises:
        DataFormatError: A clip cannot be read, has no such estimator or other keypoints than the
            first, or the estimator finds no person in any of them.
    """
    parts, rates, names = [], [], []
    for file in files:
        npz = load_npz(file)
        if f'{estimator}_keypoints' not in npz:
            known = sorted(key.removesuffix('_scores') for key in npz if key.endswith('_scores'))
            raise DataFormatError(f"'{file}' has no estimates of '{estimator}', but of "
                                  f"{', '.join(known) or 'nothing'}.")
        if not np.isfinite(npz[estimator]).any():
            continue
        parts.append(read_pair(npz, estimator, keep_offset))
        rates.append(float(npz['fps']))
        names.append(file.stem)
        if parts[-1][0] != parts[0][0]:
            raise DataFormatError(f"'{file}' has other keypoints of '{estimator}' than "
                                  f"'{names[0]}'; collect them in separate files.")
    if not parts:
        raise DataFormatError(f"'{estimator}' finds no person in any of the {len(files)} clips.")
    joints, estimates, scores, truths = zip(*parts)
    return {'estimate': np.concatenate(estimates).astype(np.float32),
            'ground_truth': np.concatenate(truths).astype(np.float32),
            'scores': np.concatenate(scores).astype(np.float32),
            'lengths': np.array([len(truth) for truth in truths], np.int64),
            'names': np.array(names), 'joints': np.array(joints[0]),
            'fps': np.array(rates)}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = command_parser(__doc__)
    parser.add_argument('folder', type=Path, help='folder of clips')
    parser.add_argument('-o', '--output', required=True, type=Path, help='npz file to write')
    parser.add_argument('--estimator', required=True, metavar='NAME',
                        help='name of the estimator in the clips')
    parser.add_argument('--keep-offset', action='store_true',
                        help='leave the constant difference of each keypoint in the truth')
    args = parser.parse_args(argv)
    check_output_path(args.output)
    files = sorted(args.folder.glob('*.npz'))
    if not files:
        raise DataFormatError(f"There is no clip (.npz) in '{args.folder}'.")
    content = collect(files, args.estimator, args.keep_offset)
    # Uncompressed, so that the file can be memory-mapped.
    write_npz(args.output, content, compressed=False)
    found = np.isfinite(content['estimate']).all(axis=(1, 2)).mean()
    print(f"{args.output}: {len(content['names'])} of {len(files)} clips, "
          f"{len(content['estimate'])} frames, "
          f"{len(content['joints'])} keypoints; the person is found in {found:.0%} of the frames")


if __name__ == '__main__':
    sys.exit(run_command(main))
