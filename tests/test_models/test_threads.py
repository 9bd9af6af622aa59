"""Live networks run on one thread, whole clips on those of PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from smoothnet_plugin import smooth
from smoothnet_plugin.models.threads import LONGEST_LIVE, threads_for
from smoothnet_plugin.models.trajectory_transformer import TrajectoryTransformer
from smoothnet_plugin.smoothers import build_smoother
from tests.walking import walking_person


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_short_clips_run_on_one_thread(two_threads):
    with threads_for(LONGEST_LIVE * 8, 8):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
    with threads_for(LONGEST_LIVE * 8 + 1, 8):
        assert torch.get_num_threads() == 2


def test_the_number_is_restored_after_an_error(two_threads):
    with pytest.raises(ValueError), threads_for(8, 8):
        raise ValueError
    assert torch.get_num_threads() == 2


def test_network(two_threads, monkeypatch):
    used, forward = [], TrajectoryTransformer.forward_window

    def counted(self, x):
        used.append(torch.get_num_threads())
        return forward(self, x)

    monkeypatch.setattr(TrajectoryTransformer, 'forward_window', counted)
    rng = np.random.default_rng(3)
    person = walking_person(300, 30.0, 2) + rng.normal(0, 3, (300, 17, 2))
    smoother = build_smoother('network', fps=30.0, lookahead=2)
    for pose in person[:80]:
        smoother.step(pose)
    assert used and set(used) == {1}
    used.clear()
    smooth(person, 'network', fps=30.0)
    assert used and set(used) == {2}
    assert torch.get_num_threads() == 2
