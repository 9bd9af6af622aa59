"""
Swapped left and right sides
============================

Estimators that see a person from behind or from the side swap left and right in some frames. A
filter then averages the two legs, and the person collapses. Smoothers given by name detect such
frames and correct the sides before filtering; the report counts them.
"""

import matplotlib.pyplot as plt
import numpy as np

from smoothnet_plugin import smooth
from smoothnet_plugin.structures import PoseTracks, get_skeleton
from tests.walking import walking_person

FPS = 30
rng = np.random.default_rng(3)
coco = get_skeleton('coco')
truth = walking_person(90, FPS, dims=2, turn=0.5)
poses = truth + rng.normal(0, 2, truth.shape)
legs = [coco.keypoint_names.index(f'{side}_{joint}') for joint in ('hip', 'knee', 'ankle')
        for side in ('left', 'right')]
swapped = slice(35, 50)
poses[swapped, legs] = poses[swapped, [legs[i ^ 1] for i in range(6)]]

tracks = PoseTracks.from_array(poses, fps=FPS, skeleton=coco)
with_search = smooth(tracks, 'classical')[0].coords
without = smooth(tracks, 'classical', exchanges=False)[0].coords

ankle = coco.keypoint_names.index('left_ankle')
time = np.arange(90) / FPS
figure, axis = plt.subplots(figsize=(8, 4), layout='constrained')
axis.plot(time, poses[:, ankle, 0] - poses[:, legs, 0].mean(axis=1), '.', color='black', ms=4,
          label='input')
for label, result in (('exchanges=False', without), ('corrected (the default)', with_search)):
    axis.plot(time, result[:, ankle, 0] - poses[:, legs, 0].mean(axis=1), label=label)
axis.set(xlabel='time (s)', ylabel='left ankle ahead of the legs (px)')
axis.legend()
plt.show()
