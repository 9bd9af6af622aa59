"""
Strength
========

``strength`` sets how much of the smoothing is applied: 0 returns the input, 1 the full result. It
works for every smoother, including the networks.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from smoothnet_plugin.evaluation.functional import accel_error, mpjpe
from tests.walking import walking_person

FPS = 30
rng = np.random.default_rng(7)
truth = walking_person(150, FPS, dims=2)
noisy = truth + rng.normal(0, 6, truth.shape)
strengths = np.linspace(0, 1, 6)
results = [smooth(noisy, 'classical', fps=FPS, strength=float(s)) for s in strengths]

figure, axis = plt.subplots(figsize=(7, 4), layout='constrained')
axis.plot(strengths, [mpjpe(r, truth) for r in results], 'o-', label='position (px)')
axis.plot(strengths, [accel_error(r, truth) for r in results], 's-',
          label='acceleration (px/frame²)')
axis.set(xlabel='strength', ylabel='mean error', ylim=(0, None))
axis.legend()
plt.show()
