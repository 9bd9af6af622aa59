"""Hours of live smoothing: people who come and go, and memory that stays flat.

    python tests/soak.py                              # 200,000 frames of one_euro and kalman,
                                                      # 10,000 of default in 2D and 3D
    python tests/soak.py --smoothers one_euro --frames 20000

Prints the resident memory after the first minute (1800 frames) and then ten times over the run,
and ends with status 1 if it has grown since the first minute: if the least of the last three
readings is higher by more than 2 MB and 2 %, or any one by more than 2 MB and 5 %. Single readings
vary with the number of people in the picture: the arrays of four people are given back late.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import warnings
from collections.abc import Iterator

import numpy as np

from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance

FIRST_MINUTE = 1800
FRAMES = {'one_euro': 200_000, 'kalman': 200_000, 'default': 10_000, 'default_3d': 10_000}


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


def soak(name: str, frames: int) -> bool:
    """Run one smoother; whether its memory stays flat."""
    preset = name.removesuffix('_3d')
    width = 3 if name.endswith('_3d') else 2
    smoother = build_smoother(preset, fps=30.0, representation=f'keypoints_{width}d')
    returned = 0
    readings: list[float] = []
    start = time.perf_counter()
    every = max(1, (frames - FIRST_MINUTE) // 10)
    for frame in crowd(frames, width):
        returned += len(smoother.step(frame))
        number = frame.frame_id + 1
        if number == FIRST_MINUTE or (number > FIRST_MINUTE
                                      and (number - FIRST_MINUTE) % every == 0):
            gc.collect()
            now = resident()
            readings.append(now)
            first = readings[0]
            spent = 1000 * (time.perf_counter() - start) / number
            print(f'{name}: frame {number}: {now:.1f} MB ({now - first:+.1f}), '
                  f'{spent:.2f} ms a frame', flush=True)
    returned += len(smoother.flush())
    if returned != frames:
        print(f'{name}: {frames} frames in, {returned} out')
        return False
    first, last, largest = readings[0], min(readings[-3:]), max(readings)
    flat = last <= 2 + 1.02 * first and largest <= 2 + 1.05 * first
    print(f'{name}: {frames} frames, {last - first:+.1f} MB since the first minute, '
          f'{largest - first:+.1f} MB at most: '
          f"{'flat' if flat else 'NOT FLAT'}", flush=True)
    return flat


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument('--smoothers', nargs='+', default=list(FRAMES), choices=list(FRAMES))
    parser.add_argument('--frames', type=int, help='frames of each (default: see above)')
    args = parser.parse_args()
    warnings.simplefilter('error')
    # Of importing the network's libraries.
    warnings.filterwarnings('ignore', category=DeprecationWarning)
    grown = [name for name in args.smoothers if not soak(name, args.frames or FRAMES[name])]
    return int(bool(grown))


if __name__ == '__main__':
    sys.exit(main())
