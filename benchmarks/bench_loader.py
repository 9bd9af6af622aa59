"""Share of a training step that is spent in the loader, and the gain over a naive loader.

Times batches of windows and training steps of SmoothNet on them, one after the other in one
process (``num_workers=0``, so nothing is hidden behind the step), and prints the medians and their
ratio. Without ``--data`` it makes a random data set of the size of UI-PRMD's.

    python benchmarks/bench_loader.py [--data FILE.npz] [--batch-size 1024] [--window-size 32]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from common import parser_of

from smoothnet_plugin.datasets import MocapDataset, PairedPoseDataset, PoseDataset, pose_collate
from smoothnet_plugin.datasets.clips import as_array
from smoothnet_plugin.models import PoseRefiner

NOISE_3D = [{'type': 'DetectorNoise', 'profile': 'detector_3d'}]
NOISE_2D = [{'type': 'ResampleFps'}, {'type': 'RandomRotation'}, {'type': 'RandomCamera'},
            {'type': 'DetectorNoise', 'profile': 'detector_2d'}]


def naive_batch(dataset: PoseDataset, chosen: np.ndarray) -> dict[str, torch.Tensor]:
    """The same windows by a loop over slices, as most loaders do it."""
    clips, width = dataset.clips, dataset.window_size or 0
    rows = [as_array(clips.per_frame()[name]) for name in ('estimate', 'truth')]
    items = []
    for index in chosen:
        clip, offset = (part[index] for part in dataset.windows)
        start = int(clips.starts[clip] + offset)
        items.append([np.array(values[start:start + width], np.float32) for values in rows])
    return {name: torch.stack([torch.from_numpy(item[i]) for item in items])
            for i, name in enumerate(('inputs', 'target'))}


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Median time of a call."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(title: str, dataset: PoseDataset, args: argparse.Namespace) -> None:
    """Print a row of the table for one data set."""
    rng = np.random.default_rng(0)
    device = torch.device(args.device)
    model = PoseRefiner({
        'type': 'SmoothNet', 'window_size': args.window_size, 'hidden_size': 512,
        'res_hidden_size': 128, 'num_blocks': 3, 'dropout': 0.25})
    model.to(device).train()
    optimizer = torch.optim.Adam(model.parameters(), amsgrad=True)

    def fetch() -> dict[str, torch.Tensor]:
        chosen = rng.integers(0, len(dataset), args.batch_size)
        batch = pose_collate(dataset.__getitems__(chosen))
        assert isinstance(batch, dict)
        return batch

    batch = fetch()

    def step() -> None:
        moved = {name: values.to(device) for name, values in batch.items()}
        losses = model.loss(**moved)
        loss = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if device.type == 'cuda':
            torch.cuda.synchronize(device)

    loader, training = seconds(fetch, args.repeats), seconds(step, max(args.repeats // 2, 2))
    shape = 'x'.join(map(str, batch['inputs'].shape))
    print(f'{title:38} {shape:>15} {1e3 * loader:9.1f} {1e3 * training:9.1f} '
          f'{100 * loader / (loader + training):8.1f} %')


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--data', help='npz file with estimate and ground_truth')
    parser.add_argument('--batch-size', type=int, default=1024)
    parser.add_argument('--window-size', type=int, default=32)
    parser.add_argument('--repeats', type=int, default=10)
    parser.add_argument('--device', default='cpu')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.data
        if path is None:
            path = Path(folder) / 'random.npz'
            truth = np.random.default_rng(0).normal(size=(64573, 12, 3)).astype(np.float32)
            np.savez(path, estimate=truth + 0.01, ground_truth=truth, fps=30.,
                     lengths=np.append(np.full(868, 74), 64573 - 868 * 74))
        pairs = PairedPoseDataset(path, window_size=args.window_size)
        noise = {'window_size': args.window_size, 'positions_key': 'ground_truth'}
        print(f'{"":38} {"batch":>15} {"load ms":>9} {"step ms":>9} {"in loader":>10}')
        measure('pairs', pairs, args)
        measure('truth + DetectorNoise', MocapDataset(path, NOISE_3D, **noise), args)
        measure('truth + fps, camera, noise (2D)', MocapDataset(path, NOISE_2D, **noise), args)
        whole = np.flatnonzero(pairs.clips.lengths[pairs.windows[0]] >= args.window_size)
        chosen = np.random.default_rng(0).choice(whole, args.batch_size)
        ours = seconds(lambda: pose_collate(pairs.__getitems__(chosen)), args.repeats)
        naive = seconds(lambda: naive_batch(pairs, chosen), args.repeats)
        print(f'a loop over slices takes {naive / ours:.1f} times as long as the gather')


if __name__ == '__main__':
    main()
