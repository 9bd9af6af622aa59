"""Errors of regressors of rotations, drawn at random.

Errors are turns in the joint's own axes. Their kinds: white; drift (correlated for a tenth of a
second to one); bursts of single joints; the limbs of both sides exchanged. They are larger at the
ends of limbs, and of any strength.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.signal import lfilter

from smoothnet_plugin.processing import so3

from .takes import RotationTake

#: Words in the names of the joints of legs and arms.
LEGS = ('leg', 'foot', 'toe', 'femur', 'tibia', 'hip', 'knee', 'ankle')
ARMS = ('arm', 'hand', 'humerus', 'radius', 'wrist', 'elbow', 'shoulder')
#: A turn seen in a mirror whose normal is x, as a factor of (x, y, z, w).
MIRROR = np.array([1.0, -1.0, -1.0, 1.0])


def with_errors(take: RotationTake, rotations: np.ndarray, fps: float,
                shares: Mapping[str, float], rng: np.random.Generator) -> np.ndarray:
    """Rotations of a take as a regressor might give them.

    Args:
        take: The take.
        rotations: Some of its frames, at any rate, shape (T, J, 4).
        fps: Their frames per second.
        shares: How often each kind is drawn: ``white``, ``drift``, ``bursts``, ``all`` and
            ``none``.
        rng: Random numbers.

    Returns:
        Shape (T, J, 4).
    """
    kind = rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values()))
    shape = (*rotations.shape[:2], 3)
    error = np.zeros(shape)
    if kind in ('white', 'all'):
        error += _between(rng, 0.008, 0.16) * rng.normal(0, 1, shape)
    if kind in ('drift', 'all'):
        size = _between(rng, 0.01, 0.14)
        error += size * drift(shape, _between(rng, 0.12, 0.9) * fps, rng)
        error += size * _between(rng, 0.05, 1) * rng.normal(0, 1, shape)
    if kind == 'bursts':
        error += _between(rng, 0.005, 0.1) * rng.normal(0, 1, shape)
    if kind == 'bursts' or (kind == 'all' and rng.random() < 0.6):
        error += bursts(shape, fps, rng)
    if kind in ('bursts', 'all') and rng.random() < 0.3:
        rotations = exchanged(take.joints, rotations, fps, rng)
    return so3.multiply(rotations, so3.exp(sizes(take, rng)[:, None] * error))


def sizes(take: RotationTake, rng: np.random.Generator) -> np.ndarray:
    """Sizes of the joints' errors, larger at the ends of limbs, shape (J,)."""
    size = 0.5 + take.depth / max(take.depth.max(), 1)
    return size**rng.uniform(0, 1.3) * np.exp(
        rng.normal(0, rng.uniform(0, 0.4), len(size)))


def drift(shape: tuple[int, ...], frames: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of variance 1 whose correlation falls to 1/e within so many frames: AR(1)."""
    kept = np.exp(-1 / frames)
    steps = rng.normal(0, 1, shape)
    steps[1:] *= np.sqrt(1 - kept**2)
    return np.asarray(lfilter([1], [1, -kept], steps, axis=0))


def bursts(shape: tuple[int, ...], fps: float, rng: np.random.Generator) -> np.ndarray:
    """Wrong turns of single joints for up to half a second."""
    error = np.zeros(shape)
    size, longest = _between(rng, 0.15, 0.9), max(2, int(rng.uniform(0.1, 0.5) * fps))
    for _ in range(max(1, rng.poisson(shape[0] * shape[1] / _between(rng, 200, 1500)))):
        start, joint = rng.integers(shape[0]), rng.integers(shape[1])
        error[start:start + int(rng.integers(1, longest)), joint] += rng.normal(0, size, 3)
    return error


def exchanged(joints: tuple[str, ...], rotations: np.ndarray, fps: float,
              rng: np.random.Generator) -> np.ndarray:
    """Left and right legs, arms or both exchanged for a while, as poses seen in a mirror."""
    mates = other_sides(joints)
    limbs = [[i for i in mates if any(word in joints[i].lower() for word in words)]
             for words in (LEGS, ARMS, LEGS + ARMS)]
    result = rotations.copy()
    for _ in range(rng.integers(1, 3)):
        start = int(rng.integers(len(rotations)))
        span = slice(start, start + int(rng.integers(2, max(3, int(0.6 * fps)))))
        for joint in limbs[rng.integers(3)]:
            result[span, joint] = rotations[span, mates[joint]] * MIRROR
    return result


def other_sides(joints: tuple[str, ...]) -> dict[int, int]:
    """Joints of one side and their counterparts, both ways, by CMU's and SMPL's names."""
    mates = {}
    for left, right in (('Left', 'Right'), ('L', 'R'), ('left_', 'right_'), ('l', 'r')):
        for joint, name in enumerate(joints):
            other = right + name[len(left):]
            if name.startswith(left) and other in joints and joint not in mates:
                mates[joint], mates[joints.index(other)] = joints.index(other), joint
    return mates


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
