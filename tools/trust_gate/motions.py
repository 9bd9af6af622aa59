"""True motions that the trust gate trains on: motion capture, and made-up things without a body."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation
from scipy.special import expit

#: Joints of the CMU skeletons (BVH, AMC) that stand for the limbs of COCO, and of head and neck.
_LIMBS = (('LeftArm', 'lclavicle'), ('RightArm', 'rclavicle'), ('LeftForeArm', 'lhumerus'),
          ('RightForeArm', 'rhumerus'), ('LeftHand', 'lradius'), ('RightHand', 'rradius'),
          ('LeftUpLeg', 'lhipjoint'), ('RightUpLeg', 'rhipjoint'), ('LeftLeg', 'lfemur'),
          ('RightLeg', 'rfemur'), ('LeftFoot', 'ltibia'), ('RightFoot', 'rtibia'))
_HEAD, _NECK = ('Head', 'head'), ('Neck', 'thorax')
#: Face points in metres from the head: (left, up, ahead).
_FACE = ((0, 0, .09), (.03, .03, .08), (-.03, .03, .08), (.07, 0, 0), (-.07, 0, 0))


def cmu_takes(data: Path, left_out: Sequence[str]) -> list[tuple[np.ndarray, tuple[str, ...]]]:
    """Takes at 60 Hz in metres, shape (T, K, 3), with their joints' names.

    Args:
        data: Folder with ``cmu_amc_60hz.npz`` and ``cmu_bvh_60hz.npz``.
        left_out: Names of takes that are not used.
    """
    takes = []
    for name in ('amc', 'bvh'):
        with np.load(data / f'cmu_{name}_60hz.npz') as file:
            clips = np.split(file['positions'].astype(float), np.cumsum(file['lengths'])[:-1])
            joints = tuple(str(joint) for joint in file['joints'])
            takes += [(clip, joints) for clip, take in zip(clips, file['names'])
                      if str(take) not in left_out and len(clip) > 60]
    return takes


def coco(positions: np.ndarray, joints: Sequence[str]) -> np.ndarray:
    """COCO's 17 keypoints out of a CMU take, shape (T, 17, 3)."""
    which = 0 if 'Hips' in joints else 1
    limbs = positions[:, [joints.index(names[which]) for names in _LIMBS]]
    head, neck = (positions[:, joints.index(names[which])] for names in (_HEAD, _NECK))
    left, up = _unit(limbs[:, 0] - limbs[:, 1]), _unit(head - neck)
    axes = np.stack([left, up, np.cross(left, up)], axis=1)
    face = head[:, None] + np.einsum('pa,tac->tpc', np.array(_FACE), axes)
    return np.concatenate([face, limbs], axis=1)


def piece(take: np.ndarray, fps: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A random piece of a 60 Hz take at another frame rate, some of them faster or slower."""
    speed = np.exp(rng.normal(0, .2))
    seconds = min(seconds, (len(take) - 1) / 60 / speed)
    start = rng.uniform(0, max(0., (len(take) - 1) / 60 - seconds * speed))
    times = start + speed * np.arange(max(8, int(seconds * fps))) / fps
    return CubicSpline(np.arange(len(take)) / 60, take)(np.clip(times, 0, (len(take) - 1) / 60))


def articulated(frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Points on a made-up thing of rigid bones: a trunk and limbs of up to four bones that swing.

    Hands, animals and robots are of this kind; no two draws are alike. Shape (T, K, 3), in sizes.
    """
    time = np.arange(frames) / fps
    pace = np.exp(rng.uniform(np.log(.25), np.log(2.5)))
    trunk = rng.normal(0, .25, (rng.integers(1, 6), 3))
    points = [np.broadcast_to(point, (frames, 3)) for point in trunk]
    shared = rng.random() < .5
    for _ in range(rng.integers(2, 7)):
        place = np.broadcast_to(trunk[rng.integers(len(trunk))] + rng.normal(0, .1, 3), (frames, 3))
        axis, direction = _unit(rng.normal(size=3)), _unit(rng.normal(size=3))
        hertz = pace * (1 if shared else np.exp(rng.normal(0, .4)))
        angle = np.zeros(frames)
        for _ in range(rng.integers(1, 5)):
            swing = np.sin(2 * np.pi * (hertz * time + rng.random()))
            if rng.random() < .4:
                swing = np.maximum(swing, 0)
            angle = angle + rng.uniform(-.6, .6) + rng.uniform(.1, .9) * swing
            bone = Rotation.from_rotvec(angle[:, None] * axis).apply(direction)
            place = place + rng.uniform(.1, .4) * bone
            points.append(place)
    pose = np.stack(points, axis=1)
    if pose.shape[1] < 5:
        pose = np.concatenate([pose, pose[:, :1] + rng.normal(0, .2, (1, 5, 3))], axis=1)
    turn = Rotation.from_rotvec(_waves(time, 3, .5 * pace, rng) * rng.uniform(0, .6))
    pose = np.einsum('tij,tkj->tki', turn.as_matrix(), pose)
    walk = rng.random() < .4
    return pose + (_waves(time, 3, .5 * pace, rng) * rng.uniform(0, .6)
                   + walk * rng.normal(0, .8, 3) * time[:, None])[:, None]


def loose(frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Points that swing each on their own, shape (T, K, 3), in sizes."""
    time, keypoints = np.arange(frames) / fps, int(rng.integers(5, 20))
    pace = np.exp(rng.uniform(np.log(.2), np.log(1.5)))
    return np.stack([rng.normal(0, .4, 3) + rng.uniform(.05, .4) * _waves(time, 3, pace, rng)
                     for _ in range(keypoints)], axis=1)


def hurried(pose: np.ndarray, fps: float, rng: np.random.Generator) -> np.ndarray:
    """A jump and a quick turn about the vertical axis on top of a motion in metres."""
    time = np.arange(len(pose)) / fps
    flight = rng.uniform(.4, .75)
    up = np.clip(time - rng.uniform(0, max(.1, time[-1] - .8)), 0, flight)
    share = np.clip((time - rng.uniform(0, max(.1, time[-1] - .8))) / rng.uniform(.5, 1.), 0, 1)
    angle = rng.choice([-1, 1]) * 2 * np.pi * rng.uniform(.5, 1) * share**2 * (3 - 2 * share)
    middle = pose.mean(axis=1, keepdims=True)
    turn = Rotation.from_rotvec(angle[:, None] * [0, 1, 0]).as_matrix()
    turned = np.einsum('tij,tkj->tki', turn, pose - middle)
    return turned + middle + (4.905 * up * (flight - up))[:, None, None] * [0, 1, 0]


def filmed(pose: np.ndarray, fps: float, rng: np.random.Generator, *, pans: bool,
           zooms: bool) -> np.ndarray:
    """A motion in metres through a camera, in pixels; the camera may pan quickly or zoom."""
    centred = pose - pose.reshape(-1, 3).mean(axis=0)
    extent = np.abs(centred).max()
    view = Rotation.from_euler('yx', [rng.uniform(0, 360), rng.uniform(-10, 30)], degrees=True)
    points = centred @ view.as_matrix().T
    distance = extent * np.exp(rng.uniform(np.log(1.7), np.log(6)))
    focal = np.exp(rng.uniform(np.log(150), np.log(1200))) * distance / extent
    image = points[..., :2] * [1, -1] * focal / (distance - points[..., 2:])
    time = np.arange(len(pose)) / fps

    def steps(low: float, high: float) -> np.ndarray:
        total = np.zeros(len(time))
        for _ in range(3):
            late = (time - rng.uniform(0, time[-1])) / rng.uniform(.04, .2)
            total += expit(late) * rng.choice([-1, 1]) * rng.uniform(low, high)
        return total

    if zooms:
        image = image * np.exp(steps(.2, .5))[:, None, None]
    if pans:
        size = np.ptp(image, axis=1).max()
        image = image + np.stack([steps(.3, 1.2) * size, steps(0, .3) * size], axis=-1)[:, None]
    return image + rng.uniform(300, 700, 2)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _waves(time: np.ndarray, number: int, hertz: float, rng: np.random.Generator) -> np.ndarray:
    """Sums of three waves about a frequency, shape (T, number), each of an amplitude near 1."""
    frequency = hertz * np.exp(rng.normal(0, .6, (3, number)))
    phase, amplitude = rng.random((3, number)), rng.uniform(.2, 1, (3, number))
    return (amplitude * np.sin(2 * np.pi * (frequency * time[:, None, None] + phase))).sum(axis=1)
