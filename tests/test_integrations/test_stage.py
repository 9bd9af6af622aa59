"""Ids and boxes of the inferencers' smoothing stage, without MMPose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from smoothnet_plugin.integrations.mmpose.stage import Shot, SmoothingStage
from smoothnet_plugin.structures import PoseFrame, PoseInstance

COUNT = 40


def frames(given, lost=None):
    """Two people side by side; ``given(t, p)`` is an id or None, ``lost(t, p)`` a lost person."""
    rng = np.random.default_rng(0)
    body = rng.uniform(0, 100, (17, 2))
    clip = []
    for t in range(COUNT):
        people = []
        for p in range(2):
            pose = body + [400 * p + 2 * t, 50] + rng.normal(0, 1, (17, 2))
            box = np.array([*pose.min(axis=0), *pose.max(axis=0)])
            if lost is None or not lost(t, p):
                people.append(PoseInstance(pose, np.ones(17), box, given(t, p)))
        clip.append(PoseFrame(t, people, payload=Shot([], None, (1280, 720))))
    return clip


def ids_of(finished):
    return [[instance.track_id for instance in frame.instances] for frame in finished]


GIVEN = {
    'lost in some frames': lambda t, p: None if (t + p) % 7 == 3 else 'ab'[p],
    'one person never': lambda t, p: 'a' if p == 0 else None,
    'from the fifth frame on': lambda t, p: 'ab'[p] if t > 4 else None,
}


@pytest.mark.parametrize('case', GIVEN)
@pytest.mark.parametrize('entry', ['gaussian', False])
@pytest.mark.parametrize('lookahead', [0, 10])
def test_given_ids_are_kept(case, entry, lookahead):
    clip = frames(GIVEN[case])
    finished = list(SmoothingStage(entry).live(clip, 30, lookahead))
    ids = ids_of(finished)
    for frame, found in zip(clip, ids):
        assert len(found) == len(set(found)) == 2
        assert all(given.track_id in (None, name) for given, name in zip(frame.instances, found))
    late = ids[10:]
    assert all(found == late[0] for found in late)
    if case == 'from the fifth frame on' and entry and lookahead == 10:
        assert ids[0] == ['a', 'b']


def test_boxes_follow_renamed_people():
    """A person is lost while it has no id yet; its box between comes from both sides."""
    clip = frames(lambda t, p: 'ab'[p] if t > 12 else None,
                  lost=lambda t, p: p == 1 and t in (6, 7))
    finished = list(SmoothingStage('gaussian').live(clip, 30, 12))
    for t in (6, 7):
        added = finished[t].instances[-1]
        assert added.track_id == 'b' and added.filled
        whole = frames(lambda t, p: None)[t].instances[1].bbox
        np.testing.assert_allclose(added.bbox, whole, atol=8)


@pytest.mark.parametrize('name', ['gaussian', 'one_euro'])
def test_ids_that_all_are_given_change_nothing(name):
    clip = frames(lambda t, p: p)
    plain = list(SmoothingStage(name).live(clip, 30, 5))
    named = list(SmoothingStage(name).live(
        [dataclasses.replace(frame) for frame in frames(lambda t, p: None)], 30, 5))
    assert ids_of(plain) == ids_of(named)
    for one, other in zip(plain, named):
        for a, b in zip(one.instances, other.instances):
            np.testing.assert_array_equal(a.keypoints, b.keypoints)
