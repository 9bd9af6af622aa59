# Kinect v2 with Vicon as ground truth: subjects that are not used to train smoother='default'.
# Filters are tuned on its training subjects.
_base_ = '../_base_/datasets/uiprmd_kinect_3d.py'
