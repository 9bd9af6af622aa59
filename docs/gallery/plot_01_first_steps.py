"""
Smooth a results file
=====================

The sample is MediaPipe's output for a short video. ``smooth`` reads the file, smooths the poses,
and returns the tracks; with ``out=`` it also writes them in the same format.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import load, smooth

path = '../../demo/data/sports2d_mediapipe.json'
raw = load(path, fps=30, skeleton='coco')
smoothed = smooth(raw)

# %%
# Tracks hold one sequence per person. The plot shows the vertical position of one keypoint.

person = max(raw.tracks, key=lambda track_id: len(raw[track_id]))
before, after = raw[person], smoothed[person]
seconds = before.frame_ids / before.fps
jitter = np.linalg.norm(np.diff(before.coords, 2, axis=0), axis=-1).mean(axis=0)
joint = int(np.nanargmax(jitter))

figure, axis = plt.subplots(figsize=(8, 3.5), layout='constrained')
axis.plot(seconds, before.coords[:, joint, 1], '.-', lw=0.8, ms=3, color='C1',
          label='estimator')
axis.plot(after.frame_ids / before.fps, after.coords[:, joint, 1], lw=2, color='C0',
          label='smoothed')
axis.invert_yaxis()
axis.set(xlabel='time (s)', ylabel='y in the image (px)',
         title=f'The keypoint that jitters most: {before.skeleton.keypoint_names[joint]}')
axis.legend()
plt.show()
