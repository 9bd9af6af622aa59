"""
Frequency response of the filters
=================================

The response of linear filters to waves of one frequency. Walking has frequencies below 5 Hz, fast
arm motion up to 10 Hz; jitter has all frequencies.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth

FPS, FRAMES = 60, 600
frequencies = np.geomspace(0.5, 29, 300)
t = np.arange(FRAMES) / FPS
waves = np.sin(2 * np.pi * frequencies * t[:, None])
middle = slice(200, 400)

figure, axis = plt.subplots(figsize=(8, 4.2), layout='constrained')
for config in (dict(type='GaussianFilter'), dict(type='SavgolFilter'),
               dict(type='ButterworthFilter'), dict(type='WhittakerFilter')):
    poses = np.stack([waves, np.zeros_like(waves)], axis=-1) * 100
    result = smooth(poses, config, fps=FPS)[..., 0] / 100
    gain = result[middle].std(axis=0) / waves[middle].std(axis=0)
    axis.semilogx(frequencies, gain, label=config['type'])
axis.set(xlabel='frequency (Hz)', ylabel='amplitude kept', ylim=(0, 1.1),
         title='Default parameters at 60 frames per second')
axis.set_xticks([0.5, 1, 2, 5, 10, 20], labels=['0.5', '1', '2', '5', '10', '20'])
axis.legend()
plt.show()
