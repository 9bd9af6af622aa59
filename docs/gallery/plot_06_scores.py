"""
Using scores
============

``robust`` and ``default`` weight a keypoint by its score relative to its usual score. Here the
wrist is hidden for 12 frames: the estimator guesses, with low scores. The scores themselves never
change.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from tests.walking import walking_person

FPS, WRIST = 30, 9
rng = np.random.default_rng(4)
truth = walking_person(150, FPS, dims=2)
poses = truth + rng.normal(0, 3, truth.shape)
scores = rng.uniform(0.8, 0.95, (150, 17))
hidden = slice(60, 72)
poses[hidden, WRIST] += (0, -45)
scores[hidden, WRIST] = rng.uniform(0.1, 0.25, 12)

time = np.arange(150) / FPS
figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 5), layout='constrained', sharex=True,
                                     height_ratios=[3, 1])
top.plot(time, poses[:, WRIST, 1], '.', color='black', ms=4, label='input')
top.plot(time, truth[:, WRIST, 1], color='grey', ls='--', label='truth')
top.plot(time, smooth(poses, 'robust', fps=FPS)[:, WRIST, 1], label='without scores')
top.plot(time, smooth(poses, 'robust', fps=FPS, scores=scores)[:, WRIST, 1], label='with scores')
top.set(ylabel='y of the wrist (px)')
top.legend()
bottom.plot(time, scores[:, WRIST])
bottom.set(xlabel='time (s)', ylabel='score', ylim=(0, 1))
plt.show()
