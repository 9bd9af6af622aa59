_base_ = ['./_base_/cpu_12-joints.py', '../_base_/datasets/cmu_3d_named.py']

train_dataloader = dict(dataset=dict(window_size={{_base_.model.network.window_size}}))
