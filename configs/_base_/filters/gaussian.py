# MMPose 0.x: configs/_base_/filters/gaussian.py. The same kernel without its bias at both ends of
# a clip.
smoother = dict(type='GaussianFilter', window_size=11, sigma=4.0)
