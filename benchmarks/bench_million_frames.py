"""Memory and time of ``tools/test.py`` on a million frames, against a loop over windows.

Writes random walks of a million frames (as one clip, or cut into ``--clips``), evaluates a filter
or a SmoothNet on them in a separate process, and prints

- the peak of resident memory above that of the same evaluation of a thousand frames, and above
  the data itself (estimate and truth, float32);
- frames per second, and their ratio to a naive twin that takes one window after the other in
  Python, timed on ``--naive-frames`` frames.

    python benchmarks/bench_million_frames.py [--frames 1000000] [--clips 1] [--filter gaussian]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from common import REPO, parser_of, run_python

from smoothnet_plugin.models import SmoothNet, save_safetensors

#: Small, so that the time apart from the matrix products shows.
SIZES = {'window_size': 32, 'hidden_size': 64, 'res_hidden_size': 16, 'num_blocks': 1}
KEYPOINTS = 17
CONFIG = """
_base_ = '{repo}/configs/_base_/default_runtime.py'
model = {model}
test_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='PairedPoseDataset', ann_file='{data}'))
test_evaluator = [dict(type='PoseErrorMetric', root_align=False,
                       metrics=('mpjpe', 'accel_error'))]
test_cfg = dict()
"""
#: Runs a tool and prints the peak of its memory.
WATCH = """
import runpy, sys
from common import peak_memory
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name='__main__')
finally:  # The tool ends by sys.exit.
    print('PEAK', peak_memory())
"""


def write_data(path: Path, frames: int, clips: int) -> int:
    """Write the data set; returns its size in bytes."""
    rng = np.random.default_rng(0)
    truth = np.cumsum(rng.normal(0, 1e-3, (frames, KEYPOINTS, 3)).astype(np.float32), axis=0)
    estimate = truth + rng.normal(0, 1e-2, truth.shape).astype(np.float32)
    lengths = np.full(clips, frames // clips)
    lengths[-1] += frames - lengths.sum()
    np.savez(path, estimate=estimate, ground_truth=truth, lengths=lengths, fps=30.0)
    return estimate.nbytes + truth.nbytes


def evaluate(folder: Path, name: str, frames: int, clips: int,
             args: argparse.Namespace) -> tuple[int, float, int]:
    """Peak memory in bytes, seconds, and size of the data of an evaluation."""
    size = write_data(folder / f'{name}.npz', frames, clips)
    model = (f"dict(type='FilterRefiner', smoother='{args.filter}')" if args.filter else
             f"dict(type='PoseRefiner', network=dict(type='SmoothNet', **{SIZES}))")
    config = folder / f'{name}.py'
    config.write_text(CONFIG.format(repo=REPO, model=model, data=folder / f'{name}.npz'))
    weights = [] if args.filter else [str(folder / 'w.safetensors')]
    start = time.perf_counter()
    output = run_python(
        '-c', WATCH, str(REPO / 'tools' / 'test.py'), str(config), *weights, '--work-dir',
        str(folder / name), '--out', str(folder / f'{name}.json'))
    seconds = time.perf_counter() - start
    peak = int(output.rpartition('PEAK')[2])
    print(f"{name}: {json.loads((folder / f'{name}.json').read_text())['mpjpe']:.3f} mm, "
          f'peak {peak / 2**20:.0f} MiB, {seconds:.1f} s')
    return peak, seconds, size


def naive_seconds(network: SmoothNet, frames: int) -> float:
    """Time of the plain loop: a forward pass a window, added up frame by frame."""
    coords = torch.randn(frames, KEYPOINTS * 3)
    window = network.window_size
    start = time.perf_counter()
    total, count = torch.zeros_like(coords), torch.zeros(frames)
    with torch.no_grad():
        for first in range(frames - window + 1):
            refined = network.forward_window(coords[first:first + window].T[None])[0].T
            for offset in range(window):
                total[first + offset] += refined[offset]
                count[first + offset] += 1
    assert bool((total / count[:, None]).isfinite().all())
    return time.perf_counter() - start


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--frames', type=int, default=1_000_000)
    parser.add_argument('--clips', type=int, default=1)
    parser.add_argument('--filter', help='preset of a filter instead of the network')
    parser.add_argument('--naive-frames', type=int, default=2000)
    args = parser.parse_args()
    network = SmoothNet(**SIZES).eval()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_safetensors(folder / 'w.safetensors', network.state_dict(),
                         {'type': 'SmoothNet', **SIZES})
        small_peak, small_seconds, _ = evaluate(folder, 'small', 1000, 1, args)
        peak, seconds, size = evaluate(folder, 'large', args.frames, args.clips, args)
    above = peak - small_peak
    print(f'memory above a run of 1000 frames: {above / 2**20:.0f} MiB; the data has '
          f'{size / 2**20:.0f} MiB; above the data: {(above - size) / 2**20:.0f} MiB')
    rate = args.frames / max(seconds - small_seconds, 1e-9)
    print(f'{rate:.0f} frames/s')
    if not args.filter:
        naive = args.naive_frames / naive_seconds(network, args.naive_frames)
        print(f'naive loop: {naive:.0f} frames/s; ratio {rate / naive:.1f}')


if __name__ == '__main__':
    main()
