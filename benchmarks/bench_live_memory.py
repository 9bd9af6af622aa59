"""Live smoothing of many people, memory of long clips, time of many keypoints.

Live: CPU time of a frame of the process's only thread, median of the last frames, with 17 keypoints
at look-ahead 8, for one person, for ``--people`` together, and for people one by one, with a
smoother each (four of them, and as many times the time as there are people). The ways take turns
frame by frame, so that the load of the machine is the same for all of them; their results are
compared.

Memory: the peak of ``smooth()`` above what the process had before it, in copies of the input, on a
walk with noise, outliers and missing values, in a separate process. It is also measured with half
of the frames, which shows how much of it does not depend on their number: blocks, windows, and
libraries that are loaded.

Keypoints: CPU time of ``smooth()`` on 150 frames of 133 keypoints, after a first call, in a
separate process.

With ``--other``, a clone of another commit is measured in turn with this one:

    git clone . /tmp/other && git -C /tmp/other checkout COMMIT
    python benchmarks/bench_live_memory.py --other /tmp/other

    python benchmarks/bench_live_memory.py [--rows live memory keypoints] [--people 20]
        [--frames 1000000] [--presets default network ...]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from common import REPO, measured, parser_of, peak_memory, timed

sys.path.append(str(REPO))
FPS, LOOKAHEAD = 30.0, 8
#: One-Euro alone: most of its time is that of the engine.
BARE = 'OneEuroFilter alone'
#: People one by one.
FEW = 4
TOLERANCE = 1e-3
PRESETS = (BARE, 'one_euro', 'gaussian', 'kalman', 'robust', 'network', 'default')


def walk(frames: int, dims: int, number: int = 0) -> np.ndarray:
    """A noisy walk, shape (frames, 17, dims)."""
    from tests.walking import walking_person
    rng = np.random.default_rng(number)
    poses = walking_person(frames, FPS, dims, turn=0.3 + 0.1 * number, phase=0.5 * number)
    return poses + rng.normal(0, 3 if dims == 2 else 0.01, poses.shape)


def live_times(name: str, people: int, frames: int = 150, counted: int = 15) -> dict[str, float]:
    """Milliseconds of a frame, by way, and the largest difference of results."""
    import torch

    from smoothnet_plugin import build_smoother
    torch.set_num_threads(1)
    config = dict(type='OneEuroFilter') if name == BARE else name
    poses = {i: walk(frames, 2, i) for i in range(people)}
    few = list(poses)[:FEW]

    def built():
        # Causal filters wait for nothing.
        causal = 'euro' in name.lower()
        return build_smoother(config, fps=FPS, lookahead=0 if causal else LOOKAHEAD)

    one, together, alone = built(), built(), {i: built() for i in few}
    times: dict[str, list[float]] = {'one': [], 'together': [], 'one by one': []}
    difference = 0.0
    for t in range(frames):
        _, of_one = timed(lambda: one.step({0: poses[0][t]}))  # noqa: B023
        finished, of_all = timed(lambda: together.step(
            {i: pose[t] for i, pose in poses.items()}))  # noqa: B023
        others, of_few = timed(lambda: [alone[i].step({i: poses[i][t]}) for i in few])  # noqa: B023
        for way, seconds in zip(times, (of_one, of_all, of_few * people / len(few))):
            times[way].append(seconds)
        for number, frame in enumerate(finished):
            for i, instance in zip(few, frame.instances):
                other = others[i][number].instances[0]
                difference = max(difference, float(np.abs(
                    instance.keypoints - other.keypoints).max()))
    return {**{way: 1e3 * float(np.median(values[-counted:])) for way, values in times.items()},
            'difference': difference}


def memory_copies(name: str, frames: int, dims: int) -> dict[str, float]:
    """Peak of ``smooth()`` in copies of the input, and its CPU time in seconds."""
    from smoothnet_plugin import smooth
    smoother = dict(type='OneEuroFilter') if name == BARE else name
    smooth(walk(400, dims), smoother, fps=FPS)
    coords = walk(frames, dims)
    rng = np.random.default_rng(1)
    coords[50::150, 3] += 0.8 if dims == 3 else 200
    coords[rng.random(coords.shape[:2]) < 0.02] = np.nan
    before = peak_memory(reset=True)
    _, seconds = timed(lambda: smooth(coords, smoother, fps=FPS))
    return {'copies': (peak_memory() - before) / coords.nbytes, 'seconds': seconds}


def keypoint_times(name: str, keypoints: int, frames: int = 150) -> dict[str, float]:
    """Frames per second of ``smooth()`` on points that swing about a moving middle."""
    import torch

    from smoothnet_plugin import smooth
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    seconds = np.arange(frames)[:, None, None] / FPS
    coords = 500 + rng.normal(0, 60, (1, keypoints, 2)) + rng.uniform(
        5, 40, (1, keypoints, 2)) * np.sin(2 * np.pi * (0.8 * seconds + rng.random(
            (1, keypoints, 2)))) + rng.normal(0, 3, (frames, keypoints, 2))
    smooth(coords[:70, :17], name, fps=FPS)
    _, taken = timed(lambda: smooth(coords, name, fps=FPS))
    return {'frames': frames / taken}


def live_rows(repos: dict[str, Path], args: argparse.Namespace) -> Iterator[str]:
    """Live smoothing, by preset and package."""
    people = args.people
    yield (f'| live | package | one person, ms | {people} people, ms | ratio | one by one, ms | '
           'one by one / together | largest difference |')
    yield '|---|---|---|---|---|---|---|---|'
    for name in args.presets:
        for title, repo in repos.items():
            row = measured(__file__, 'live', name, str(people), repo=repo)
            yield (f"| {name} | {title} | {row['one']:.3f} | {row['together']:.2f} | "
                   f"{row['together'] / row['one']:.1f} | {row['one by one']:.2f} | "
                   f"{row['one by one'] / row['together']:.1f} | {row['difference']:.1g} px |")
            if not row['difference'] <= TOLERANCE:
                sys.exit(f'FAILED: people together and one by one differ by more than '
                         f'{TOLERANCE} px.')


def memory_rows(repos: dict[str, Path], args: argparse.Namespace) -> Iterator[str]:
    """Memory of whole clips, by preset and package."""
    yield (f'| `smooth()`, {args.frames} frames | package | copies of the input | without what is '
           'constant | constant, MiB | CPU time |')
    yield '|---|---|---|---|---|---|'
    for name in args.presets:
        for dims in (2, 3):
            for title, repo in repos.items():
                half, whole = (measured(__file__, f'memory_{dims}d', name, str(frames), repo=repo)
                               for frames in (args.frames // 2, args.frames))
                constant = half['copies'] - whole['copies']
                size = args.frames * 17 * dims * 8 / 2**20
                yield (f"| {name}, {dims}D | {title} | {whole['copies']:.1f} | "
                       f"{whole['copies'] - constant:.1f} | {constant * size:.0f} | "
                       f"{whole['seconds']:.1f} s |")


def keypoint_rows(repos: dict[str, Path], args: argparse.Namespace) -> Iterator[str]:
    """Many keypoints, by preset and package. The networks differ between versions."""
    yield f'| 133 keypoints in 2D | {" | ".join(f"{title}, frames/s" for title in repos)} | ratio |'
    yield '|---|' + '---|' * len(repos) + '---|'
    for name in args.presets:
        # By turns, twice: the faster run of each counts.
        found = [[measured(__file__, 'keypoints', name, '133', repo=repo)['frames']
                  for repo in repos.values()] for _ in range(2)]
        best = np.max(found, axis=0)
        yield f'| {name} | {" | ".join(f"{one:.0f}" for one in best)} | {best[0] / best[-1]:.1f} |'


ROWS = {'live': live_rows, 'memory': memory_rows, 'keypoints': keypoint_rows}
MEASURES = {'live': live_times, 'memory_2d': partial(memory_copies, dims=2),
            'memory_3d': partial(memory_copies, dims=3), 'keypoints': keypoint_times}


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--rows', nargs='+', choices=ROWS, default=['live', 'memory'])
    parser.add_argument('--people', type=int, default=20)
    parser.add_argument('--frames', type=int, default=1_000_000)
    parser.add_argument('--presets', nargs='+', default=list(PRESETS))
    parser.add_argument('--other', type=Path, help='a clone of another commit')
    parser.add_argument('--measure', nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        kind, name, number = args.measure
        print(json.dumps(MEASURES[kind](name, int(number))))
        return
    repos = {'this': REPO, **({'other': args.other} if args.other else {})}
    for name in args.rows:
        for row in ROWS[name](repos, args):
            print(row, flush=True)


if __name__ == '__main__':
    main()
