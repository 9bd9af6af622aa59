r"""Share of the true positions within one and two of the spreads that ``default`` predicts.

    python tools/trust_gate/coverage.py configs/default/uiprmd_kinect_3d_bench.py \
        --cfg-options data_root=DATA/
    python tools/trust_gate/coverage.py --sets ../shared/eval/stress.py --seed 13 white3_2 fast3

The first two shares count keypoints whose distance from the truth is below the spread. The other
two count single coordinates within one and two standard deviations, which the spread is for
normally distributed errors of the same size along every axis if divided by 1.51 (2D) or 1.88 (3D).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import DictAction
from scipy.special import gammaincinv

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smoothnet_plugin import smooth
from smoothnet_plugin.benchmark import data_of_config
from smoothnet_plugin.utils.arrays import finite_keypoints, length_of
from smoothnet_plugin.utils.command import command_parser, run_command
from trust_gate.sets import load_script, made

#: Share of a normal distribution within one standard deviation.
ONE = 0.6827


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument('data', nargs='+', help='configs with a test_dataloader, or names of sets')
    parser.add_argument('--sets', type=Path, help='script whose make(name, folder, every, seed) '
                        'returns inputs, scores or None, truths, fps and scale of a set')
    parser.add_argument('--every', type=int, default=12, help='use every n-th take (default: 12)')
    parser.add_argument('--seed', type=int, default=0, help='seed of the errors (default: 0)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='settings of the configs to override')
    args = parser.parse_args()
    print('| data | within one | within two | coordinates, one | two |\n|---|---:|---:|---:|---:|')
    for name in args.data:
        found = (of_config(name, args.cfg_options) if args.sets is None
                 else of_set(args.sets, name, args.every, args.seed))
        print(f'| {name} | ' + ' | '.join(f'{share:.1%}' for share in shares(found)) + ' |',
              flush=True)


def shares(found: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The four shares of errors (..., C) and spreads (...); what is not finite does not count."""
    within, count = np.zeros(4), 0
    for error, spread in found:
        known = finite_keypoints(error) & np.isfinite(spread)
        error, spread = error[known], spread[known]
        width = error.shape[-1]
        sigma = spread / np.sqrt(2 * gammaincinv(width / 2, ONE))
        within += [*((length_of(error) < times * spread).sum() for times in (1, 2)),
                   *((np.abs(error) < times * sigma[:, None]).sum() / width for times in (1, 2))]
        count += len(error)
    return within / max(1, count)


def of_config(path: str, options: dict) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Errors of the clips of a benchmark config, and their spreads."""
    for clip in data_of_config(path, options).clips:
        assert clip.target is not None
        result, spread = smooth(clip.tracks(), return_spread=True)
        error = np.where(clip.mask[..., None], result[0].coords - clip.target, np.nan)
        yield error, spread[0]


def of_set(script: Path, name: str, every: int, seed: int,
           ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Errors of the clips that a script makes, and their spreads."""
    folder = script.resolve().parents[1] / 'data'
    found = made(load_script(script), name, folder, every, seed)
    for coords, scores, truth in found.clips:
        given: dict[str, Any] = {} if scores is None else {'scores': scores}
        result, spread = smooth(coords, fps=found.fps, return_spread=True, **given)
        yield result - truth, spread


if __name__ == '__main__':
    sys.exit(run_command(main))
