"""Speed of the learned filters, each compared with another way of computing the same.

Every row is one run: both ways on the same input, in turn, best of ``--repeats`` by the process's
CPU time, with one thread; and how far their results lie apart, in the unit of the input (3 units
of white jitter on swings of 5 to 40; the accuracy by stride is in configs/default/README.md). The
other ways are

- ``stride 1``: the same engine with every window;
- ``one by one``: one call of the filter per person;
- ``all together``: attention over all keypoints at once, every window, float32;
- ``reference``: all windows of a sequence in one pass through PyTorch's layers, as SmoothNet's
  own evaluation does it;
- ``torch``: the same filter with ``backend='torch'``.

With ``--weights`` and ``--data`` the last rows show the accuracy of each backend and precision.

    python benchmarks/bench_networks.py [--rows stride people keypoints smoothnet backends]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from common import least_time, parser_of, peak_memory, timed
from torch import nn
from torch.nn import functional

from smoothnet_plugin.filters import LearnedFilter, SmoothNetFilter
from smoothnet_plugin.models import Engine, SmoothNet, refine_sequence, start
from smoothnet_plugin.models.window_inference import WindowModule

Way = Callable[[], np.ndarray]
FPS = 30.0
#: Difference in pixels that rounding explains.
EQUAL = 1e-3


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
    network.cache.clear()
    return learned.filter(coords, fps=FPS, origin=0)


def compare(name: str, ours: Way, other: Way, unit: str, amount: int, repeats: int,
            limit: float = np.inf) -> str:
    """A row of the table; ends the script where the results differ by more than the limit."""
    difference = np.abs(ours() - other()).max()
    fast, slow = least_time(ours, repeats), least_time(other, repeats)
    row = (f'| {name} | {amount / fast:,.0f} {unit}/s | {amount / slow:,.0f} | '
           f'{slow / fast:.1f} | {difference:.2g} |')
    if not difference <= limit:
        raise SystemExit(f'{row}\nFAILED: the two ways differ by more than {limit:g}.')
    return row


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
    """The newest frame of many people, as in live smoothing."""
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
                      together, alone, 'poses', people, max(repeats, 20), EQUAL)


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
            return refine_fixed_lag(network.module.network, flat, batch_size=16).numpy()

    row = compare('default, 2D, K 133, T 150, other: all together, stride 1',
                  lambda: fresh(learned, coords).reshape(150, -1),
                  all_together, 'frames', 150, 1)
    yield row.rpartition('|')[0].rpartition('|')[0] + '| other method |'
    yield compare('the same, the body only, other: the body alone',
                  lambda: fresh(learned, coords)[:, :17],
                  lambda: fresh(learned, coords[:, :17]), 'frames', 150, repeats, EQUAL)
    large = walk(300, 553, 2)
    before = peak_memory()
    _, taken = timed(lambda: fresh(learned, large))
    peak = peak_memory()
    yield (f'| default, 2D, K 553, T 300 | {300 / taken:,.0f} frames/s, {taken:.1f} s, peak of the '
           f'process {peak / 2**30:.2f} GiB ({before / 2**30:.2f} before) | | | |')


class PlainBlock(nn.Module):
    """SmoothNet's residual block in PyTorch's layers."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(hidden, inner), nn.Linear(inner, hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.leaky_relu(self.linear1(x), 0.2, inplace=True)
        return x + functional.leaky_relu(self.linear2(y), 0.2, inplace=True)


def smoothnet_rows(repeats: int, frames: int = 1000) -> Iterator[str]:
    """SmoothNet compared with one pass over all windows."""
    torch.manual_seed(0)
    network = SmoothNet(32, hidden_size=512, res_hidden_size=128, num_blocks=5).eval()
    plain = nn.ModuleDict(dict(
        encoder=nn.Sequential(nn.Linear(32, 512), nn.LeakyReLU(0.1)),
        res_blocks=nn.Sequential(*(PlainBlock(512, 128) for _ in range(5))),
        decoder=nn.Linear(512, 32)))
    plain.load_state_dict(network.state_dict())
    coords = torch.as_tensor(
        (walk(frames, 17, 3).reshape(frames, -1) - 500) / 100, dtype=torch.float32)

    def reference() -> np.ndarray:
        with torch.inference_mode():
            windows = coords.unfold(0, 32, 1)
            refined = plain['decoder'](plain['res_blocks'](plain['encoder'](windows)))
            total, count = torch.zeros_like(coords), torch.zeros(frames, 1)
            for offset in range(32):
                total[offset:offset + len(windows)] += refined[..., offset]
                count[offset:offset + len(windows)] += 1
            return (total / count).numpy()

    for engine in installed():
        module = start(network, [engine]).module

        def ours(module: WindowModule = module) -> np.ndarray:
            with torch.inference_mode():
                return refine_sequence(module, coords).numpy()

        yield compare(f'SmoothNet 512/128 x 5, W 32, {engine.backend} {engine.precision}, other: '
                      'reference', ours, reference, 'frames', frames, repeats,
                      0.02 if engine.precision == 'bf16' else 1e-5)


def installed() -> list[Engine]:
    """The backends that are installed, with each precision that they have."""
    known = [Engine('torch', 'fp32'), Engine('torch', 'bf16'), Engine('onnxruntime', 'fp32'),
             Engine('openvino', 'fp32'), Engine('openvino', 'bf16')]
    return [engine for engine in known if find_spec(engine.backend) is not None]


def backend_rows(repeats: int) -> Iterator[str]:
    """The default network by backend: whole clips, and the newest frame of one person."""
    other = LearnedFilter()
    for engine in installed()[1:]:
        chosen: dict[str, Any] = engine._asdict()
        learned = LearnedFilter(**chosen)
        name = f'{engine.backend} {engine.precision}'
        limit = 1.0 if engine.precision == 'bf16' else EQUAL
        coords = walk(1500, 17, 2)
        yield compare(f'default, 2D, K 17, T 1500, {name}, other: torch fp32',
                      lambda f=learned, c=coords: fresh(f, c),
                      lambda c=coords: fresh(other, c), 'frames', 1500, repeats, limit)
        clip = walk(76, 17, 2)

        def newest(learned: LearnedFilter, clip: np.ndarray = clip) -> np.ndarray:
            clip[-1] += 1e-9            # the newest window is not in the cache
            return learned.refine_many([clip], FPS, [67], [0])[0][67]

        yield compare(f'the same, live, look-ahead 8, one person, {name}, other: torch fp32',
                      lambda f=learned: newest(f), lambda: newest(other), 'poses', 1,
                      max(repeats, 20), limit)


def accuracy_rows(weights: str, data: str) -> Iterator[str]:
    """Errors of a SmoothNet by backend and precision, on clips with ground truth."""
    with np.load(data) as file:
        estimate, truth, lengths = (file[name].astype(np.float64) for name in (
            'estimate', 'ground_truth', 'lengths'))
    first: tuple[float, float] | None = None
    for engine in installed():
        smoother = SmoothNetFilter(weights, normalize='none', backend=engine.backend,
                                   precision=engine.precision)
        smoother.normalize = 'bbox'     # windows are centred, and the size stays
        errors, jerks, start = [], [], 0
        for length in lengths.astype(int):
            clip = slice(start, start + length)
            error = smoother.filter(estimate[clip], fps=FPS) - truth[clip]
            errors.append(np.linalg.norm(error, axis=-1).ravel())
            jerks.append(np.linalg.norm(np.diff(error, 2, axis=0), axis=-1).ravel())
            start += length
        found = (float(np.concatenate(errors).mean()), float(np.concatenate(jerks).mean()))
        first = first or found
        change, roughness = (100 * (new / old - 1) for new, old in zip(found, first))
        yield (f'| {engine.backend} {engine.precision}: MPJPE {1e3 * found[0]:.3f} mm '
               f'({change:+.3f} %), acceleration error {1e3 * found[1]:.3f} ({roughness:+.2f} %) '
               '| | | | |')


ROWS: dict[str, Callable[..., Iterator[str]]] = {
    'stride': stride_rows, 'people': people_rows, 'keypoints': keypoint_rows,
    'smoothnet': smoothnet_rows, 'backends': backend_rows}


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--rows', nargs='+', choices=ROWS, default=list(ROWS))
    parser.add_argument('--frames', type=int, default=1000, help='of the rows of SmoothNet')
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--weights', help='weights of a SmoothNet, for its accuracy')
    parser.add_argument('--data', help='npz file of clips with ground truth, docs/datasets.md')
    args = parser.parse_args()
    torch.set_num_threads(1)
    print('| what | ours | other | ratio | largest difference |\n|---|---|---|---|---|')
    for name in args.rows:
        sizes = (args.frames,) if name == 'smoothnet' else ()
        for row in ROWS[name](args.repeats, *sizes):
            print(row, flush=True)
    if args.weights and args.data:
        for row in accuracy_rows(args.weights, args.data):
            print(row, flush=True)


if __name__ == '__main__':
    main()
