"""Check whether the speed that a smoother keeps can be measured without ground truth.

Prints, for Gaussian filters from weak to far too strong and for two presets, the speed kept
relative to the input and to the ground truth, with 95 % intervals over the clips:

    python benchmarks/speed_kept.py PATH/uiprmd_val.npz

The file holds paired clips (docs/datasets.md): estimate, ground_truth, lengths, joints, fps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from common import parser_of

from smoothnet_plugin import smooth
from smoothnet_plugin.evaluation.joint_changes import ALL, change_of, joint_groups, joint_sums

SMOOTHERS: list[tuple[str, dict[str, Any]]] = [
    *(('gaussian', {'sigma': sigma}) for sigma in (0.5, 1.5, 5.0, 12.0)), ('robust', {}),
    ('one_euro', {})]


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('data', help='npz file of paired clips')
    parser.add_argument('--every', type=int, default=8, metavar='N',
                        help='use every Nth clip (default: 8)')
    args = parser.parse_args()
    with np.load(args.data) as data:
        ends = np.cumsum(data['lengths'])
        fps, names = float(data['fps']), data['joints'].tolist()
        pairs = [tuple(data[key][stop - length:stop].astype(np.float64)
                       for key in ('estimate', 'ground_truth'))
                 for stop, length in list(zip(ends, data['lengths']))[::args.every]]
    groups = joint_groups(names)
    print(f'{len(pairs)} clips\n')
    print('| smoother | joint | against the input | against the truth |\n|---|---|---:|---:|')
    for name, options in SMOOTHERS:
        sums: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for estimate, truth in pairs:
            result = smooth(estimate, name, fps=fps, **options)
            filled = np.zeros(estimate.shape[:2], bool)
            both = [joint_sums(estimate, result, filled, fps, groups, reference)
                    for reference in (None, truth)]
            for joint in both[0]:
                sums.setdefault(joint, []).append((both[0][joint], both[1][joint]))
        for joint in (ALL, *groups):
            without, against = (change_of(joint, list(part)) for part in zip(*sums[joint]))
            setting = ''.join(f' {key}={value}' for key, value in options.items())
            print(f"| {name}{setting} | {joint} | {without.shown('speed_kept', '.0%')} | "
                  f"{against.shown('speed_kept', '.0%')} |")


if __name__ == '__main__':
    main()
