"""
Compare smoothers where the truth is known
==========================================

A made-up person walks, noise is added, and every preset removes it again. Two errors matter: how
far keypoints are from where they should be, and how far their accelerations are, which is what the
eye sees as jitter.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from smoothnet_plugin.evaluation.functional import accel_error, mpjpe
from tests.walking import walking_person

FPS = 30
rng = np.random.default_rng(0)
truth = walking_person(300, FPS, dims=2)
noisy = truth + rng.normal(0, 6, truth.shape)

names = ['input', 'default', 'robust', 'classical', 'gaussian', 'savgol', 'one_euro', 'kalman']
errors = {}
for name in names:
    result = noisy if name == 'input' else smooth(noisy, name, fps=FPS)
    errors[name] = mpjpe(result, truth), accel_error(result, truth)

# %%
# Down and to the left is better.

figure, axis = plt.subplots(figsize=(7, 4.5), layout='constrained')
for marker, (name, (position, acceleration)) in zip('os^Dv<>P', errors.items()):
    axis.scatter(position, acceleration, s=70, marker=marker, label=name,
                 edgecolor='black', linewidth=0.6)
axis.legend()
axis.set(xlabel='mean position error (px)', ylabel='mean acceleration error (px/frame²)',
         yscale='log', title='300 frames, white noise of 6 px an axis')
axis.margins(0.15)
plt.show()
