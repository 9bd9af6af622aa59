"""Time and memory of files: a long JSON document, and many documents in parallel.

The first part writes MMPose JSON of one person without ids, and reads, smooths (Gaussian) and
writes it in a separate process: CPU seconds, and the peak of its memory over the size of the
file; then the same by the command ``smoothnet smooth``, which also makes a report, with equal
output. With ``--against`` another checkout of the package does the same in the same run, and the
results are compared. The second part smooths many short files with one process and with several,
and checks that the results are equal. In addition to the time it prints the CPU time of the main
process and of its workers, which limits the gain by several processes on an idle machine.

    python benchmarks/bench_files.py [--frames 100000] [--files 2000] [--workers 2]
        [--against ../old]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import REPO, parser_of, run_python

ONE_FILE = """
import sys, time
started = time.process_time()
from smoothnet_plugin import smooth
smooth(sys.argv[1], 'gaussian', out=sys.argv[2], fps=30)
taken = time.process_time() - started
from common import peak_memory
print(taken, peak_memory())
"""
COMMAND = """
import sys, time
started = time.process_time()
from smoothnet_plugin.cli import main
main(['smooth', sys.argv[1], '-o', sys.argv[2], '--smoother', 'gaussian', '--fps', '30', '--quiet'])
taken = time.process_time() - started
from common import peak_memory
print(taken, peak_memory())
"""
MANY_FILES = """
import resource, sys
from smoothnet_plugin.cli import main
main(sys.argv[1:])
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    used = resource.getrusage(who)
    print(used.ru_utime + used.ru_stime)
"""


def main() -> int:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--frames', type=int, default=100_000)
    parser.add_argument('--files', type=int, default=2000)
    parser.add_argument('--frames-per-file', type=int, default=300)
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--smoother', default='classical', help='of the many files')
    parser.add_argument('--against', type=Path, help='another checkout of this package')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long_document(folder, args.frames, args.against)
        many_documents(folder, args)
    return 0


def long_document(folder: Path, frames: int, against: Path | None) -> None:
    """The first part."""
    write_document(folder / 'long.json', frames, seed=0)
    size = (folder / 'long.json').stat().st_size / 2**20
    print(f'JSON, {frames} frames, one person without ids, {size:.0f} MiB:')
    seconds = {}
    for label, checkout, script in (('this version', REPO, ONE_FILE),
                                    ('the command', REPO, COMMAND),
                                    ('the other', against, ONE_FILE)):
        if checkout is None:
            continue
        out = folder / f'{label}.json'
        output = run_python('-c', script, str(folder / 'long.json'), str(out), repo=checkout,
                            cwd=folder)
        seconds[label], peak = map(float, output.split()[-2:])
        print(f'  {label}: {seconds[label]:.1f} s of CPU time, peak {peak / 2**20:.0f} MiB, '
              f'{peak / 2**20 / size:.1f} times the file')
    if (folder / 'the command.json').read_bytes() != (folder / 'this version.json').read_bytes():
        raise SystemExit('FAILED: the command writes another file than the function.')
    if against is not None:
        same = np.abs(positions(folder / 'this version.json')
                      - positions(folder / 'the other.json')).max()
        print(f"  {seconds['the other'] / seconds['this version']:.1f} times faster; largest "
              f'difference of the results {same:.2g} px')


def many_documents(folder: Path, args: argparse.Namespace) -> None:
    """The second part."""
    for n in range(args.files):
        write_document(folder / 'in' / f'{n}.json', args.frames_per_file, seed=n)
    print(f'{args.files} files of {args.frames_per_file} frames, {args.smoother}:')
    seconds, used = {}, {}
    for workers in (1, args.workers):
        started = time.perf_counter()
        output = run_python(
            '-c', MANY_FILES, 'smooth-many', str(folder / 'in' / '*.json'), '-o',
            str(folder / f'out{workers}'), '--smoother', args.smoother, '--workers', str(workers),
            '--quiet', cwd=folder)
        seconds[workers] = time.perf_counter() - started
        used[workers] = tuple(map(float, output.split()[-2:]))
        print(f'  {workers} processes: {seconds[workers]:.1f} s; CPU time of the main process '
              f'{used[workers][0]:.1f} s, of its workers {used[workers][1]:.1f} s')
    for path in (folder / 'out1').glob('[0-9]*.json'):
        if path.read_bytes() != (folder / f'out{args.workers}' / path.name).read_bytes():
            raise SystemExit(f'{path.name} differs between one process and {args.workers}')
    main_process, in_workers = used[args.workers]
    # The main process works while its workers do; here it counts as if they waited for it.
    limit = used[1][0] / (main_process + in_workers / args.workers)
    print(f'  {seconds[1] / seconds[args.workers]:.2f} times faster, by CPU time at least '
          f'{limit:.2f} times on {args.workers} idle cores; results equal')


def write_document(path: Path, frames: int, seed: int) -> None:
    """MMPose JSON of a person who sways and jitters."""
    path.parent.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / 30
    poses = np.round(rng.uniform(100, 800, (17, 2)) + 40 * np.sin(2 * t + np.arange(17)[:, None])
                     + 80 * np.sin(t / 5) + rng.normal(0, 2, (frames, 17, 2)), 3)
    scores = np.round(rng.uniform(0.5, 1, (frames, 17)), 4)
    boxes = np.concatenate([poses.min(axis=1), poses.max(axis=1)], axis=1)
    path.write_text(json.dumps([
        {'frame_id': n, 'instances': [{
            'keypoints': poses[n].tolist(), 'keypoint_scores': scores[n].tolist(),
            'bbox': [boxes[n].tolist()], 'bbox_score': 0.9}]} for n in range(frames)]))


def positions(path: Path) -> np.ndarray:
    """The poses of a document."""
    return np.array([entry['instances'][0]['keypoints']
                     for entry in json.loads(path.read_text())])


if __name__ == '__main__':
    sys.exit(main())
