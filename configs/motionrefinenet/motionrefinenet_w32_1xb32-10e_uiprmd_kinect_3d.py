_base_ = ['./_base_/cpu_12-joints.py', '../_base_/datasets/uiprmd_kinect_3d.py']

train_dataloader = dict(dataset=dict(window_size={{_base_.model.network.window_size}}))
