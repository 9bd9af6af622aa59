"""Speed of the learned filters, each beside another way of computing the same.

Every row is one run: both ways on the same input, in turn, best of ``--repeats`` by the process's
CPU time, with one thread; and how far their results lie apart, in the unit of the input (3 units
of white jitter on swings of 5 to 40; the accuracy by stride is in configs/default/README.md). The
other ways are

- ``stride 1``: the same engine with every window, as before there were strides;
- ``one by one``: one call of the filter per person;
- ``all together``: attention over all keypoints at once, every window, float32;
- ``reference``: all windows of a sequence in one pass through PyTorch's layers, as SmoothNet's
  own evaluation does it.

    python benchmarks/bench_networks.py [--rows stride people keypoints smoothnet] [--repeats 3]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from smoothnet_plugin.filters import LearnedFilter
from smoothnet_plugin.models import SmoothNet, refine_sequence
from smoothnet_plugin.models.linear import in_bfloat16

Way = Callable[[], np.ndarray]
FPS = 30.0


def walk(frames: int, keypoints: int, dim: int, seed: int = 0) -> np.ndarray:
    """Points that swing about a moving middle, with jitter, shape (frames, keypoints, dim)."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(frames)[:, None, None] / FPS
    swing = rng.uniform(5, 40, (1, keypoints, dim)) * np.sin(
        2 * np.pi * (0.8 * seconds + rng.random((1, keypoints, dim))))
    place = rng.normal(0, 60, (1, keypoints, dim))
    return 500 + place + swing + rng.normal(0, 3, (frames, keypoints, dim))


def fresh(learned: LearnedFilter, coords: np.ndarray) -> np.ndarray:
    """The result of a whole clip, none of whose windows is in the cache."""
    network = learned._network_for(coords)
    assert network is not None
    network.cached.clear()
    return learned.filter(coords, fps=FPS, origin=0)


def seconds(way: Way, repeats: int) -> float:
    """Least CPU time of a call."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        way()
        times.append(time.process_time() - start)
    return min(times)


def compare(name: str, ours: Way, other: Way, unit: str, amount: int, repeats: int) -> str:
    """A row of the table."""
    difference = np.abs(ours() - other()).max()
    fast, slow = seconds(ours, repeats), seconds(other, repeats)
    return (f'| {name} | {amount / fast:,.0f} {unit}/s | {amount / slow:,.0f} | '
            f'{slow / fast:.1f} | {difference:.2g} |')


def stride_rows(repeats: int) -> Iterator[str]:
    """Whole clips by stride, and in half precision."""
    every = LearnedFilter(window_stride=1)
    for keypoints, dim in ((17, 2), (12, 3), (17, 3)):
        for frames in (100, 300, 1500):
            coords = walk(frames, keypoints, dim)
            for precision in ('fp32', 'bf16'):
                some = LearnedFilter(precision=precision)
                yield compare(
                    f'default {precision}, {dim}D, K {keypoints}, T {frames}, other: stride 1',
                    lambda c=coords, f=some: fresh(f, c),
                    lambda c=coords: fresh(every, c), 'frames', frames, repeats)


def people_rows(repeats: int) -> Iterator[str]:
    """The newest frame of many people, as live smoothing asks for it."""
    for people in (1, 20):
        clips = [walk(76, 17, 2, seed) for seed in range(people)]
        ours, other = LearnedFilter(), LearnedFilter()
        for learned in (ours, other):
            # Live, all windows but the newest are in the cache.
            learned.refine_many([clip[:-1] for clip in clips], FPS, [66] * people, [0] * people)

        def move(clips: list[np.ndarray] = clips) -> None:
            for clip in clips:
                clip[-1] += 1e-9            # the newest window is not in the cache

        def together(learned: LearnedFilter = ours, clips: list[np.ndarray] = clips) -> np.ndarray:
            move()
            return np.stack(learned.refine_many(
                clips, FPS, [67] * len(clips), [0] * len(clips)))[:, 67]

        def alone(learned: LearnedFilter = other, clips: list[np.ndarray] = clips) -> np.ndarray:
            move()
            return np.stack([learned.refine_many([clip], FPS, [67], [0])[0][67]
                             for clip in clips])

        yield compare(f'live, look-ahead 8, {people} people in 2D, other: one by one',
                      together, alone, 'poses', people, max(repeats, 20))


def keypoint_rows(repeats: int) -> Iterator[str]:
    """Many keypoints; the body alone must be equal."""
    learned, every = LearnedFilter(), LearnedFilter(window_stride=1)
    coords = walk(150, 133, 2)
    network = every._network_for(coords)
    assert network is not None
    flat = torch.as_tensor(coords.reshape(len(coords), -1))

    def all_together() -> np.ndarray:
        from smoothnet_plugin.models import refine_fixed_lag
        with torch.inference_mode():
            return refine_fixed_lag(network.plain.network, flat, batch_size=16).numpy()

    row = compare('default, 2D, K 133, T 150, other: all together, stride 1',
                  lambda: fresh(learned, coords).reshape(150, -1),
                  all_together, 'frames', 150, 1)
    yield row.rpartition('|')[0].rpartition('|')[0] + '| other method |'
    yield compare('the same, the body only, other: the body alone',
                  lambda: fresh(learned, coords)[:, :17],
                  lambda: fresh(learned, coords[:, :17]), 'frames', 150, repeats)
    large = walk(300, 553, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    fresh(learned, large)
    taken = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield (f'| default, 2D, K 553, T 300 | {300 / taken:,.0f} frames/s, {taken:.1f} s, peak of the '
           f'process {peak / 2**20:.2f} GiB ({before / 2**20:.2f} before) | | | |')


class PlainBlock(nn.Module):
    """SmoothNet's residual block in PyTorch's layers."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(hidden, inner), nn.Linear(inner, hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.leaky_relu(self.linear1(x), 0.2, inplace=True)
        return x + functional.leaky_relu(self.linear2(y), 0.2, inplace=True)


def smoothnet_rows(repeats: int) -> Iterator[str]:
    """SmoothNet beside one pass over all windows."""
    torch.manual_seed(0)
    network = SmoothNet(32, hidden_size=512, res_hidden_size=128, num_blocks=5).eval()
    plain = nn.ModuleDict(dict(
        encoder=nn.Sequential(nn.Linear(32, 512), nn.LeakyReLU(0.1)),
        res_blocks=nn.Sequential(*(PlainBlock(512, 128) for _ in range(5))),
        decoder=nn.Linear(512, 32)))
    plain.load_state_dict(network.state_dict())
    frames, keypoints = 1000, 17
    coords = torch.as_tensor(
        (walk(frames, keypoints, 3).reshape(frames, -1) - 500) / 100, dtype=torch.float32)

    def reference() -> np.ndarray:
        with torch.inference_mode():
            windows = coords.unfold(0, 32, 1)
            refined = plain['decoder'](plain['res_blocks'](plain['encoder'](windows)))
            total, count = torch.zeros_like(coords), torch.zeros(frames, 1)
            for offset in range(32):
                total[offset:offset + len(windows)] += refined[..., offset]
                count[offset:offset + len(windows)] += 1
            return (total / count).numpy()

    for name, net in (('fp32', network), ('bf16', in_bfloat16(network))):
        def ours(net: SmoothNet = net) -> np.ndarray:
            with torch.inference_mode():
                return refine_sequence(net, coords).numpy()

        yield compare(f'SmoothNet 512/128 x 5, W 32, {name}, other: reference', ours, reference,
                      'frames', frames, repeats)


ROWS = {'stride': stride_rows, 'people': people_rows, 'keypoints': keypoint_rows,
        'smoothnet': smoothnet_rows}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rows', nargs='+', choices=ROWS, default=list(ROWS))
    parser.add_argument('--repeats', type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print('| what | ours | other | ratio | largest difference |\n|---|---|---|---|---|')
    for name in args.rows:
        for row in ROWS[name](args.repeats):
            print(row, flush=True)


if __name__ == '__main__':
    main()
