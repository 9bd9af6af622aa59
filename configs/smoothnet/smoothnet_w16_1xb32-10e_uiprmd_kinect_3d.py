_base_ = './smoothnet_w64_1xb32-10e_uiprmd_kinect_3d.py'

model = dict(network=dict(window_size=16))
train_dataloader = dict(dataset=dict(window_size=16))
