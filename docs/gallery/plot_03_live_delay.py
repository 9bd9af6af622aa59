"""
Live smoothing: accuracy and delay
==================================

A live smoother may wait for future frames. The result with a look-ahead of *n* frames is available
*n* frames late, and equals the offline result for the clip up to that moment.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from smoothnet_plugin.evaluation.functional import accel_error, mpjpe
from tests.walking import walking_person

FPS = 30
rng = np.random.default_rng(1)
truth = walking_person(200, FPS, dims=2)
noisy = truth + rng.normal(0, 6, truth.shape)
lookaheads = [0, 1, 2, 4, 8, 12]

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout='constrained', sharex=True)
for name in ('one_euro', 'gaussian', 'robust'):
    results = [smooth(noisy, name, fps=FPS, lookahead=n) for n in lookaheads]
    for axis, measure in zip(axes, (mpjpe, accel_error)):
        axis.plot(lookaheads, [measure(result, truth) for result in results], 'o-', label=name)
axes[0].axhline(mpjpe(noisy, truth), color='black', ls=':', label='input')
axes[1].axhline(accel_error(noisy, truth), color='black', ls=':', label='input')
axes[0].set(xlabel='look-ahead (frames)', ylabel='position error (px)')
axes[1].set(xlabel='look-ahead (frames)', ylabel='acceleration error (px/frame²)', yscale='log')
axes[0].legend()
plt.show()
