"""Live smoothing while other processes keep all cores busy: time of a frame by the clock.

A pose estimator usually runs beside the smoother. Threads that share small work then wait for one
another. The ways are this package as it is, and with all libraries limited to one thread; both must
give the same results. With ``--other``, a clone of another commit is measured, too.

    python benchmarks/bench_busy.py [--presets network default] [--people 1 20] [--frames 60]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import REPO, measured, parser_of

sys.path.append(str(REPO))
FPS, LOOKAHEAD = 30.0, 8
#: Frames before the measured ones, so that windows are full.
BEFORE = 80
TOLERANCE = 1e-3


def live(name: str, people: int, frames: int) -> dict[str, Any]:
    """Milliseconds of a frame by the clock and of CPU time, and the last frame's poses."""
    from bench_live_memory import walk

    from smoothnet_plugin import build_smoother
    poses = {str(i): walk(BEFORE + frames, 2, i) for i in range(people)}
    smoother = build_smoother(name, fps=FPS, lookahead=LOOKAHEAD)
    done: list[Any] = []
    clock = used = 0.0
    for frame in range(BEFORE + frames):
        if frame == BEFORE:
            clock, used = time.perf_counter(), time.process_time()
        done = smoother.step({key: values[frame] for key, values in poses.items()}) or done
    return {'clock': 1e3 * (time.perf_counter() - clock) / frames,
            'cpu': 1e3 * (time.process_time() - used) / frames,
            'last': [entry.keypoints.tolist() for entry in done[-1].instances]}


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """A process per core that computes without end."""
    others = [subprocess.Popen([sys.executable, '-c', 'while True: pass'])
              for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--presets', nargs='+', default=['network', 'default'])
    parser.add_argument('--people', nargs='+', type=int, default=[1, 20])
    parser.add_argument('--frames', type=int, default=60)
    parser.add_argument('--other', type=Path, help='a clone of another commit')
    parser.add_argument('--measure', nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        name, people, frames = args.measure
        print(json.dumps(live(name, int(people), int(frames))))
        return
    ways: dict[str, tuple[Path, bool]] = {'this': (REPO, False), 'one thread': (REPO, True)}
    if args.other:
        ways['other'] = args.other, False
    print('| live, all cores busy | people | package | by the clock, ms | CPU time, ms |\n'
          '|---|---:|---|---:|---:|')
    for name in args.presets:
        for people in args.people:
            poses = {}
            for way, (repo, limited) in ways.items():
                with busy_cores():
                    row = measured(__file__, name, str(people), str(args.frames), repo=repo,
                                   limited=limited)
                poses[way] = np.array(row['last'])
                print(f"| {name} | {people} | {way} | {row['clock']:.1f} | {row['cpu']:.1f} |",
                      flush=True)
            if not np.abs(poses['this'] - poses['one thread']).max() <= TOLERANCE:
                sys.exit(f'FAILED: threads change poses by more than {TOLERANCE} px.')


if __name__ == '__main__':
    main()
