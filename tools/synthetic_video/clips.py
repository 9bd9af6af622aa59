"""Making clips: motion, body, camera, pictures, estimates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.utils.npz import write_npz
from smoothnet_plugin.visualization.video import write_video

from .bodies import Body
from .cameras import Camera, draw_camera
from .estimators import ClipEstimator
from .flaws import draw_flaws, photograph
from .motion import Motion, made_walk, read_motion
from .pictures import Stage, draw_occluder
from .retarget import between_frames, bone_transforms
from .scenes import draw_light, draw_room, dress

#: Width and height of pictures, and how often each is drawn.
SIZES = ((640, 480), (480, 640), (848, 480), (720, 480))
_SIZE_SHARES = (0.35, 0.3, 0.15, 0.2)
#: Takes that are tried for one clip, since some are too short.
_TRIES = 50


@dataclass(frozen=True)
class Recipe:
    """The source of a clip, in addition to its seed.

    Attributes:
        takes: Files of motion; none for a made-up walk.
        bodies: Bodies to choose from.
        frames: Pictures of a clip.
        size: Width and height of the pictures, or None to choose from :data:`SIZES`.
    """

    takes: Sequence[Path]
    bodies: Sequence[Body]
    frames: int = 200
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Clip:
    """A clip before anything is estimated on it.

    Attributes:
        pictures: T pictures, each (H, W, 3), uint8, BGR.
        arrays: The members of its npz file without the estimates; README.md lists them.
    """

    pictures: list[np.ndarray]
    arrays: dict[str, np.ndarray]


def film(seed: int, recipe: Recipe) -> Clip:
    """Draw a clip; the same seed and recipe give the same clip.

    Args:
        seed: Seed of all chance in it.
        recipe: What it is made from.

    Returns:
        The clip.

    Raises:
        ConfigError: There is no C compiler for the renderer.
        DataFormatError: A take cannot be read, or all that were tried are too short.
    """
    rng = np.random.default_rng(seed)
    fps = float(rng.choice([30, 60]))
    motion = _choose_motion(rng, recipe, fps)
    step = motion.fps / fps
    body_number = int(rng.integers(len(recipe.bodies)))
    body = recipe.bodies[body_number]
    transforms, places = bone_transforms(motion, body)
    first = rng.uniform(0, len(motion) - 1 - step * (recipe.frames - 1))
    times = first + step * np.arange(recipe.frames)  # in frames of the take
    path = places[np.round(times).astype(int), 0]
    middle = path.mean(axis=0) * [1, 0, 1]  # where the middle of the room is
    transforms[..., 3] -= middle.astype(np.float32)

    size = recipe.size or SIZES[rng.choice(len(SIZES), p=_SIZE_SHARES)]
    camera = draw_camera(rng, path - middle, size, fps)
    flaws = draw_flaws(rng)
    colours, dressed = dress(rng, body)
    room = draw_room(rng, np.hypot(*camera.centres[:, [0, 2]].T).max() + 1.0)
    stage = Stage(body, colours, dressed, room, draw_light(rng), camera,
                  draw_occluder(rng, camera))
    pictures, shots = [], []
    for frame, time in enumerate(times):
        shutter = flaws.exposure * step * np.linspace(-0.5, 0.5, 5 if flaws.exposure else 3)
        shot = stage.shoot(frame, np.stack([between_frames(transforms, time + part)
                                            for part in shutter]))
        pictures.append(photograph(rng, shot.picture, flaws))
        shots.append(shot[1:])
    truth_3d, truth_2d, visible = (np.stack(values) for values in zip(*shots))
    meta = {'seed': seed, 'take': motion.name, 'fps': fps, 'take_fps': motion.fps,
            'first_take_frame': first, 'body': body_number, 'camera': camera.kind,
            'occluder': stage.occluder is not None, **asdict(flaws)}
    return Clip(pictures, {
        'truth_2d': truth_2d.astype(np.float32), 'truth_3d': truth_3d.astype(np.float32),
        'visible': visible, 'keypoint_names': np.array(body.keypoint_names),
        'fps': np.array(fps), **_camera_arrays(camera), 'meta': np.array(json.dumps(meta))})


def _choose_motion(rng: np.random.Generator, recipe: Recipe, fps: float) -> Motion:
    seconds = recipe.frames / fps
    for _ in range(_TRIES):
        if recipe.takes:
            motion = read_motion(recipe.takes[int(rng.integers(len(recipe.takes)))])
        else:
            motion = made_walk(int(rng.integers(2**31)), seconds + 1)
        if len(motion) >= seconds * motion.fps + 2:
            return motion
    raise DataFormatError(f'{_TRIES} takes are all shorter than a clip of {recipe.frames} frames '
                          f'({seconds:.1f} s); make shorter clips with --frames.')


def _camera_arrays(camera: Camera) -> dict[str, np.ndarray]:
    return {'camera_rotation': camera.rotations.astype(np.float32),
            'camera_centre': camera.centres.astype(np.float32),
            'camera_focal': np.array(camera.focal),
            'image_size': np.array([camera.width, camera.height])}


def clip_path(folder: Path, seed: int) -> Path:
    """The file of a clip."""
    return folder / f'{seed:06d}.npz'


def make_clip(seed: int, recipe: Recipe, estimators: Mapping[str, ClipEstimator], folder: Path,
              video: bool = False) -> None:
    """Draw a clip, estimate its poses and write it; the file appears when it is complete.

    Args:
        seed: Seed of the clip.
        recipe: What it is made from.
        estimators: Estimators by their name in the file.
        folder: Where to write :func:`clip_path`.
        video: Whether to write the pictures as an .mp4 as well. Defaults to False.

    Raises:
        ConfigError: An estimator returns arrays of another shape, its name is that of another
            member of the file, or see :func:`film`.
        DataFormatError: See :func:`film`.
    """
    clip = film(seed, recipe)
    if video:
        write_video(clip_path(folder, seed).with_suffix('.mp4'), clip.pictures,
                    float(clip.arrays['fps']))
    arrays = dict(clip.arrays)
    for name, estimator in estimators.items():
        estimates = estimates_of(name, estimator, clip.pictures)
        taken = arrays.keys() & estimates.keys()
        if taken:
            raise ConfigError(f"The estimator's name '{name}' makes a second member "
                              f"'{min(taken)}' of the clip; choose another with NAME=TYPE.")
        arrays |= estimates
    write_npz(clip_path(folder, seed), arrays, compressed=True)


def estimates_of(name: str, estimator: ClipEstimator,
                 pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Run an estimator; members ``NAME``, ``NAME_scores`` and ``NAME_keypoints`` of a clip.

    Raises:
        ConfigError: The estimator returns arrays of a wrong shape.
    """
    keypoints, scores = map(np.asarray, estimator.estimate(pictures))
    names = np.array(list(getattr(estimator, 'keypoint_names', ())), dtype=np.str_)
    expected = (len(pictures), len(names))
    if keypoints.shape != (*expected, 2) or scores.shape != expected:
        raise ConfigError(
            f"Estimator '{name}' returned keypoints of shape {keypoints.shape} and scores of shape "
            f'{scores.shape} for {len(pictures)} frames; expected {(*expected, 2)} and '
            f'{expected} for its {len(names)} keypoint names.')
    return {name: keypoints.astype(np.float32), f'{name}_scores': scores.astype(np.float32),
            f'{name}_keypoints': names}
