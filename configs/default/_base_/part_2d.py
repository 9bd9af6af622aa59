# What all parts of the recipe for 2D keypoints share: all but the schedule.
_base_ = [
    './training_data.py', '../../_base_/models/trajectory-transformer_192-3.py',
    '../../_base_/train_loader.py', '../../_base_/test_loader.py',
    '../../_base_/default_runtime.py'
]

model = dict(network=dict(dim=2))
data_root = 'data/'

train_dataloader = dict(
    batch_size=12,
    # Motion capture has four turns of five.
    batch_sampler=dict(type='RoundRobinBatchSampler', drop_last=True),
    dataset=dict(type='ConcatPoseDataset', datasets={{_base_.data_2d.first}}))
auto_scale_lr = dict(base_batch_size=12)

# Takes of a skeleton that is not used for training, through random cameras.
test_dataloader = dict(
    dataset=dict(
        type='MocapDataset', ann_file='cmu_exp_60hz.npz', data_root=data_root, dataset_name='cmu',
        exclude={{_base_.seen_motion}},
        transforms=[dict(type='RandomCamera'),
                    dict(type='DetectorNoise', profile='detector_2d')]))
test_evaluator = [dict(type='PoseErrorMetric'), dict(type='OverSmoothingMetric')]
