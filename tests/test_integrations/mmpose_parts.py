"""Small videos, people with known motion, and an estimator with known jitter for the real MMPose.

MMPose is imported inside of functions: the fixture ``mmpose`` prepares it first.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, FPS = 320, 240, 30
RTMPOSE = 'body_2d_keypoint/rtmpose/coco/rtmpose-t_8xb256-420e_coco-256x192.py'
_CELL, _BITS = 20, 8
#: Scenes by name, for heads and detectors, which are built from plain configs.
SCENES: dict[str, Scene] = {}


@dataclass
class Scene:
    """People with known motion: shape (T, K, 2) each, NaN in frames without the person."""

    people: list[np.ndarray]
    noise: float = 0.0
    seed: int = 0
    now: int = 0
    errors: list[np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.errors = [rng.normal(0, self.noise, person.shape) for person in self.people]

    def __len__(self) -> int:
        return len(self.people[0])

    def boxes(self, frame: int) -> np.ndarray:
        """Boxes of the people of a frame, shape (N, 4), as an exact detector finds them."""
        present = [person[frame] for person in self.people if np.isfinite(person[frame]).all()]
        return np.array([[*(p.min(0) - 8), *(p.max(0) + 8)] for p in present]).reshape(-1, 4)

    def seen(self, frame: int, center: np.ndarray) -> np.ndarray:
        """What the estimator says of the person whose box is around a point, if there is one."""
        middles = [(p[frame].min(0) + p[frame].max(0)) / 2 for p in self.people]
        if np.isnan(middles).all():
            return np.tile(center, (17, 1))
        nearest = int(np.nanargmin([np.linalg.norm(m - center) for m in middles]))
        return self.people[nearest][frame] + self.errors[nearest][frame]


def walker(frames: int = 60, start: float = 80.0, speed: float = 1.0, size: float = 45.0,
           seed: int = 0, motion: float = 1.0) -> np.ndarray:
    """A person who walks across and swings its limbs, shape (T, 17, 2), in pixels."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform(-1, 1, (17, 2)) * (size / 2, size)
    shape[0], shape[1] = (-size / 2, -size), (size / 2, size)
    time = np.arange(frames)[:, None, None] / FPS
    swing = 6 * motion * np.sin(2 * np.pi * 0.7 * time + rng.uniform(0, 6, (1, 17, 2)))
    place = np.stack([start + speed * np.arange(frames), np.full(frames, HEIGHT / 2)], axis=-1)
    return place[:, None] + shape + swing


def coded_frames(count: int) -> list[np.ndarray]:
    """Pictures of a moving disc that tell their number in a row of black and white cells."""
    frames = []
    for number in range(count):
        frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        cv2.circle(frame, (30 + 17 * number % 260, 150), 30, (0, 200, 255), -1)
        for bit in range(_BITS):
            frame[:_CELL, bit * _CELL:(bit + 1) * _CELL] = 255 * (number >> bit & 1)
        frames.append(frame)
    return frames


def frame_number(picture: np.ndarray) -> int:
    """Number of a picture of :func:`coded_frames`, also after compression."""
    cells = picture[_CELL // 4:3 * _CELL // 4, :_BITS * _CELL].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(_BITS)
               if cells[bit * _CELL + 5:(bit + 1) * _CELL - 5].mean() > 127)


def write_video(path: Path, count: int, fps: float = FPS) -> str:
    """An mp4 of coded frames."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), fps, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for frame in coded_frames(count):
        writer.write(frame)
    writer.release()
    return str(path)


def read_video(path: str | Path) -> list[np.ndarray]:
    """All pictures of a video."""
    capture, pictures = cv2.VideoCapture(str(path)), []
    while True:
        ok, picture = capture.read()
        if not ok:
            return pictures
        pictures.append(picture)


class FakeDetector:
    """Finds the people of a scene by the number in the picture; called as mmdet's is."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __call__(self, inputs, return_datasamples=False):
        from mmengine.structures import InstanceData
        from mmpose.structures import PoseDataSample
        picture = cv2.imread(inputs) if isinstance(inputs, str) else inputs
        boxes = self.scene.boxes(frame_number(picture)).astype(np.float32)
        sample = PoseDataSample()
        import torch
        sample.pred_instances = InstanceData(
            bboxes=torch.from_numpy(boxes), scores=torch.full((len(boxes),), 0.9),
            labels=torch.zeros(len(boxes), dtype=torch.long))
        return {'predictions': [sample]}


def register_truth_head() -> None:
    """Register ``TruthHead``: a head that knows where people are, and adds the scene's noise."""
    from mmengine.structures import InstanceData
    from mmpose.models.heads import BaseHead
    from mmpose.registry import MODELS
    if 'TruthHead' in MODELS.module_dict:
        return

    class TruthHead(BaseHead):

        def __init__(self, scene):
            super().__init__()
            self.scene = scene

        def forward(self, feats):
            return feats

        def loss(self, feats, batch_data_samples, train_cfg=None):
            raise NotImplementedError

        def predict(self, feats, batch_data_samples, test_cfg=None):
            scene, found = SCENES[self.scene], []
            for sample in batch_data_samples:
                meta = sample.metainfo
                path = meta.get('img_path')
                frame = int(Path(path).stem) if path else scene.now
                pose = scene.seen(frame, meta['input_center'])
                corner = meta['input_center'] - meta['input_scale'] / 2
                pose = (pose - corner) / meta['input_scale'] * np.array(meta['input_size'])
                found.append(InstanceData(
                    keypoints=pose[None].astype(np.float32),
                    keypoint_scores=np.full((1, len(pose)), 0.8, np.float32)))
            return found

    MODELS.register_module(module=TruthHead)


def pose_config(mmpose, tmp_path: Path, scene: str | None = None, **keys) -> str:
    """Path of the real RTMPose-t config, with a scene's head and a thin backbone if one is named.

    ``keys`` go to the top level of the config.
    """
    from mmengine.config import Config
    config = Config.fromfile(Path(mmpose.__file__).parent / '.mim' / 'configs' / RTMPOSE)
    config.model.backbone.init_cfg = None
    if scene is not None:
        register_truth_head()
        config.model.backbone.update(deepen_factor=0.1, widen_factor=0.0625)
        config.model.head = dict(type='TruthHead', scene=scene)
        config.model.test_cfg = dict(flip_test=False)
    for key, value in keys.items():
        config[key] = value
    path = tmp_path / f'{scene}_{len(list(tmp_path.glob("*.py")))}.py'
    config.dump(path)
    return str(path)


@contextmanager
def heard() -> Iterator[list[str]]:
    """What MMEngine's logger is given meanwhile."""
    from mmengine.logging import MMLogger
    said: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: said.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def acceleration(poses: np.ndarray) -> float:
    """Mean length of second differences of (T, K, C)."""
    return float(np.linalg.norm(np.diff(poses, n=2, axis=0), axis=-1).mean())


#: What a config imports so that MMPose's own functions smooth.
AUTOPATCH = 'smoothnet_plugin.integrations.mmpose.autopatch'


@contextmanager
def unpatched() -> Iterator[None]:
    """As in a process that has not read any config yet, before and afterwards."""
    def forget() -> None:
        module = sys.modules.pop(AUTOPATCH, None)
        if module is not None:
            module.unpatch()

    forget()
    yield
    forget()
