"""Growth of time and memory with frames, people and keypoints; the results are checked.

- frames: ``smooth()`` of one person in 3D, 17 keypoints. The beginning of a long clip must equal
  that of a short one.
- people: a live frame in 2D at look-ahead 8. Each person must get the same result as alone.
- keypoints: ``smooth()`` of one person in 2D, 300 frames. Most classical filters treat every
  keypoint separately: the first 17 must be what they are alone. The others use statistics of the
  whole body, such as its size: the result of poses at another place must be the same there.

Every point is the CPU time of one thread in a separate process, and the peak of its memory above
what it had before, in copies of the input. ``--plot`` draws them.

    python benchmarks/bench_growth.py [--smoothers gaussian one_euro ...] [--plot growth.png]
        [--quick]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from bench_live_memory import FPS, LOOKAHEAD, walk
from common import measured, parser_of, peak_memory, timed

SIZES = {'frames': [10**2, 10**3, 10**4, 10**5, 10**6], 'people': [1, 10, 100],
         'keypoints': [17, 68, 133, 553]}
QUICK = {'frames': [100, 1000], 'people': [1, 5], 'keypoints': [17, 133]}
#: Largest sizes of smoothers that would take minutes. How the memory of a million frames grows with
#: them shows ``bench_live_memory.py``.
MOST = {('frames', 'default'): 10**5}
#: Frames at the beginning of a clip that do not depend on what follows after twice as many.
_SAME = 200
_JITTER = 3.0
_LARGE = 1 << 22
#: Smoothers that do not treat every keypoint separately, and how far the poses are moved for them.
_WHOLE_BODY, _MOVED = ('default', 'robust', 'network', 'one_euro', 'one_euro_zero_phase'), 100.0


def grown(axis: str, name: str, size: int) -> dict[str, float]:
    """Seconds, copies of the input, and the difference from the small way, in units of jitter."""
    from smoothnet_plugin import build_smoother, smooth
    if axis == 'people':
        poses = [walk(40, 2, number % 4) + 900.0 * (number // 4) for number in range(size)]
        together, alone = (build_smoother(name, fps=FPS, lookahead=LOOKAHEAD) for _ in range(2))
        times, difference = [], 0.0
        for t in range(40):
            done, seconds = timed(lambda: together.step(
                {number: pose[t] for number, pose in enumerate(poses)}))  # noqa: B023
            times.append(seconds)
            for ours, others in zip(done, alone.step({size - 1: poses[-1][t]})):
                last = next(one for one in ours.instances if one.track_id == size - 1)
                difference = max(difference, float(np.abs(
                    last.keypoints - others.instances[0].keypoints).max()) / _JITTER)
        return {'seconds': float(np.median(times[-15:])), 'difference': difference}
    if axis == 'frames':
        coords, scale = walk(size, 3), 0.01
        part = coords[:2 * _SAME]
    else:
        rng = np.random.default_rng(0)
        body = walk(300, 2)
        more = body[:, rng.integers(0, 17, size - 17)] + rng.normal(0, 20, (1, size - 17, 2))
        coords, scale = np.concatenate([body, more], axis=1), _JITTER
        part = coords + _MOVED if name in _WHOLE_BODY else body
    small = smooth(part, name, fps=FPS)  # Libraries are loaded, too.
    before = peak_memory(reset=True)
    result, seconds = timed(lambda: smooth(coords, name, fps=FPS))
    if axis == 'frames':
        same = min(size, _SAME)
        difference = np.abs(result[:same] - small[:same]).max() if size > same else 0.0
    elif name in _WHOLE_BODY:
        difference = np.abs(result + _MOVED - small).max()
    else:
        difference = np.abs(result[:, :17] - small).max()
    return {'seconds': seconds, 'copies': (peak_memory() - before) / coords.nbytes,
            'bytes': coords.nbytes, 'difference': float(difference) / scale}


def draw(path: Path, rows: list[dict[str, Any]]) -> None:
    """Time over size, a panel per axis."""
    from matplotlib import pyplot as plt
    figure, panels = plt.subplots(1, len(SIZES), figsize=(12, 4), constrained_layout=True)
    for panel, axis in zip(panels, SIZES):
        for name in dict.fromkeys(row['smoother'] for row in rows):
            points = [(row['size'], row['seconds']) for row in rows
                      if row['axis'] == axis and row['smoother'] == name]
            panel.loglog(*zip(*points), marker='o', label=name)
        panel.set_xlabel(axis)
        panel.set_ylabel('CPU time of a live frame, s' if axis == 'people' else 'CPU time, s')
        panel.grid(alpha=0.3)
    panels[0].legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--axes', nargs='+', choices=SIZES, default=list(SIZES))
    parser.add_argument('--smoothers', nargs='+', default=['gaussian', 'one_euro', 'default'])
    parser.add_argument('--plot', type=Path, help='image to draw')
    parser.add_argument('--quick', action='store_true', help='small sizes, to try the script')
    parser.add_argument('--measure', nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        axis, name, size = args.measure
        print(json.dumps(grown(axis, name, int(size))))
        return
    rows = []
    print('| what | size | CPU time, s | copies of the input | difference, of the jitter |')
    print('|---|---:|---:|---:|---:|')
    for axis in args.axes:
        for name in args.smoothers:
            for size in (QUICK if args.quick else SIZES)[axis]:
                if size > MOST.get((axis, name), size):
                    continue
                row = measured(__file__, axis, name, str(size))
                rows.append({'axis': axis, 'smoother': name, 'size': size, **row})
                # For a small input, memory other than the arrays would dominate.
                copies = f"{row['copies']:.1f}" if row.get('bytes', 0) > _LARGE else ''
                print(f"| {name}, {axis} | {size:,} | {row['seconds']:.4g} | {copies} | "
                      f"{row['difference']:.2g} |", flush=True)
                # Networks have single precision.
                limit = 1e-3 if name in ('default', 'network') else 1e-6
                if not row['difference'] <= limit:
                    raise SystemExit(f'FAILED: the difference is more than {limit:g}.')
    if args.plot:
        draw(args.plot, rows)


if __name__ == '__main__':
    main()
