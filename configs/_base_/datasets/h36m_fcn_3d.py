# Human3.6M with FCN's estimates, 3D: windows of the train split, and the test split as
# the published trainings use it, for validation.
_base_ = './h36m_3d_test.py'

train_dataloader = dict(
    batch_size=1024,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='PublishedPoseDataset', dataset='h36m', estimator='fcn', representation='3D',
        phase='train', data_root={{_base_.data_root}}, window_size=32))
val_dataloader = {{_base_.test_dataloader}}
val_evaluator = {{_base_.test_evaluator}}
# For --auto-scale-lr.
auto_scale_lr = dict(base_batch_size=1024, enable=False)
