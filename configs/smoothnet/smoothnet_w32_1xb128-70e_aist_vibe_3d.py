_base_ = [
    '../_base_/models/smoothnet_512-128-5.py', '../_base_/datasets/aist_vibe_3d.py',
    '../_base_/schedules/adam_70e.py', '../_base_/default_runtime.py', '../_base_/windows.py'
]

train_dataloader = dict(dataset=dict(window_size={{_base_.model.network.window_size}}))
