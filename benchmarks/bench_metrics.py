"""Time of every 3D metric on a million frames, against three other ways, in one run.

The other ways are direct implementations (``formerly``: a LAPACK decomposition of every frame at
once, a sum of products for every lag, SciPy's ``detrend`` with NumPy's transform) and, for the
alignment, a plain loop over frames, timed on ``--loop-frames`` frames and scaled up. Times
are CPU time of one thread. Values of both ways must agree to 1e-9 of their size, or the benchmark
fails.

    python benchmarks/bench_metrics.py [--frames 1000000] [--keypoints 17] [--gaps 0.0]
"""

from __future__ import annotations

import os

os.environ.setdefault('OMP_NUM_THREADS', '1')  # read when NumPy's libraries are loaded

from collections.abc import Callable
from typing import Any

import numpy as np
from common import parser_of, timed
from scipy.signal import detrend
from scipy.signal.windows import hann

from smoothnet_plugin.evaluation import functional as F

FPS = 30.0
#: Largest difference between two ways, of the size of the value or absolute below 1.
TOLERANCE = 1e-9


def main() -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    parser.add_argument('--frames', type=int, default=1_000_000)
    parser.add_argument('--keypoints', type=int, default=17)
    parser.add_argument('--gaps', type=float, default=0.0, help='share of missing keypoints')
    parser.add_argument('--loop-frames', type=int, default=5000)
    args = parser.parse_args()
    pred, target = clip(args.frames, args.keypoints, args.gaps)
    print(f'{args.frames} frames x {args.keypoints} keypoints, {args.gaps:.0%} missing, one thread')
    print(f"\n{'metric':<22}{'value':>14}{'s':>8}{'formerly s':>12}{'ratio':>8}{'difference':>12}")
    total = former_total = 0.0
    for name, (ours, former) in metrics(pred, target).items():
        value, seconds = timed(ours)
        total += seconds
        line = f'{name:<22}{value:>14.6g}{seconds:>8.2f}'
        if former is None:
            former_total += seconds
        else:
            expected, former_seconds = timed(former)
            former_total += former_seconds
            difference = abs(value - expected)
            line += f'{former_seconds:>12.2f}{former_seconds / seconds:>8.1f}{difference:>12.1e}'
            if not difference <= TOLERANCE * max(1.0, abs(expected)):
                raise SystemExit(f'{line}\nFAILED: the two ways differ by more than {TOLERANCE}.')
        print(line, flush=True)
    print(f"{'all':<22}{'':>14}{total:>8.2f}{former_total:>12.2f}{former_total / total:>8.1f}")
    compare_with_loop(pred, target, args.loop_frames)


def clip(frames: int, keypoints: int, gaps: float) -> tuple[np.ndarray, np.ndarray]:
    """Random walks in metres about a body, and an estimate with jitter that is one frame late."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.01, (frames, keypoints, 3)).cumsum(axis=0)
    target = rng.normal(0, 0.4, (1, keypoints, 3)) + steps
    pred = np.concatenate([target[:1], target[:-1]]) + rng.normal(0, 0.02, target.shape)
    if gaps:
        pred[rng.random((frames, keypoints)) < gaps] = np.nan
    return pred, target


def metrics(pred: np.ndarray, target: np.ndarray) -> dict[str, tuple[Callable[[], float],
                                                                   Callable[[], float] | None]]:
    """Each metric, and the other way where there is one."""
    def ours(name: str, *arrays: np.ndarray, **options: Any) -> Callable[[], float]:
        return lambda: getattr(F, name)(*arrays, **options)

    return {
        'mpjpe': (ours('mpjpe', pred, target), None),
        'pa_mpjpe': (ours('pa_mpjpe', pred, target), lambda: former_pa_mpjpe(pred, target)),
        'n_mpjpe': (ours('n_mpjpe', pred, target), None),
        'mpjve': (ours('mpjve', pred, target), None),
        'accel_error': (ours('accel_error', pred, target), None),
        'acceleration': (ours('acceleration', pred), None),
        'jerk': (ours('jerk', pred), None),
        'lag_frames': (ours('lag_frames', pred, target), lambda: former_lag(pred, target)),
        'high_frequency_ratio': (ours('high_frequency_ratio', pred, target, fps=FPS),
                                 lambda: former_ratio(pred, target)),
        'peak_attenuation': (ours('peak_attenuation', pred, target),
                             lambda: former_attenuation(pred, target)),
    }


def former_pa_mpjpe(pred: np.ndarray, target: np.ndarray) -> float:
    """Alignment with one LAPACK decomposition a frame."""
    pred, target = F.measured_pair(pred, target)
    common = ~np.isnan(pred + target).any(axis=-1, keepdims=True)
    counts = common.sum(axis=1, keepdims=True)
    counted = np.maximum(counts, 1)
    pred_mean = np.where(common, pred, 0).sum(axis=1, keepdims=True) / counted
    target_mean = np.where(common, target, 0).sum(axis=1, keepdims=True) / counted
    first = np.where(common, pred - pred_mean, 0)
    second = np.where(common, target - target_mean, 0)
    u, singular, vt = np.linalg.svd(first.swapaxes(1, 2) @ second)
    sign = np.sign(np.linalg.det(u @ vt))
    singular[:, -1] *= sign
    u[:, :, -1] *= sign[:, None]
    power = (first ** 2).sum(axis=(1, 2))
    scale = np.divide(singular.sum(axis=1), power, out=np.zeros_like(power), where=power > 0)
    aligned = scale[:, None, None] * (first @ (u @ vt)) + target_mean
    aligned[~(common & (counts >= 3))[..., 0]] = np.nan
    return F.mean_of_measured(F.distances(aligned, target))


def former_lag(pred: np.ndarray, target: np.ndarray, max_lag: int = 30) -> float:
    """Sums of products of all frames and channels for every lag."""
    pred, target = F.measured_pair(pred, target)
    frames = len(pred)

    def centred(channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = ~np.isnan(channels)
        values = np.where(known, channels, 0)
        mean = values.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.where(known, values - mean, 0), known.astype(np.float64)

    first, first_known = centred(pred.reshape(frames, -1))
    second, second_known = centred(target.reshape(frames, -1))
    statistics = np.zeros((3, 2 * max_lag + 1))
    for lag in range(-max_lag, max_lag + 1):
        late = slice(max(lag, 0), frames + min(lag, 0))
        early = slice(max(-lag, 0), frames - max(lag, 0))
        x, x_known, y, y_known = first[late], first_known[late], second[early], second_known[early]
        counts = np.maximum(np.einsum('td,td->d', x_known, y_known), 1)
        x_sum, y_sum = np.einsum('td,td->d', x, y_known), np.einsum('td,td->d', y, x_known)
        statistics[:, lag + max_lag] = (
            (np.einsum('td,td->d', x, y) - x_sum * y_sum / counts).sum(),
            (np.einsum('td,td,td->d', x, x, y_known) - x_sum ** 2 / counts).sum(),
            (np.einsum('td,td,td->d', y, y, x_known) - y_sum ** 2 / counts).sum())
    return F.lag_of_statistics(statistics)


def former_ratio(pred: np.ndarray, target: np.ndarray, cutoff: float = 5.0) -> float:
    """Spectra of all channels at once, straight lines by least squares."""
    pred, target = F.measured_pair(pred, target)
    known = np.asarray(~np.isnan(pred + target).any(axis=-1))
    frames = np.arange(len(pred))
    for joint in np.flatnonzero(~known.all(axis=0)):
        has = known[:, joint]
        for coords in (pred, target):
            for channel in range(coords.shape[2]):
                coords[~has, joint, channel] = np.interp(
                    frames[~has], frames[has], coords[has, joint, channel])

    def energy(coords: np.ndarray) -> float:
        window = hann(len(coords), sym=False)
        channels = detrend(coords.reshape(len(coords), -1), axis=0)
        power = np.abs(np.fft.rfft(channels * window[:, None], axis=0)) ** 2
        power[1:(len(coords) + 1) // 2] *= 2
        above = np.fft.rfftfreq(len(coords)) > cutoff / FPS
        return float(power[above].sum() / (window ** 2).sum())

    return energy(pred) / energy(target)


def former_attenuation(pred: np.ndarray, target: np.ndarray, h: int = 3,
                       fraction: float = 0.1) -> float:
    """Excursions of all frames at once, all peaks sorted."""
    pred, target = F.measured_pair(pred, target)
    first, second = (x[h:-h] - 0.5 * (x[:-2 * h] + x[2 * h:]) for x in (pred, target))
    length = F.lengths(second)
    is_peak = (length[1:-1] >= length[:-2]) & (length[1:-1] > length[2:])
    is_peak &= ~np.isnan(first[1:-1]).any(axis=-1)
    frames, joints = np.nonzero(is_peak)
    longest = np.argsort(-length[1:-1][frames, joints],
                         kind='stable')[:int(np.ceil(fraction * len(frames)))]
    at = frames[longest] + 1, joints[longest]
    return 1 - float((first[at] * second[at]).sum()) / float((second[at] ** 2).sum())


def compare_with_loop(pred: np.ndarray, target: np.ndarray, frames: int) -> None:
    """The alignment as a loop over frames in Python."""
    pred, target = pred[:frames], target[:frames]
    frames = len(pred)

    def loop() -> float:
        errors = []
        for p, g in zip(pred, target):
            known = np.isfinite(p + g).all(axis=-1)
            if known.sum() < 3:
                continue
            a, b = p[known], g[known]
            a, mean = a - a.mean(axis=0), b.mean(axis=0)
            u, s, vt = np.linalg.svd(a.T @ (b - mean))
            sign = np.array([1, 1, np.linalg.det(u @ vt)])
            moved = (s * sign).sum() / (a ** 2).sum() * a @ (u * sign) @ vt + mean
            errors.append(np.linalg.norm(moved - b, axis=-1))
        return float(np.concatenate(errors).mean())

    expected, seconds = timed(loop)
    value, own_seconds = timed(lambda: F.pa_mpjpe(pred, target))
    if not abs(value - expected) <= TOLERANCE:
        raise SystemExit(f'FAILED: pa_mpjpe is {value}, by a loop {expected}.')
    print(f'\npa_mpjpe of {frames} frames: {own_seconds:.3f} s, as a loop over frames '
          f'{seconds:.3f} s, {seconds / own_seconds:.0f} times as long; '
          f'{seconds / frames * 1e6:.0f} s for a million')


if __name__ == '__main__':
    main()
