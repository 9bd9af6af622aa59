# CMU motion capture at 60 Hz as a detector would see it: takes of a skeleton that no training of
# this project sees. The noise of a clip is the same in every run.
data_root = 'data/'
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='MocapDataset', ann_file='cmu_exp_60hz.npz', data_root=data_root,
                 dataset_name='cmu',
                 transforms=[dict(type='DetectorNoise', profile='detector_3d')]))
test_evaluator = [
    dict(type='PoseErrorMetric', root_align=False),
    dict(type='OverSmoothingMetric'),
]
test_cfg = dict()
