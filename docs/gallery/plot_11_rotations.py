"""
Rotations
=========

Axis-angle vectors of SMPL jump when a rotation passes half a turn, although the body does not.
Smoothers work on rotations, not on the three numbers.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.transform import Rotation

from smoothnet_plugin import smooth

FPS = 30
rng = np.random.default_rng(8)
angle = np.linspace(0, 2 * np.pi, 120)
truth = Rotation.from_rotvec(angle[:, None] * [0, 1, 0])
noisy = truth * Rotation.from_rotvec(rng.normal(0, 0.08, (120, 3)))
poses = noisy.as_rotvec()[:, None]

result = smooth(poses, 'gaussian', fps=FPS, representation='axis_angle')
time = np.arange(120) / FPS
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout='constrained')
left.plot(time, poses[:, 0, 1], '.', ms=4, color='black', label='input')
left.plot(time, result[:, 0, 1], label='smoothed')
left.set(xlabel='time (s)', ylabel='second value of the axis-angle (rad)')
left.legend()
for label, color, rotations in (('input', 'C1', noisy),
                                ('smoothed', 'C0', Rotation.from_rotvec(result[:, 0]))):
    right.plot(time, np.degrees((truth.inv() * rotations).magnitude()), color=color,
               label=label)
right.set(xlabel='time (s)', ylabel='angle to the truth (°)')
right.legend()
plt.show()
