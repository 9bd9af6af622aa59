# What the benchmarks on CMU motion share; each names the datasets of its two loaders.
_base_ = './held_out.py'
data_root = 'data/'
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='ConcatPoseDataset'))
test_evaluator = [dict(type='PoseErrorMetric', root_align=False), dict(type='OverSmoothingMetric')]
test_cfg = dict()
# For the filters to be tuned on: whole clips.
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='ConcatPoseDataset'))
