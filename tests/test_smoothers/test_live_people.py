"""Live, the people of a frame go through the filters together, each as if they were alone."""

import numpy as np
import pytest

from smoothnet_plugin import build_smoother, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseInstance
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


@pytest.mark.parametrize('preset', [
    pytest.param('default', marks=pytest.mark.slow), 'robust',
    pytest.param('network', marks=pytest.mark.slow), 'gaussian', 'one_euro', 'kalman'])
def test_together_as_alone(preset):
    given = people()
    together = live(preset, given)
    for key, poses in given.items():
        alone = live(preset, {key: poses})[key]
        assert len(alone) == len(poses[1])
        np.testing.assert_allclose(together[key], alone, rtol=0, atol=1e-9)
        assert not np.allclose(alone, poses[1], equal_nan=True)


#: Frames in which each of the three is seen: born late, lost for good, and back after a loss.
SEEN = {'early': [*range(80)], 'late': [*range(23, 80)], 'lost': [*range(40), *range(60, 80)]}


def histories() -> dict[str, dict[int, np.ndarray]]:
    """Poses by frame of people of the same shape with differing histories."""
    result = {}
    for number, (key, frames) in enumerate(SEEN.items()):
        rng = np.random.default_rng(10 + number)
        poses = walking_person(80, FPS, 2, phase=number) + rng.normal(0, 3, (80, 17, 2))
        if key != 'early':
            poses[rng.random(poses.shape[:2]) < 0.1] = np.nan
            poses[50:58, 9] = np.nan
        result[key] = {frame: poses[frame] for frame in frames}
    return result


def shown(preset: str, people: dict[str, dict[int, np.ndarray]], lookahead: int = 6,
          ) -> dict[tuple[int, str], np.ndarray]:
    """Live results by frame and person, interpolated ones included."""
    smoother = build_smoother(preset, fps=FPS, lookahead=lookahead)
    finished = []
    for frame in range(80):
        finished += smoother.step(
            {key: poses[frame] for key, poses in people.items() if frame in poses}, frame)
    return {(frame.frame_id, i.track_id): i.keypoints
            for frame in [*finished, *smoother.flush()] for i in frame.instances}


@pytest.mark.parametrize('preset', ['robust', 'gaussian', 'kalman', 'one_euro', 'classical'])
def test_histories_that_differ_stay_apart(preset):
    people = histories()
    together = shown(preset, people)
    for key, poses in people.items():
        alone = shown(preset, {key: poses})
        assert alone.keys() == {entry for entry in together if entry[1] == key}
        for entry, values in alone.items():
            # Matrix products of linear filters round by the number of columns.
            np.testing.assert_allclose(together[entry], values, rtol=1e-12, atol=0 if
                                       preset == 'robust' else 1e-11)


@pytest.mark.parametrize('preset', ['gaussian', 'kalman'])
def test_live_stages_before_the_last_skip_nothing_that_counts(preset):
    """A stage computes only the rows that later stages need: the result is the offline one."""
    people = {'early': histories()['early']}
    people['early'][30] = people['early'][30] + 0.0
    people['early'][30][9] += 300  # for the outlier gate
    live = shown(preset, people, lookahead=60)
    clip = np.stack([people['early'][frame] for frame in range(80)])
    offline = smooth(clip, preset, fps=FPS)
    result = np.stack([live[frame, 'early'] for frame in range(80)])
    np.testing.assert_allclose(result, offline, atol=1e-3)
    assert np.abs(offline[30, 9] - clip[30, 9]).max() > 200


@pytest.mark.parametrize('given', [
    {'keypoints': np.zeros((5, 2)), 'keypoint_scores': np.ones(5)},
    [{'keypoints': np.zeros((5, 2))}], [PoseInstance(np.zeros((5, 2)))]],
    ids=['dict', 'list', 'own'])
def test_records_in_place_of_a_frame(given):
    with pytest.raises(DataFormatError, match='expected the array of a person, a dict of arrays'):
        build_smoother('one_euro', fps=30).step(given)


@pytest.mark.parametrize('given', [None, [], np.zeros((0, 5, 2)), np.zeros((2, 5, 2))],
                         ids=['None', 'list', 'no people', 'two people'])
def test_arrays_that_are_not_one_person(given):
    with pytest.raises(DataFormatError, match='several people by id.* and {} for none'):
        build_smoother('one_euro', fps=30).step(given)


def test_frames_without_people():
    live = build_smoother('one_euro', fps=30)
    assert [len(live.step(frame)[0].instances) for frame in (
        {}, {'a': np.eye(5, 2)}, {}, {'a': np.eye(5, 2)})] == [0, 1, 0, 1]
