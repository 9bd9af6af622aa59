# The paper's position, velocity and acceleration branches.
_base_ = './smoothnet_w32_1xb32-4e_uiprmd_kinect_3d.py'

model = dict(network=dict(type='MotionAwareSmoothNet'))
