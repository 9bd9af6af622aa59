"""
Compare smoothers with known ground truth
=========================================

A synthetic person walks, noise is added, and every preset removes it. Two errors matter: the
distance of keypoints from their true position, and the error of their acceleration, which is
visible as jitter.
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
# Lower left is better.

figure, axis = plt.subplots(figsize=(7, 4.5), layout='constrained')
for marker, (name, (position, acceleration)) in zip('os^Dv<>P', errors.items()):
    axis.scatter(position, acceleration, s=70, marker=marker, label=name,
                 edgecolor='black', linewidth=0.6)
axis.legend()
axis.set(xlabel='mean position error (px)', ylabel='mean acceleration error (px/frame²)',
         yscale='log', title='300 frames, white noise of 6 px an axis')
axis.margins(0.15)
plt.show()
