"""Live smoothing from several threads."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest

from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance


def in_threads(*works):
    """Run functions side by side; an error in one of them is raised here."""
    errors = []

    def guarded(work):
        try:
            work()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize('name', ['one_euro', 'kalman', 'savgol'])
def test_every_frame_comes_out_once_and_in_order(name, rng):
    smoother = build_smoother(name, fps=30, lookahead=4)
    pose = rng.normal(300, 80, (17, 2))
    out, together = [], threading.Lock()

    def feed(key):
        noise = np.random.default_rng(key)
        for _ in range(100):
            finished = smoother.step({key: pose + noise.normal(0, 1, pose.shape)})
            with together:
                out.extend(finished)

    in_threads(*(lambda key=key: feed(key) for key in range(4)))
    out += smoother.flush()
    assert sorted(f.frame_id for f in out) == list(range(400))
    counts = {key: sum(i.track_id == key and not i.filled for f in out for i in f.instances)
              for key in range(4)}
    assert counts == dict.fromkeys(range(4), 100)


@pytest.mark.parametrize('name', ['one_euro', pytest.param('default', marks=pytest.mark.slow)])
def test_a_video_each_as_one_after_the_other(name, rng):
    videos = np.cumsum(rng.normal(0, 2, (3, 30, 17, 2)), axis=1) + 300
    first = build_smoother(name, fps=30, lookahead=4)

    def live(smoother, video):
        frames = [PoseFrame(t, [PoseInstance(pose)]) for t, pose in enumerate(video)]
        out = [f for frame in frames for f in smoother.step(frame)] + smoother.flush()
        return np.stack([f.instances[0].keypoints for f in out])

    expected = [live(first.for_video(), video) for video in videos]
    found = [np.zeros(0)] * 3

    def work(n):
        found[n] = live(first.for_video(), videos[n])

    in_threads(*(lambda n=n: work(n) for n in range(3)))
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one, other)


def test_a_smoother_can_be_copied_and_pickled():
    smoother = build_smoother('one_euro', fps=30)
    pose = np.ones((5, 2))
    smoother.step(pose)
    for twin in (copy.copy(smoother), copy.deepcopy(smoother)):
        twin.reset()
        assert len(twin.step(pose)) == 1
    smoother.reset()
    assert len(pickle.loads(pickle.dumps(smoother)).step(pose)) == 1
