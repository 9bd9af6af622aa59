# Sub-JHMDB's clips have 35 frames on average: a window of 8 or 16 sees more of them.
_base_ = [
    '../_base_/models/smoothnet_512-128-5.py', '../_base_/datasets/jhmdb_simplepose_2d.py',
    '../_base_/schedules/adam_70e.py', '../_base_/default_runtime.py', '../_base_/windows.py'
]

train_dataloader = dict(dataset=dict(window_size={{_base_.model.network.window_size}}))
default_hooks = dict(checkpoint=dict(save_best='pck@0.05', rule='greater'))
