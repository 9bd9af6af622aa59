"""Speed of the networks on a CUDA card, compared with its limit and the CPU's results.

Measures, in one run of a few minutes:

- the card's limit: products of large matrices in fp32, tf32 and bf16, and copying;
- whole clips and live video through the package (``LearnedFilter`` of ``build_smoother``);
- the networks alone, batched over people as a live video needs it, and with many windows;
- a training step of the default network, as its recipe has it.

Results of the same input on the CPU must agree (the tolerances are below), or the run fails. Prints
a Markdown table, and writes ``bench_gpu.json`` into the folder ``$OUT`` if that is set.

    python benchmarks/bench_gpu.py                        # on a machine with CUDA
    python benchmarks/bench_gpu.py --device cpu --quick   # tries the script itself, small sizes
"""

from __future__ import annotations

import copy
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from common import parser_of
from mmengine.config import Config
from torch.utils.flop_counter import FlopCounterMode

from smoothnet_plugin.models import SmoothNet
from smoothnet_plugin.registry import MODELS, SCOPE
from smoothnet_plugin.smoothers import build_smoother

REPO = Path(__file__).resolve().parent.parent
RECIPE = REPO / 'configs' / 'default' / 'trajectory-transformer-pairs_w64_1xb12-5e_uiprmd-cmu_2d.py'
KEYPOINTS, FPS, LOOKAHEAD = 17, 30.0, 8
#: Largest allowed difference from the CPU in fp32, and in tf32 and bf16, whose numbers have 10 and
#: 7 bits: root mean square over the spread of the expected values, or share of the loss (training).
TOLERANCES = {'fp32': 1e-4, 'tf32': 5e-3, 'bf16': 3e-2}


class Sizes(NamedTuple):
    """How much is measured."""

    matrix: int
    frames: int
    people: tuple[int, ...]
    live_frames: int
    windows: int
    batch: int
    repeats: int


FULL = Sizes(8192, 3000, (1, 20, 100), 60, 16384, 12, 5)
QUICK = Sizes(256, 150, (1, 3), 12, 64, 2, 2)


class Row(NamedTuple):
    """A line of the table; NaN where nothing was counted."""

    what: str
    precision: str
    milliseconds: float
    rate: str
    teraflops: float
    difference: float


class Bench:
    """Measures on one device and collects the lines.

    Args:
        device: Where to measure.
        sizes: How much.
    """

    def __init__(self, device: torch.device, sizes: Sizes) -> None:
        self.device, self.sizes = device, sizes
        self.rows: list[Row] = []
        self.limits: dict[str, float] = {}
        self.faults: list[str] = []
        self.precisions = ['fp32', 'tf32', 'bf16'] if device.type == 'cuda' else ['fp32', 'bf16']

    def seconds(self, function: Callable[[int], Any]) -> float:
        """Median over the repeats, after one call to warm up; calls are numbered."""
        function(0)
        self.wait()
        times = []
        for number in range(1, self.sizes.repeats + 1):
            start = time.perf_counter()
            function(number)
            self.wait()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    def wait(self) -> None:
        """Wait until the device has finished."""
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)

    def add(self, what: str, precision: str, seconds: float, rate: str, flops: float = float('nan'),
            difference: float = float('nan')) -> None:
        """Add a line; a result that differs from the CPU's by too much fails the run at its end."""
        row = Row(what, precision, 1e3 * seconds, rate, flops / seconds / 1e12, difference)
        self.rows.append(row)
        print(table_line(row, self.limits), flush=True)
        if not (np.isnan(difference) or difference <= TOLERANCES[precision]):
            self.faults.append(f'{what} in {precision} differs from the CPU by {difference:.2e}; '
                               f'at most {TOLERANCES[precision]} is allowed.')


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--quick', action='store_true', help='small sizes, to try the script')
    args = parser.parse_args()
    device = torch.device(args.device)
    if device.type == 'cuda' and not torch.cuda.is_available():
        raise SystemExit(
            f'No CUDA device: torch {torch.__version__} sees none here, so nothing was measured. '
            'Run this on a machine with an NVIDIA GPU and a CUDA build of torch, or try the script '
            'itself with --device cpu --quick.')
    start = time.perf_counter()
    torch.manual_seed(0)
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2) if device.type == 'cuda' else 1)
    bench = Bench(device, QUICK if args.quick else FULL)
    print(f'# {name_of(device)}, torch {torch.__version__}{", quick" if args.quick else ""}\n')
    print(HEAD)
    measure_limits(bench)
    measure_package(bench)
    measure_networks(bench)
    measure_training(bench)
    verdict = '\n'.join(['FAILED:', *bench.faults]) if bench.faults else (
        'All results agree with the CPU.')
    print(f'\n{verdict} {time.perf_counter() - start:.0f} s.')
    if os.environ.get('OUT'):
        path = Path(os.environ['OUT']) / 'bench_gpu.json'
        path.write_text(json.dumps({
            'device': name_of(device), 'torch': torch.__version__, 'quick': args.quick,
            'limits_teraflops': bench.limits, 'tolerances': TOLERANCES, 'faults': bench.faults,
            'rows': [{key: None if value != value else value
                      for key, value in row._asdict().items()} for row in bench.rows]}, indent=1))
    if bench.faults:
        raise SystemExit(1)


def measure_limits(bench: Bench) -> None:
    """Products of square matrices, and copies."""
    size = bench.sizes.matrix
    for precision in bench.precisions:
        dtype = torch.bfloat16 if precision == 'bf16' else torch.float32
        a, b = (torch.randn(size, size, device=bench.device, dtype=dtype) for _ in range(2))
        with precision_of(precision, bench.device, cast=False):
            seconds = bench.seconds(lambda _: a @ b)  # noqa: B023
        bench.limits[precision] = 2 * size ** 3 / seconds / 1e12
        bench.add(f'limit: {size} x {size} matrices', precision, seconds, '', 2 * size ** 3)
    values = torch.empty(size, size, 4, device=bench.device)
    seconds = bench.seconds(lambda _: values.clone())
    bench.add('limit: copy', 'fp32', seconds, f'{8 * values.numel() / seconds / 1e9:.0f} GB/s')


def measure_package(bench: Bench) -> None:
    """Whole clips and live video, as users run them, with the weights of the package."""
    entry = {'type': 'LearnedFilter', 'device': str(bench.device)}
    frames = bench.sizes.frames
    for width in (2, 3):
        ours, cpu = (build_smoother([dict(entry, device=place)], fps=FPS)
                     for place in (str(bench.device), 'cpu'))
        filters = ours.filters[0], cpu.filters[0]
        # Another clip every time, since windows that were refined before are remembered.
        clips = [walk(frames, 1, width, seed)[0] for seed in range(bench.sizes.repeats + 1)]
        seconds = bench.seconds(lambda number: filters[0].filter(  # noqa: B023
            clips[number], fps=FPS))  # noqa: B023
        part = walk(150, 1, width, 99)[0]
        difference = relative(*(entry.filter(part, fps=FPS) for entry in filters))
        bench.add(f'whole clip, {frames} frames, {width}D', 'fp32', seconds,
                  f'{frames / seconds:.0f} frames/s', difference=difference)
    for people in bench.sizes.people:
        count = bench.sizes.live_frames if people < 50 else bench.sizes.live_frames // 3
        poses = walk(70 + count, people, 2, 7)
        smoother = build_smoother([entry], fps=FPS, lookahead=LOOKAHEAD)
        times, finished = [], []
        for number in range(len(poses[0])):
            start = time.perf_counter()
            finished += smoother.step({key: poses[key][number] for key in range(people)})
            times.append(time.perf_counter() - start)
        reference = build_smoother([dict(entry, device='cpu')], fps=FPS, lookahead=LOOKAHEAD)
        expected = [frame for number in range(75) for frame in reference.step(
            {0: poses[0][number]})] if len(poses[0]) >= 75 else []
        difference = max((relative(ours.instances[0].keypoints, theirs.instances[0].keypoints)
                          for ours, theirs in zip(finished, expected)), default=float('nan'))
        seconds = statistics.median(times[70:])
        bench.add(f'live, {people} people, look-ahead {LOOKAHEAD}', 'fp32', seconds,
                  f'{1e3 * seconds / people:.2f} ms a person', difference=difference)


def measure_networks(bench: Bench) -> None:
    """Windows through the networks alone."""
    torch.manual_seed(1)
    transformer = MODELS.build({'_scope_': SCOPE, **recipe().model.network.to_dict()})
    smoothnet = SmoothNet(32, hidden_size=512, res_hidden_size=128, num_blocks=5)
    stir(transformer)
    few = bench.sizes.people[-1]
    many = max(1, bench.sizes.windows // 16)
    cases = [(f'TrajectoryTransformer, {count} windows of {KEYPOINTS} x 2', transformer, count,
              KEYPOINTS * transformer.dim) for count in (few, many)]
    cases.append((f'SmoothNet 512/128x5, {bench.sizes.windows} windows of {KEYPOINTS} x 3',
                  smoothnet, bench.sizes.windows, KEYPOINTS * 3))
    for what, network, count, channels in cases:
        network = network.eval().requires_grad_(False)
        x = torch.randn(count, channels, network.window_size).cumsum(dim=-1) / 10
        part = x[:min(count, 32)]
        expected = network.forward_window(part)
        moved, on_device = copy.deepcopy(network).to(bench.device), x.to(bench.device)
        flops = count_flops(lambda: network.forward_window(part)) * count / len(part)  # noqa: B023
        for precision in bench.precisions:
            with torch.inference_mode(), precision_of(precision, bench.device):
                result = moved.forward_window(on_device[:len(part)])
                seconds = bench.seconds(lambda _: moved.forward_window(on_device))  # noqa: B023
            bench.add(what, precision, seconds, f'{count / seconds:.0f} windows/s', flops,
                      relative(result.float().cpu().numpy(), expected.numpy()))


def measure_training(bench: Bench) -> None:
    """Forward, backward and update of a batch of the default network's recipe."""
    cfg = recipe()
    segment = cfg.model.network.window_size + 16
    torch.manual_seed(2)
    poses = torch.as_tensor(np.stack(walk(segment, bench.sizes.batch, 2, 3)), dtype=torch.float32)
    batch = {'inputs': poses + 3 * torch.randn_like(poses), 'target': poses}
    losses: dict[str, float] = {}
    for precision in ('cpu', *bench.precisions):
        device = torch.device('cpu') if precision == 'cpu' else bench.device
        torch.manual_seed(4)
        # Random subsets of joints and held frames would make steps differ in their work.
        model = MODELS.build({'_scope_': SCOPE, **cfg.model.to_dict(), 'subset_share': 0.0,
                              'held_share': 0.0, 'bfloat16': precision == 'bf16'})
        stir(model)
        model = model.to(device)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        data = {name: value.to(device) for name, value in batch.items()}

        def step(_: int = 0) -> float:
            optimizer.zero_grad(set_to_none=True)  # noqa: B023
            parts = model(**data, mode='loss')  # noqa: B023
            total = torch.stack([value for name, value in parts.items()
                                 if name.startswith('loss')]).sum()
            total.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # noqa: B023
            optimizer.step()  # noqa: B023
            return float(total.detach())

        with precision_of(precision, device, cast=False):
            if precision == 'cpu':
                flops = count_flops(step)
                losses['cpu'] = step()
                continue
            step()
            losses[precision] = step()
            seconds = bench.seconds(step)
        difference = abs(losses[precision] - losses['cpu']) / losses['cpu']
        bench.add(f'training step, {bench.sizes.batch} segments of {segment} frames', precision,
                  seconds, f'{1 / seconds:.1f} steps/s', flops, difference)


def stir(network: torch.nn.Module) -> None:
    """Make every layer count: an untrained network begins as a plain filter."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))


def recipe() -> Config:
    """The recipe of the 2D default network."""
    return Config.fromfile(RECIPE)


def walk(frames: int, people: int, width: int, seed: int) -> list[np.ndarray]:
    """People who walk, with jitter, in pixels or metres; float64, shape (frames, K, width) each."""
    rng = np.random.default_rng(seed)
    unit = 100.0 if width == 2 else 0.4
    clips = []
    for _ in range(people):
        body = unit * rng.normal(size=(1, KEYPOINTS, width))
        phase = 2 * np.pi * (np.arange(frames)[:, None, None] / FPS + rng.random((1, KEYPOINTS, 1)))
        path = unit * 0.02 * rng.normal(size=(frames, 1, width)).cumsum(axis=0)
        clips.append(body * (1 + 0.2 * np.sin(phase)) + path
                     + unit * 0.03 * rng.normal(size=(frames, KEYPOINTS, width)))
    return clips


def relative(values: np.ndarray, expected: np.ndarray) -> float:
    """Root mean square of the difference, as a share of the spread of what is expected.

    The infinity of a result that is not finite is no agreement.
    """
    difference = np.sqrt(np.mean((values - expected) ** 2)) / expected.std()
    return float(difference) if np.isfinite(difference) else float('inf')


def count_flops(function: Callable[[], Any]) -> float:
    """Floating point operations of matrix products that a call does."""
    with FlopCounterMode(display=False) as counter:
        function()
    return float(counter.get_total_flops())


@contextmanager
def precision_of(precision: str, device: torch.device, cast: bool = True) -> Iterator[None]:
    """Compute in a precision; ``cast=False`` leaves bf16 to the caller."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision == 'tf32'
    torch.backends.cudnn.allow_tf32 = precision == 'tf32'
    try:
        with torch.autocast(device.type, torch.bfloat16) if cast and precision == 'bf16' else (
                nullcontext()):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def name_of(device: torch.device) -> str:
    """The card, or the processor."""
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'CPU ({platform.machine()}, {torch.get_num_threads()} thread)'


HEAD = ('| what | precision | ms | rate | TFLOP/s | of the limit | difference from the CPU |\n'
        '|---|---|---|---|---|---|---|')


def table_line(row: Row, limits: dict[str, float]) -> str:
    """A line of the Markdown table."""
    def cell(value: float, form: str) -> str:
        return '' if value != value else format(value, form)

    share = row.teraflops / limits.get(row.precision, float('nan'))
    return (f'| {row.what} | {row.precision} | {row.milliseconds:.3f} | {row.rate} '
            f"| {cell(row.teraflops, '.3f')} | {cell(share, '.0%')} "
            f"| {cell(row.difference, '.1e')} |")


if __name__ == '__main__':
    main()
