_base_ = [
    '../_base_/models/savgol.py', '../_base_/datasets/uiprmd_kinect_3d_test.py',
    '../_base_/default_runtime.py'
]
