_base_ = './smoothnet_w32_1xb1024-70e_h36m_fcn_3d.py'

model = dict(network=dict(window_size=64))
train_dataloader = dict(dataset=dict(window_size=64))
