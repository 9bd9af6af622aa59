"""
Time stamps instead of a frame rate
===================================

Phones and webcams have uneven frame rates. ``timestamps`` gives the time of each frame in seconds,
and filters run on the true times.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth

rng = np.random.default_rng(5)
step = np.where(np.arange(200) % 50 < 25, 1 / 60, 1 / 15) * rng.uniform(0.8, 1.2, 200)
seconds = np.cumsum(step)


def hand(t):
    """A hand that waves at 1.5 Hz, in pixels."""
    return 60 * np.sin(2 * np.pi * 1.5 * t)


poses = np.zeros((200, 2, 2))
poses[:, 1] = (0, 100)
poses[:, 0, 0] = hand(seconds)
poses += rng.normal(0, 5, poses.shape)

even = smooth(poses, 'butterworth', fps=1 / step.mean())
timed = smooth(poses, 'butterworth', timestamps=seconds)

figure, axis = plt.subplots(figsize=(8, 4), layout='constrained')
axis.plot(seconds, poses[:, 0, 0], '.', color='black', ms=4, label='input')
fine = np.linspace(seconds[0], seconds[-1], 2000)
axis.plot(fine, hand(fine), color='grey', lw=0.8, label='truth')
for label, result in (('mean frame rate', even), ('time stamps', timed)):
    error = np.sqrt(np.mean((result[:, 0, 0] - hand(seconds)) ** 2))
    axis.plot(seconds, result[:, 0, 0], label=f'{label}: {error:.1f} px')
axis.set(xlabel='time (s)', ylabel='x of the hand (px)', xlim=(1, 5))
axis.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
plt.show()
