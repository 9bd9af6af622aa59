# CMU motion capture at 60 Hz with a detector's noise: two skeletons of 31 joints to train on.
_base_ = './cmu_3d_test.py'

train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='ConcatPoseDataset',
        datasets=[
            dict(type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
                 dataset_name='cmu_amc', window_size=64,
                 transforms=[dict(type='DetectorNoise', profile='detector_3d')]),
            dict(type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
                 dataset_name='cmu_bvh', window_size=64,
                 transforms=[dict(type='DetectorNoise', profile='detector_3d')]),
        ]))
val_dataloader = {{_base_.test_dataloader}}
val_evaluator = {{_base_.test_evaluator}}
# For --auto-scale-lr.
auto_scale_lr = dict(base_batch_size=32, enable=False)
