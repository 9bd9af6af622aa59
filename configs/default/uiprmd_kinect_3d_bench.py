# Kinect v2 against Vicon: subjects that no training of smoother='default' sees. Filters are tuned
# on those that it is trained on.
_base_ = '../_base_/datasets/uiprmd_kinect_3d.py'
