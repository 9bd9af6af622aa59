_base_ = [
    '../_base_/models/motionrefinenet_512-128-5.py', '../_base_/datasets/h36m_fcn_3d.py',
    '../_base_/schedules/adam_70e.py', '../_base_/default_runtime.py', '../_base_/windows.py'
]

# Human3.6M's 17 keypoints; the network finds freely moving ones by name.
model = dict(network=dict(num_keypoints=17))

train_dataloader = dict(
    batch_size=256, dataset=dict(window_size={{_base_.model.network.window_size}}))
auto_scale_lr = dict(base_batch_size=256)
