"""A small video of a walking figure, its poses, and the demos as functions."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.integrations.estimators import Estimator
from smoothnet_plugin.structures import PoseInstance, get_skeleton
from smoothnet_plugin.utils.command import run_command
from smoothnet_plugin.visualization.painter import draw_pose
from smoothnet_plugin.visualization.timed_video import write_timed
from tests.walking import walking_person

REPO = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, FPS, FRAMES = 320, 240, 25, 30


@pytest.fixture
def demo():
    """``demo('video_demo', arguments...)`` runs a demo; returns its exit status."""
    def run(name: str, *arguments: object) -> int:
        main = runpy.run_path(str(REPO / 'demo' / f'{name}.py'))['main']
        small = () if '--height' in arguments else ('--height', 240)
        return run_command(main, [str(argument) for argument in (*arguments, *small)],
                           name=f'{name}.py')

    return run


@pytest.fixture(scope='session')
def truth() -> np.ndarray:
    """Poses of a person who walks across the picture, shape (T, 17, 2)."""
    return 0.2 * walking_person(FRAMES, FPS, dims=2) + [60, 20]


@pytest.fixture(scope='session')
def noisy(truth: np.ndarray) -> np.ndarray:
    return truth + np.random.default_rng(0).normal(0, 2, truth.shape)


@pytest.fixture(scope='session')
def clip(truth: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The video of the figure."""
    path = tmp_path_factory.mktemp('clip') / 'walk.mp4'

    def pictures():
        for number, pose in enumerate(truth):
            picture = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
            draw_pose(picture, pose, skeleton=get_skeleton('coco'))
            yield number / FPS, picture

    write_timed(path, pictures())
    return path


@pytest.fixture(scope='session')
def poses_file(noisy: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The noisy poses as MMPose's inferencer writes them."""
    path = tmp_path_factory.mktemp('poses') / 'walk.json'
    path.write_text(json.dumps([
        {'frame_id': number, 'instances': [
            {'keypoints': pose.tolist(), 'keypoint_scores': [0.9] * 17, 'bbox': [[0, 0, 9, 9]],
             'bbox_score': 1.0}]} for number, pose in enumerate(noisy)]))
    return path


class NoisyEstimator(Estimator):
    """Gives the noisy poses one after another; frames of the video are not looked at."""

    skeleton = get_skeleton('coco')

    def __init__(self, poses: np.ndarray, stop_at: int | None = None) -> None:
        self.poses, self.calls, self.stop_at = poses, 0, stop_at

    def __call__(self, picture: np.ndarray) -> list[PoseInstance]:
        if self.calls == self.stop_at:
            raise KeyboardInterrupt
        self.calls += 1
        return [PoseInstance(self.poses[self.calls - 1], np.full(17, 0.9))]


@pytest.fixture
def estimator(noisy, monkeypatch):
    """Puts an estimator that knows the poses in MediaPipe's place; returns a setter."""
    from smoothnet_plugin.integrations import demo_arguments

    def use(stop_at: int | None = None) -> NoisyEstimator:
        chosen = NoisyEstimator(noisy, stop_at)
        monkeypatch.setattr(demo_arguments, 'build_estimator', lambda name, **_: chosen)
        return chosen

    return use
