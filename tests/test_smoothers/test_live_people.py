"""Live, the people of a frame go through the filters together, each as if they were alone."""

import numpy as np
import pytest

from smoothnet_plugin import build_smoother
from tests.walking import walking_person

FPS = 30.0
#: First frame, frames, values per keypoint and keypoints of each person.
PEOPLE = {'a': (0, 70, 2, 17), 'b': (0, 70, 2, 17), 'c': (9, 50, 2, 17), 'd': (20, 40, 3, 12),
          'e': (5, 60, 2, 4)}


def people() -> dict[str, tuple[int, np.ndarray]]:
    """Each person's first frame and poses, with noise, an outlier and missing values."""
    result = {}
    for number, (key, (start, frames, dims, keypoints)) in enumerate(PEOPLE.items()):
        rng = np.random.default_rng(number)
        poses = walking_person(frames, FPS, dims, phase=number)[:, :keypoints]
        poses = poses + rng.normal(0, 3 if dims == 2 else 0.01, poses.shape)
        if key in 'bd':
            poses[rng.random(poses.shape[:2]) < 0.05] = np.nan
            poses[15, 2] += 200
        if key == 'c':
            # Sides exchanged by the estimator.
            poses[20:24, 5:17] = poses[20:24][:, [6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]]
        result[key] = start, poses
    return result


def live(preset: str, given: dict[str, tuple[int, np.ndarray]]) -> dict[str, np.ndarray]:
    """Results of each person over the frames in which they are seen."""
    smoother = build_smoother(preset, fps=FPS, lookahead=4)
    frames = []
    for number in range(70):
        frames += smoother.step({
            key: poses[number - start] for key, (start, poses) in given.items()
            if start <= number < start + len(poses)}, number)
    frames += smoother.flush()
    assert [frame.frame_id for frame in frames] == list(range(70))
    return {key: np.stack([i.keypoints for frame in frames for i in frame.instances
                           if i.track_id == key and not i.filled]) for key in given}


@pytest.mark.parametrize('preset', ['default', 'robust', 'network', 'gaussian', 'one_euro',
                                    'kalman'])
def test_together_as_alone(preset):
    given = people()
    together = live(preset, given)
    for key, poses in given.items():
        alone = live(preset, {key: poses})[key]
        assert len(alone) == len(poses[1])
        np.testing.assert_allclose(together[key], alone, rtol=0, atol=1e-9)
        assert not np.allclose(alone, poses[1], equal_nan=True)
