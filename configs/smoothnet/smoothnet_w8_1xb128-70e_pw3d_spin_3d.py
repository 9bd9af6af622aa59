_base_ = './smoothnet_w32_1xb128-70e_pw3d_spin_3d.py'

model = dict(network=dict(window_size=8))
train_dataloader = dict(dataset=dict(window_size=8))
