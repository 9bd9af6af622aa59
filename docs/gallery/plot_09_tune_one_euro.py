"""
Tune the One-Euro filter
========================

``min_cutoff`` sets how steady a resting hand is, ``beta`` how quickly the filter follows fast
motion. Here the ground truth is known; without it, check a resting and a fast part of your own
data.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from smoothnet_plugin.evaluation.functional import mpjpe

FPS = 30
rng = np.random.default_rng(6)
t = np.arange(240) / FPS
reach = 300 / (1 + np.exp(-14 * (t - 2.5))) - 300 / (1 + np.exp(-14 * (t - 5.5)))
truth = np.zeros((240, 3, 2))
truth[:, 0, 0] = reach
truth[:, 1:, 0] = (150, 0)
truth[:, 2, 1] = 400
noisy = truth + rng.normal(0, 4, truth.shape)

# Two of the three points never move, so that here a low cut-off is never too low.
cutoffs, betas = np.geomspace(0.03, 3, 9), np.geomspace(0.5, 50, 9)
error = np.array([[mpjpe(smooth(noisy, dict(type='OneEuroFilter', min_cutoff=c, beta=b),
                                fps=FPS), truth) for c in cutoffs] for b in betas])

figure, axis = plt.subplots(figsize=(6.5, 4.8), layout='constrained')
picture = axis.pcolormesh(cutoffs, betas, error, cmap='cividis', shading='nearest')
best = np.unravel_index(error.argmin(), error.shape)
axis.plot(cutoffs[best[1]], betas[best[0]], 'o', color='white', mec='black', ms=10)
axis.set(xscale='log', yscale='log', xlabel='min_cutoff (Hz)', ylabel='beta (Hz per body size/s)',
         title=f'Position error; best {error.min():.2f} px of {mpjpe(noisy, truth):.2f}')
axis.set_xticks([0.03, 0.1, 0.3, 1, 3], labels=['0.03', '0.1', '0.3', '1', '3'])
axis.set_yticks([0.5, 1, 5, 10, 50], labels=['0.5', '1', '5', '10', '50'])
axis.minorticks_off()
figure.colorbar(picture, label='mean position error (px)')
plt.show()
