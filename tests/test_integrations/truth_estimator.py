"""For ``custom_imports`` of test configs: the estimator that knows the truth, and its scene."""

from __future__ import annotations

import numpy as np

from .mmpose_parts import SCENES, Scene, register_truth_head, walker

FRAMES = 20
_second = walker(FRAMES, 230, -1.0, seed=2)
# An odd number of people in all, so that two processes must share them unevenly.
_second[-1] = np.nan
#: Two people who walk towards each other, seen with 3 px of jitter.
SCENES['two_walkers'] = Scene([walker(FRAMES, 70, 2.0, seed=1), _second], noise=3.0)

register_truth_head()
