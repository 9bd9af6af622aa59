"""
The report
==========

The report shows how far keypoints moved, how much their jitter decreased, and what was detected in
the input.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import load
from smoothnet_plugin.apis.smooth import smooth_with_report

tracks = load('../../demo/data/sports2d_mediapipe.json', fps=30, skeleton='coco')
smoothed, report = smooth_with_report(tracks)
for label, value in report.lines():
    print(f'{label:20} {value}')

# %%
# Per keypoint: the acceleration before and after.

person = max(tracks.tracks, key=lambda track_id: len(tracks[track_id]))
before, after = tracks[person], smoothed[person]
rows = np.isin(after.frame_ids, before.frame_ids)
accelerations = [np.nanmean(np.linalg.norm(np.diff(coords, 2, axis=0), axis=-1), axis=0)
                 for coords in (before.coords, after.coords[rows])]
names = before.skeleton.keypoint_names
place = np.arange(len(names))
figure, axis = plt.subplots(figsize=(9, 4.5), layout='constrained')
for offset, values, label, color in zip((-0.2, 0.2), accelerations, ('input', 'smoothed'),
                                        ('C1', 'C0')):
    axis.bar(place + offset, values, width=0.4, color=color, label=label)
axis.set_xticks(place, names, rotation=60, ha='right')
axis.set(ylabel='mean acceleration (px/frame²)')
axis.legend()
plt.show()
