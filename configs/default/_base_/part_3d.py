# What all parts of the recipe for 3D keypoints share: all but the schedule.
_base_ = [
    './training_data.py', '../../_base_/models/trajectory-transformer_192-3.py',
    '../../_base_/datasets/uiprmd_kinect_3d_test.py', '../../_base_/train_loader.py',
    '../../_base_/default_runtime.py'
]

train_dataloader = dict(
    batch_size=12,
    # Motion capture has two turns of three.
    batch_sampler=dict(type='RoundRobinBatchSampler', drop_last=True),
    dataset=dict(type='ConcatPoseDataset', datasets={{_base_.data_3d.first}}))
auto_scale_lr = dict(base_batch_size=12)
