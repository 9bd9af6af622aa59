# Trains on 2 CPU cores; the README has the results.
_base_ = [
    '../_base_/models/smoothnet_512-64-3.py', '../_base_/datasets/uiprmd_kinect_3d.py',
    '../_base_/schedules/adam_10e.py', '../_base_/default_runtime.py', '../_base_/windows.py'
]

train_dataloader = dict(dataset=dict(window_size={{_base_.model.network.window_size}}))
