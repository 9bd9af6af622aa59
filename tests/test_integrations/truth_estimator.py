"""For ``custom_imports`` of test configs: the estimator that knows the truth, and its scene."""

from __future__ import annotations

from .mmpose_parts import SCENES, Scene, register_truth_head, walker

FRAMES = 24
#: Two people who walk towards and past each other, seen with 3 px of jitter.
SCENES['two_walkers'] = Scene(
    [walker(FRAMES, 70, 2.0, seed=1), walker(FRAMES, 250, -2.0, seed=2)], noise=3.0)

register_truth_head()
