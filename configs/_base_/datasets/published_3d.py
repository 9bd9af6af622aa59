# The published data sets, 3D: windows of the training split, and the test split for validation, as
# in the published trainings. Derived configs specify data set and estimator.
_base_ = '../train_loader.py'

data_root = 'data/poses'
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        type='PublishedPoseDataset', representation='3D', phase='train', data_root=data_root))
val_dataloader = test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='PublishedPoseDataset', representation='3D', phase='test', data_root=data_root))
val_evaluator = test_evaluator = [dict(type='PoseErrorMetric')]
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=128)
