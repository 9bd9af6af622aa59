from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smoothnet_plugin.structures import PoseFrame, PoseInstance
from smoothnet_plugin.tracking.one_person import is_one_person
from smoothnet_plugin.tracking.tracker import PoseTracker


def clip(seed=0, frames=40, step=2.0, width=2, keypoints=17, noise=1.0, boxes=False, gap=1,
         lowest=0.5, **fields):
    """Frames of one person who walks and jitters."""
    rng = np.random.default_rng(seed)
    size = 200.0 if width == 2 else 1.0
    body = rng.uniform(0, size, (keypoints, width))
    made = []
    for t in range(frames):
        pose = body + step * t * size / 200 + rng.normal(0, noise * size / 200, body.shape)
        box = np.concatenate([pose.min(axis=0), pose.max(axis=0)])[[0, 1, -2, -1]]
        made.append(PoseFrame(t * gap, [PoseInstance(
            pose, rng.uniform(lowest, 1, keypoints), bbox=box if boxes else None, **fields)]))
    return made


def tracked(frames, tracker):
    """Ids that the tracker gives, frame by frame."""
    tracker.reset()
    return [instance.track_id for frame in frames for instance in tracker.update(frame).instances]


@pytest.mark.parametrize('change', [
    {}, {'boxes': True}, {'width': 3}, {'gap': 7}, {'lowest': 0.2}, {'frames': 1}])
def test_a_person_who_walks_is_one(change):
    frames = clip(**change)
    frames.insert(1, PoseFrame(frames[-1].frame_id + 1))
    frames.sort(key=lambda frame: frame.frame_id)
    assert is_one_person(frames, PoseTracker())
    assert set(tracked(frames, PoseTracker())) == {0}


@pytest.mark.parametrize('change', [
    {'step': 150.0}, {'keypoints': 1}, {'gap': 40}, {'width': 3, 'boxes': True}, {'lowest': -5.0}])
def test_what_is_not_certain_is_left_to_the_tracker(change):
    assert not is_one_person(clip(**change), PoseTracker())


def test_two_people_and_odd_shapes_are_left_to_the_tracker():
    frames = clip()
    frames[3].instances *= 2
    assert not is_one_person(frames, PoseTracker())
    frames = clip()
    frames[3].instances[0].keypoint_scores = None
    assert not is_one_person(frames, PoseTracker())
    frames = clip()
    frames[3].instances[0].bbox = np.zeros(5)
    assert not is_one_person(frames, PoseTracker())
    assert not is_one_person(clip(), PoseTracker(sigmas=[0.1] * 5))
    assert not is_one_person([PoseFrame(0)], PoseTracker())


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_it_never_says_more_than_the_tracker(data):
    draw = data.draw
    frames = clip(
        seed=draw(st.integers(0, 999)), frames=draw(st.integers(1, 12)),
        step=draw(st.sampled_from([0.0, 5.0, 20.0, 60.0])), width=draw(st.sampled_from([2, 3])),
        keypoints=draw(st.sampled_from([2, 4, 17])), noise=draw(st.sampled_from([0.0, 3.0, 30.0])),
        boxes=draw(st.booleans()), gap=draw(st.sampled_from([1, 5, 31, 32])),
        lowest=draw(st.sampled_from([-1.0, 0.0, 0.5])))
    for frame in frames:
        pose = frame.instances[0].keypoints
        if draw(st.integers(0, 3)) == 0:
            pose[draw(st.integers(0, len(pose) - 1))] = draw(st.sampled_from([np.nan, 1e9, 0.0]))
    tracker = PoseTracker(body_size=draw(st.sampled_from([None, None, 50.0])),
                          min_oks=draw(st.sampled_from([0.1, 0.3, 0.7])))
    if is_one_person(frames, tracker):
        assert set(tracked(frames, tracker)) == {0}
