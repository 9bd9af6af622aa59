# MMPose 0.x: configs/_base_/filters/gaussian.py, with the same kernel but no bias at the ends of a
# clip.
smoother = dict(type='GaussianFilter', window_size=11, sigma=4.0)
