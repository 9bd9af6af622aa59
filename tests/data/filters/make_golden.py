"""Writes the golden CSV of every classical filter, without using any of them.

Each column but ``frame``, ``input`` and ``weight`` is one setting, named as in
tests/test_smoothers/test_golden.py. The outputs come from the public OneEuroFilter package,
pykalman, SciPy, and plain loops and dense matrices that follow the definitions. 30 frames a second.

    python tests/data/filters/make_golden.py
"""

from __future__ import annotations

import csv
import math
import statistics
from pathlib import Path

import numpy as np
from OneEuroFilter import OneEuroFilter
from pykalman import KalmanFilter
from scipy import signal

FPS = 30.0
FRAMES = 48


def make_input() -> tuple[np.ndarray, np.ndarray]:
    """A reach from rest with jitter, an outlier and a frame of low confidence."""
    rng = np.random.default_rng(7)
    time = np.arange(FRAMES)
    clean = 120 + 80 / (1 + np.exp(-(time - 24) / 3)) + 5 * np.sin(2 * np.pi * time / 30)
    noisy = clean + rng.normal(0, 2, FRAMES)
    noisy[14] += 25
    weight = rng.uniform(0.3, 1, FRAMES)
    weight[14] = 0.0
    return np.round(noisy, 4), np.round(weight, 3)


def one_euro(x, min_cutoff, beta, fps=FPS):
    smoother = OneEuroFilter(freq=fps, mincutoff=min_cutoff, beta=beta, dcutoff=1.0)
    return np.array([smoother(value) for value in x])


def one_euro_zero_phase(x, min_cutoff, beta):
    there = reflected(x, 300, x[0], x[-1])
    forward = one_euro(one_euro(there, min_cutoff, beta)[::-1], min_cutoff, beta)[::-1]
    backward = one_euro(one_euro(there[::-1], min_cutoff, beta)[::-1], min_cutoff, beta)
    return ((forward + backward) / 2)[300:-300]


def reflected(x, frames, start, end):
    """Point reflections about the ends, one step at a time."""
    values = dict(enumerate(x))
    last = len(x) - 1
    for step in range(1, frames + 1):
        values[last + step] = 2 * end - values[last - step]
        values[-step] = 2 * start - values[step]
    return np.array([values[t] for t in range(-frames, last + frames + 1)])


def local_fit(x, kernel, degree, weight=None):
    """Weighted polynomial fit around every frame, by NumPy's polyfit."""
    weight = np.ones(len(x)) if weight is None else np.maximum(weight, 0.01)
    reach, fitted = len(kernel) - 1, []
    for t in range(len(x)):
        near = range(max(0, t - reach), min(len(x), t + reach + 1))
        root = [math.sqrt(kernel[abs(s - t)] * weight[s]) for s in near]
        fitted.append(np.polyfit([s - t for s in near], x[list(near)], degree, w=root)[-1])
    return np.array(fitted)


def gaussian_taps(sigma):
    return [math.exp(-0.5 * (k / sigma)**2) for k in range(int(4 * sigma + 0.5) + 1)]


def sigma_of(cutoff):
    return math.sqrt(math.log(2) / 2) / (math.pi * cutoff) * FPS


def gaussian_blocks(x, window, sigma):
    """Blocks of a window, each continued by its own mirror image; the rest stays raw."""
    taps = gaussian_taps(sigma)
    kernel = np.array(taps[:0:-1] + taps) / (2 * sum(taps) - 1)
    filtered, reach = x.copy(), len(taps) - 1
    for start in range(0, len(x) - window + 1, window):
        block = np.pad(x[start:start + window], reach, mode='symmetric')
        filtered[start:start + window] = np.convolve(block, kernel, mode='valid')
    return filtered


def difference_equation(x, order, cutoff):
    """One pass of the Butterworth filter, after a long rest at the first value."""
    b, a = signal.butter(order, cutoff / (FPS / 2))
    rest = 400
    padded = np.concatenate([np.full(rest, x[0]), x])
    y = np.full(len(padded), x[0], dtype=float)
    for t in range(order, len(padded)):
        y[t] = sum(b[k] * padded[t - k] for k in range(order + 1))
        y[t] -= sum(a[k] * y[t - k] for k in range(1, order + 1))
    return y[rest:]


def butterworth(x, order, cutoff):
    taps = gaussian_taps(2 * sigma_of(cutoff))
    root = np.sqrt(taps)
    near = np.arange(len(taps))
    start = np.polyfit(near, x[near], 1, w=root)[-1]
    end = np.polyfit(near, x[::-1][near], 1, w=root)[-1]
    there = reflected(x, 400, start, end)
    there = difference_equation(there, order, cutoff)[::-1]
    return difference_equation(there, order, cutoff)[::-1][400:-400]


def running_median(x, window):
    reach = window // 2
    shrunk = [min(reach, t, len(x) - 1 - t) for t in range(len(x))]
    return np.array([statistics.median(x[t - r:t + r + 1]) for t, r in enumerate(shrunk)])


def hampel(x, window, n_sigma):
    repaired, reach = x.copy(), window // 2
    for t, value in enumerate(x):
        near = x[max(0, t - reach):t + reach + 1]
        middle = statistics.median(near)
        spread = 1.4826 * statistics.median(abs(v - middle) for v in near)
        if abs(value - middle) > n_sigma * spread:
            repaired[t] = middle
    return repaired


def kalman(x, size, cutoff, backward=True, weight=None):
    """pykalman with the model's matrices written out.

    The sampled spectrum of integrated white noise, (2 + cos w) / 3 and the like over powers of
    2 - 2 cos w, has to be 1 at the cut-off.
    """
    w = 2 * math.pi * cutoff / FPS
    z = 2 - 2 * math.cos(w)
    if size == 2:
        transition = np.array([[1, 1], [0, 1.]])
        noise = np.array([[1 / 3, 1 / 2], [1 / 2, 1]])
        power = (4 + 2 * math.cos(w)) / 6 / z**2
    else:
        transition = np.array([[1, 1, 1 / 2], [0, 1, 1], [0, 0, 1.]])
        noise = np.array([[1 / 20, 1 / 8, 1 / 6], [1 / 8, 1 / 3, 1 / 2], [1 / 6, 1 / 2, 1]])
        power = (66 + 52 * math.cos(w) + 2 * math.cos(2 * w)) / 120 / z**3
    noise = noise / power
    unknown = transition @ np.diag([1e7 * w**(2 * k) for k in range(size)]) @ transition.T + noise
    variances = np.ones(len(x)) if weight is None else 1 / np.maximum(weight, 0.01)
    # A frame's variance goes into pykalman by scaling its row of the measurement.
    rows = np.zeros((len(x), 1, size))
    rows[:, 0, 0] = 1 / np.sqrt(variances)
    model = KalmanFilter(
        transition_matrices=transition, observation_matrices=rows, transition_covariance=noise,
        observation_covariance=np.eye(1), initial_state_covariance=unknown,
        initial_state_mean=np.array([x[0]] + [0.0] * (size - 1)))
    scaled = (x / np.sqrt(variances))[:, None]
    states = (model.smooth if backward else model.filter)(scaled)[0]
    return np.asarray(states)[:, 0]


def whittaker(x, order, cutoff, weight=None):
    weight = np.ones(len(x)) if weight is None else np.maximum(weight, 0.01)
    penalty = (2 * math.sin(math.pi * cutoff / FPS))**(-2 * order)
    differences = np.diff(np.eye(len(x)), order, axis=0)
    return np.linalg.solve(
        np.diag(weight) + penalty * differences.T @ differences, weight * x)


def main() -> None:
    x, weight = make_input()
    flat = [1.0] * 6
    outputs = {
        'one_euro': {
            'causal': one_euro(x, 1.5, 0.02),
            'zero_phase': one_euro_zero_phase(x, 1.5, 0.02),
            'legacy': one_euro(x, 0.004, 0.7, fps=1.0),
        },
        'savgol': {
            'window_11': local_fit(x, flat, 2),
            'legacy': signal.savgol_filter(x, 11, 2),
        },
        'gaussian': {
            'cutoff': local_fit(x, gaussian_taps(sigma_of(4.0)), 1),
            'sigma': local_fit(x, gaussian_taps(2.0), 1),
            'truncated': local_fit(x, gaussian_taps(4.0)[:6], 1),
            'weighted': local_fit(x, gaussian_taps(sigma_of(4.0)), 1, weight),
            'legacy': gaussian_blocks(x, 11, 4.0),
        },
        'butterworth': {
            'order_2': butterworth(x, 2, 4.0),
            'order_4': butterworth(x, 4, 6.0),
            'causal': difference_equation(x, 2, 4.0),
        },
        'median': {'window_5': running_median(x, 5)},
        'hampel': {'window_7': hampel(x, 7, 3.0)},
        'kalman': {
            'constant_velocity': kalman(x, 2, 4.0),
            'constant_acceleration': kalman(x, 3, 4.0),
            'causal': kalman(x, 2, 4.0, backward=False),
            'weighted': kalman(x, 2, 4.0, weight=weight),
        },
        'whittaker': {
            'order_2': whittaker(x, 2, 4.0),
            'order_3': whittaker(x, 3, 3.0),
            'weighted': whittaker(x, 2, 4.0, weight),
        },
    }
    for name, columns in outputs.items():
        path = Path(__file__).parent / f'{name}.csv'
        with path.open('w', newline='') as file:
            writer = csv.writer(file, lineterminator='\n')
            writer.writerow(['frame', 'input', 'weight', *columns])
            for t, row in enumerate(zip(x, weight, *columns.values())):
                writer.writerow([t, *(f'{value:.14g}' for value in row)])


if __name__ == '__main__':
    main()
