"""Run all benchmarks of this folder that need no further data: the tables of docs/performance.md.

Each script compares alternatives in turn within one run, and fails if their results differ.
``--quick`` runs them on small inputs, which shows that they work and that the numbers agree, not
how fast they are.

    python benchmarks/run.py [--quick] [--only networks files ...] [--plot growth.png]

A full run is meant to take less than 20 minutes on an idle machine, so the slowest presets have
fewer frames here than the scripts allow. After each script its time by the clock and its CPU time
are printed.

``bench_gpu.py`` needs a GPU; ``bench_rotations.py``, ``bench_loader.py`` and ``speed_kept.py`` need
data.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from common import parser_of

HERE = Path(__file__).resolve().parent
#: Arguments of a script in full and in a quick run.
SCRIPTS: dict[str, tuple[list[str], list[str]]] = {
    'networks': (['--repeats', '2'],
                 ['--rows', 'smoothnet', '--frames', '200', '--repeats', '1']),
    # Half of the frames are measured, too: from 50,000 on, Numba is loaded in both.
    'live_memory': (['--frames', '120000'],
                    ['--people', '3', '--frames', '3000', '--presets', 'gaussian']),
    'filters': (['--frames', '100', '1000', '10000', '100000'],
                ['--frames', '100', '--keypoints', '2', '--slow-frames', '50', '--repeats', '1']),
    'metrics': ([], ['--frames', '2000', '--loop-frames', '200']),
    'files': ([], ['--frames', '200', '--files', '4', '--frames-per-file', '50', '--against',
                   str(HERE.parent)]),
    'million_frames': ([], ['--frames', '5000', '--naive-frames', '100']),
    'busy': ([], ['--presets', 'network', '--people', '2', '--frames', '5']),
    'growth': ([], ['--quick', '--smoothers', 'gaussian']),
}


def cpu_of_children() -> float:
    """CPU time in seconds of all processes that this one has waited for."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def main() -> int:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--quick', action='store_true', help='small sizes')
    parser.add_argument('--only', nargs='+', choices=SCRIPTS, default=list(SCRIPTS))
    parser.add_argument('--plot', help='image of the growth')
    args = parser.parse_args()
    failed = []
    for name in args.only:
        arguments = list(SCRIPTS[name][args.quick])
        if name == 'growth' and args.plot:
            arguments += ['--plot', args.plot]
        print(f'\n## bench_{name}.py {" ".join(arguments)}\n', flush=True)
        started, used = time.perf_counter(), cpu_of_children()
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', str(HERE / f'bench_{name}.py'), *arguments],
            env={**os.environ, 'PYTHONPATH': str(HERE.parent), 'OMP_NUM_THREADS': '1'},
            check=False)
        print(f'\n{time.perf_counter() - started:.0f} s, {cpu_of_children() - used:.0f} s of CPU '
              'time', flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == '__main__':
    sys.exit(main())
