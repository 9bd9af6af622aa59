# The paper's position, velocity and acceleration branches.
_base_ = './smoothnet_w64_1xb32-10e_uiprmd_kinect_3d.py'

model = dict(network=dict(type='MotionAwareSmoothNet'))
