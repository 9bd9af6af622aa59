"""Time of the classical filters compared with named other ways, in one run.

Both ways filter the same jittery walk, in turn, best of ``--repeats`` by the process's CPU time of
one thread. Their results must agree, or the benchmark fails: everywhere where the other way treats
the ends of a clip as these filters do, else away from the ends. A way that takes seconds for a
short clip is timed on ``--slow-frames`` frames, and the ratio is that of the times per frame.

    python benchmarks/bench_filters.py [--frames 100 1000 10000 100000 1000000] [--keypoints 17]

``numba`` and ``loop`` are the same filter with the extra ``fast`` and without it. The last table
gives the time of each smoother with 20 % of the values missing, over its time without gaps.
"""

from __future__ import annotations

import os

os.environ.setdefault('OMP_NUM_THREADS', '1')  # read when NumPy's libraries are loaded

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from common import least_time, parser_of
from scipy import ndimage, signal, sparse
from scipy.sparse.linalg import spsolve

from smoothnet_plugin.filters import (
    BaseFilter,
    ButterworthFilter,
    GaussianFilter,
    HampelFilter,
    KalmanFilter,
    MedianFilter,
    OneEuroFilter,
    RobustFilter,
    SavgolFilter,
    WhittakerFilter,
    _compiled,
)

FPS = 30.0
CUTOFF = 4.0
#: Frames next to an end, where other packages continue a clip in other ways.
MARGIN = 40
#: Largest difference of two ways, over the size of the values.
TOLERANCE = 1e-7

Way = Callable[[np.ndarray], np.ndarray]
#: CPU time of slow ways, by name and frames.
_slow: dict[tuple[str, int], float] = {}


class Row(NamedTuple):
    """A filter and another way.

    Attributes:
        name: The filter.
        entry: It.
        other_name: The other way.
        other: It, from and to shape (T, channels).
        slow: Whether it is timed on a short clip.
        ends: Whether the results agree at the ends, too.
        compiled: Whether the filter runs compiled; None where it has no recursion.
    """

    name: str
    entry: BaseFilter
    other_name: str
    other: Way
    slow: bool = False
    ends: bool = True
    compiled: bool | None = None


def walk(frames: int, keypoints: int, dim: int = 3) -> np.ndarray:
    """Slow swings of a body's size with jitter, shape (frames, keypoints, dim)."""
    rng = np.random.default_rng(0)
    seconds = np.arange(frames)[:, None, None] / FPS
    swing = 30 * np.sin(2 * np.pi * (0.8 * seconds + rng.random((1, keypoints, dim))))
    return 100 + swing + rng.normal(0, 3, (frames, keypoints, dim))


def by_channel(one: Callable[[np.ndarray], np.ndarray]) -> Way:
    """A way for single channels, for all of them."""
    return lambda flat: np.stack([one(channel) for channel in flat.T], axis=1)


def rows() -> Iterator[Row]:
    """All filters for which another way is installed."""
    euro, kalman = OneEuroFilter(), KalmanFilter(CUTOFF)
    gaussian, savgol = GaussianFilter(sigma=2.0), SavgolFilter(window_size=11, polyorder=2)
    both = (True, False) if _compiled.load() is not None else (False,)
    if len(both) == 2:
        for name, entry in (('One-Euro', euro), ('One-Euro, zero phase',
                                                 OneEuroFilter(zero_phase=True)),
                            ('Kalman, causal', KalmanFilter(CUTOFF, causal=True)),
                            ('Kalman smoother', kalman)):
            yield Row(name, entry, 'loop', looped(entry), compiled=True)
    for compiled in both:
        yield from one_euro_rows(euro, compiled)
        yield from kalman_rows(kalman, compiled)
    yield Row('Gaussian', gaussian, 'SciPy gaussian_filter1d',
              lambda x: ndimage.gaussian_filter1d(x, 2.0, axis=0), ends=False)
    yield Row('Savitzky-Golay', savgol, 'SciPy savgol_filter',
              lambda x: np.asarray(signal.savgol_filter(x, 11, 2, axis=0)), ends=False)
    sections = signal.butter(2, CUTOFF / (FPS / 2), output='sos')
    yield Row('Butterworth', ButterworthFilter(CUTOFF, order=2), 'SciPy sosfiltfilt',
              lambda x: np.asarray(signal.sosfiltfilt(sections, x, axis=0)), ends=False)
    yield Row('median', MedianFilter(window_size=5), 'SciPy median_filter',
              lambda x: ndimage.median_filter(x, (5, 1)), ends=False)
    yield Row('Whittaker', WhittakerFilter(CUTOFF), 'SciPy spsolve', whittaker)


def looped(entry: BaseFilter) -> Way:
    """A filter without Numba."""
    def run(flat: np.ndarray) -> np.ndarray:
        with_numba(False)
        return entry.filter(flat[:, :, None], fps=FPS)[:, :, 0]
    return run


def with_numba(used: bool) -> None:
    """Switch the compiled recursions on or off."""
    _compiled.WORTH_LOADING = 0 if used else 1 << 62


def one_euro_rows(entry: OneEuroFilter, compiled: bool) -> Iterator[Row]:
    """Compared with the authors' package."""
    try:
        from OneEuroFilter import OneEuroFilter as Public
    except ImportError:
        return

    def public(channel: np.ndarray) -> np.ndarray:
        smoother = Public(freq=FPS, mincutoff=entry.min_cutoff, beta=entry.beta, dcutoff=1.0)
        return np.array([smoother(value) for value in channel])

    yield Row('One-Euro', entry, 'OneEuroFilter package', by_channel(public), slow=True,
              compiled=compiled)


def kalman_rows(entry: KalmanFilter, compiled: bool) -> Iterator[Row]:
    """Compared with pykalman and FilterPy."""
    motion = entry.motion(FPS)
    measured = np.eye(2)[:1]
    start = motion.transition @ motion.prior @ motion.transition.T + motion.noise

    def pykalman_way(channel: np.ndarray) -> np.ndarray:
        model = PublicKalman(
            transition_matrices=motion.transition, transition_covariance=motion.noise,
            observation_matrices=measured, observation_covariance=np.eye(1),
            initial_state_mean=np.array([channel[0], 0.0]), initial_state_covariance=start)
        return model.smooth(channel[:, None])[0][:, 0]

    def filterpy_way(channel: np.ndarray) -> np.ndarray:
        model = FilterPyKalman(dim_x=2, dim_z=1)
        model.F, model.Q, model.H, model.R = motion.transition, motion.noise, measured, np.eye(1)
        model.x, model.P = np.array([[channel[0]], [0.0]]), motion.prior
        means, covs, _, _ = model.batch_filter(channel[:, None, None])
        return model.rts_smoother(means, covs)[0][:, 0, 0]

    try:
        from pykalman import KalmanFilter as PublicKalman
        yield Row('Kalman smoother', entry, 'pykalman', by_channel(pykalman_way), slow=True,
                  compiled=compiled)
    except ImportError:
        pass
    try:
        from filterpy.kalman import KalmanFilter as FilterPyKalman
        yield Row('Kalman smoother', entry, 'FilterPy', by_channel(filterpy_way), slow=True,
                  compiled=compiled)
    except ImportError:
        pass


def whittaker(flat: np.ndarray) -> np.ndarray:
    """The same equations, solved by SciPy's sparse solver."""
    penalty = (2 * np.sin(np.pi * CUTOFF / FPS))**-4
    diagonals: Any = [0, 1, 2]
    bend: Any = sparse.diags([1.0, -2.0, 1.0], diagonals, (len(flat) - 2, len(flat)))
    system: Any = sparse.eye(len(flat)) + penalty * (bend.T @ bend)
    return np.asarray(spsolve(system.tocsc(), flat))


def compare(row: Row, frames: int, keypoints: int, slow_frames: int, repeats: int) -> str:
    """A row of the table.

    Raises:
        SystemExit: The results differ.
    """
    coords = walk(frames, keypoints)
    short = coords[:slow_frames] if row.slow else coords
    flat = short.reshape(len(short), -1)

    def ours(values: np.ndarray) -> np.ndarray:
        with_numba(bool(row.compiled))
        return row.entry.filter(values, fps=FPS)

    inner = slice(None) if row.ends else slice(MARGIN, -MARGIN)
    difference = np.abs(ours(short).reshape(flat.shape)[inner] - row.other(flat)[inner])
    worst = float(difference.max(initial=0.0) / np.abs(flat).max())
    taken = least_time(lambda: ours(coords), repeats)
    if not row.slow:
        others = least_time(lambda: row.other(flat), repeats)
    else:
        key = row.other_name, len(short)
        if key not in _slow:
            _slow[key] = least_time(lambda: row.other(flat), 1)
        others = _slow[key] * frames / len(short)
    mode = {None: '', True: ', numba', False: ', loop'}[row.compiled]
    line = (f'| {row.name}{mode} | {row.other_name} | {frames} | {1e3 * taken:.3g} | '
            f'{1e3 * others:.3g} | {others / taken:.3g} | {worst:.1e} |')
    if not worst <= TOLERANCE:
        raise SystemExit(f'{line}\nFAILED: the two ways differ by more than {TOLERANCE}.')
    return line


def missing_rows(frames: int, keypoints: int, repeats: int) -> Iterator[str]:
    """Times with 20 % of the values missing, over those without gaps, of filters and presets."""
    from smoothnet_plugin.smoothers import PoseSmoother, build_smoother
    from smoothnet_plugin.structures import PoseTracks
    rng = np.random.default_rng(1)
    coords = walk(frames, keypoints)
    scattered, whole = coords.copy(), coords.copy()
    scattered[rng.random(coords.shape[:2]) < 0.2] = np.nan
    whole[rng.random(frames) < 0.2] = np.nan
    with_numba(_compiled.load() is not None)
    for entry in (OneEuroFilter(), OneEuroFilter(zero_phase=True), KalmanFilter(CUTOFF),
                  GaussianFilter(CUTOFF), SavgolFilter(), ButterworthFilter(CUTOFF),
                  MedianFilter(), HampelFilter(), WhittakerFilter(CUTOFF), RobustFilter(),
                  'gaussian', 'one_euro', 'kalman', 'classical', 'robust'):
        times = []
        smoother = (build_smoother(entry, fps=FPS) if isinstance(entry, str)
                    else PoseSmoother(entry, fps=FPS))
        for values in (coords, whole, scattered):
            tracks = PoseTracks.from_array(values, fps=FPS, representation='keypoints_3d')
            smoother.smooth(tracks)
            times.append(least_time(lambda s=smoother, t=tracks: s.smooth(t), repeats))
        name = f'preset `{entry}`' if isinstance(entry, str) else type(entry).__name__
        yield (f'| {name} | {1e3 * times[0]:.3g} | {times[1] / times[0]:.2f} | '
               f'{times[2] / times[0]:.2f} |')


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--frames', type=int, nargs='+', default=[100, 1000, 10**4, 10**5, 10**6])
    parser.add_argument('--keypoints', type=int, default=17)
    parser.add_argument('--slow-frames', type=int, default=300)
    parser.add_argument('--repeats', type=int, default=3)
    args = parser.parse_args()
    start = time.process_time()
    if _compiled.load() is None:
        print('Numba is not installed (the extra fast): loops only.')
    else:
        with_numba(True)
        for entry in (OneEuroFilter(), KalmanFilter()):
            entry.filter(walk(10, 2), fps=FPS)
        print(f'Numba and its compiled code were loaded in {time.process_time() - start:.2f} s of '
              'CPU time.')
    print('\n| filter | other way | frames | ms | other ms | ratio | difference |\n'
          '|---|---|---|---|---|---|---|')
    for row in rows():
        for frames in args.frames:
            print(compare(row, frames, args.keypoints, args.slow_frames, args.repeats), flush=True)
    print('\n| 20 % missing, smooth() | ms without | whole frames | scattered |\n|---|---|---|---|')
    for line in missing_rows(min(args.frames[-1], 1000), args.keypoints, args.repeats):
        print(line, flush=True)


if __name__ == '__main__':
    main()
