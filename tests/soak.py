"""Hours of live smoothing: people who come and go, and memory that stays flat.

    python tests/soak.py                              # 200,000 frames of one_euro and kalman,
                                                      # 10,000 of default in 2D and 3D
    python tests/soak.py --smoothers one_euro --frames 20000
    python tests/soak.py --smoothers default_four     # Four people all the time, look-ahead 8.

Prints the resident memory after the first minute (1800 frames) and then ten times over the run,
and ends with status 1 if it has grown: if the median over the last quarter of these frames is
higher than that over the second quarter by more than 2 MB and 2 %, or any reading is higher than
after the first minute by more than the cache of windows can hold (64 MB, `default` only) and 5 %.
Single readings vary with the number of people in the picture. The pages of the cache are first used
one by one, in about 2,500 calls of one to four people, and stay.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
import warnings
from collections.abc import Iterator

import numpy as np

from smoothnet_plugin.processing.compiled_steps import load
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance

FIRST_MINUTE = 1800
#: Frames between two readings, and MB that the cache of windows of `default` may hold.
READ_EVERY, CACHE = 50, 64.0
FRAMES = {'one_euro': 200_000, 'kalman': 200_000, 'default': 10_000, 'default_3d': 10_000,
          'default_four': 10_000}


def resident() -> float:
    """Resident memory of this process in MB."""
    with open('/proc/self/status') as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith('VmRSS'))


def crowd(frames: int, width: int, seed: int = 0) -> Iterator[PoseFrame]:
    """Up to four people who walk in and out; keypoints are lost, ids as well."""
    rng = np.random.default_rng(seed)
    scale = 100.0 if width == 2 else 0.5
    body = rng.normal(0, scale, (17, width))
    people: dict[int, np.ndarray] = {}
    born = 0
    for t in range(frames):
        if len(people) < 4 and rng.random() < 0.02:
            people[born] = rng.uniform(-8, 8, width) * scale
            born += 1
        for name in [name for name in people if rng.random() < 0.004]:
            del people[name]
        instances = []
        for name in people:
            people[name] = people[name] + rng.normal(0, 0.02 * scale, width)
            if rng.random() < 0.03:
                continue
            pose = people[name] + body + rng.normal(0, 0.02 * scale, body.shape)
            pose[rng.random(17) < 0.02] = np.nan
            instances.append(PoseInstance(pose, rng.uniform(0.5, 1, 17),
                                          track_id=name if rng.random() < 0.95 else None))
        yield PoseFrame(t, instances)


def four(frames: int, seed: int = 0) -> Iterator[PoseFrame]:
    """Four people who stay, in 2D: the most windows per frame."""
    rng = np.random.default_rng(seed)
    people = rng.normal(300, 80, (4, 17, 2))
    for t in range(frames):
        people = people + rng.normal(0, 1, (4, 1, 2))
        yield PoseFrame(t, [PoseInstance(pose + rng.normal(0, 2, pose.shape), track_id=i)
                            for i, pose in enumerate(people)])


def soak(name: str, frames: int) -> bool:
    """Run one smoother; whether its memory stays flat."""
    # A process that has smoothed much compiles some steps, once: 80 MB where no earlier one has.
    load()
    preset, _, kind = name.partition('_') if name.startswith('default') else (name, '', '')
    width = 3 if kind == '3d' else 2
    smoother = build_smoother(preset, fps=30.0, representation=f'keypoints_{width}d',
                              lookahead=8 if kind == 'four' else None)
    video = four(frames) if kind == 'four' else crowd(frames, width)
    returned = 0
    readings: list[tuple[int, float]] = []
    start = time.perf_counter()
    every = max(1, (frames - FIRST_MINUTE) // 10)
    for frame in video:
        returned += len(smoother.step(frame))
        number = frame.frame_id + 1
        shown = number >= FIRST_MINUTE and (number - FIRST_MINUTE) % every == 0
        if shown:
            gc.collect()
        if shown or number % READ_EVERY == 0:
            readings.append((number, resident()))
        if shown:
            first = next(size for at, size in readings if at >= FIRST_MINUTE)
            now, spent = readings[-1][1], 1000 * (time.perf_counter() - start) / number
            print(f'{name}: frame {number}: {now:.1f} MB ({now - first:+.1f}), '
                  f'{spent:.2f} ms a frame', flush=True)
    returned += len(smoother.flush())
    if returned != frames:
        print(f'{name}: {frames} frames in, {returned} out')
        return False
    flat, words = judged(readings, frames, CACHE if preset == 'default' else 0.0)
    print(f'{name}: {frames} frames, {words}', flush=True)
    return flat


def judged(readings: list[tuple[int, float]], frames: int, cache: float) -> tuple[bool, str]:
    """Whether the memory stayed flat, and the numbers.

    Args:
        readings: Frame numbers from 1, and resident memory in MB.
        frames: Frames of the run.
        cache: MB that are first used one by one, after the first minute as well.
    """
    share = [((at - FIRST_MINUTE) / (frames - FIRST_MINUTE), size) for at, size in readings]
    early = statistics.median(size for place, size in share if 0.25 <= place <= 0.5)
    late = statistics.median(size for place, size in share if place >= 0.75)
    after = [size for at, size in readings if at >= FIRST_MINUTE]
    flat = late <= 2 + 1.02 * early and max(after) <= 2 + cache + 1.05 * after[0]
    return flat, (f'{late - early:+.1f} MB from the second to the last quarter, '
                  f'{max(after) - after[0]:+.1f} MB at most since the first minute: '
                  f"{'flat' if flat else 'NOT FLAT'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument('--smoothers', nargs='+', default=list(FRAMES), choices=list(FRAMES))
    parser.add_argument('--frames', type=int, help='frames of each (default: see above)')
    args = parser.parse_args()
    if args.frames is not None and args.frames < 2 * FIRST_MINUTE:
        parser.error(f'--frames is {args.frames}; expected at least {2 * FIRST_MINUTE}, since the '
                     'first minute is not judged.')
    warnings.simplefilter('error')
    # Of importing the network's libraries.
    warnings.filterwarnings('ignore', category=DeprecationWarning)
    grown = [name for name in args.smoothers if not soak(name, args.frames or FRAMES[name])]
    return int(bool(grown))


if __name__ == '__main__':
    sys.exit(main())
