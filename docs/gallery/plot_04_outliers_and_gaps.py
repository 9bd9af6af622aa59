"""
Outliers and gaps
=================

A keypoint that jumps away for one frame, and one that is lost for some frames. NaN marks a missing
value; gaps of up to ``max_gap`` frames are interpolated.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from tests.walking import walking_person

FPS, WRIST = 30, 9
rng = np.random.default_rng(2)
poses = walking_person(120, FPS, dims=2) + rng.normal(0, 3, (120, 17, 2))
poses[40, WRIST] += (260, -300)
poses[70:77, WRIST] = np.nan

# A config has no preprocessing; the name of a smoother hides outliers from the filter.
plain = smooth(poses, dict(type='GaussianFilter'), fps=FPS)
named = smooth(poses, 'gaussian', fps=FPS)
robust = smooth(poses, 'robust', fps=FPS)

time = np.arange(120) / FPS
figure, axis = plt.subplots(figsize=(8, 4), layout='constrained')
axis.plot(time, poses[:, WRIST, 1], '.', color='black', ms=4, label='input')
for label, result in (('Gaussian alone', plain), ("'gaussian'", named), ("'robust'", robust)):
    axis.plot(time, result[:, WRIST, 1], label=label)
axis.axvspan(70 / FPS, 77 / FPS, alpha=0.15, color='grey')
axis.text(73.5 / FPS, axis.get_ylim()[0], 'lost', ha='center', va='bottom')
axis.set(xlabel='time (s)', ylabel='y of the wrist (px)')
axis.legend()
plt.show()
