# The weights of smoother='default' for 2D keypoints: CMU motion seen by random cameras with the noise
# of real detectors, and UI-PRMD's real errors projected. Trains on one CPU core; see README.md.
_base_ = [
    './_base_/held_out.py', '../_base_/models/trajectory-transformer_192-3.py',
    '../_base_/schedules/adamw_3e.py', '../_base_/default_runtime.py'
]

model = dict(network=dict(dim=2))
data_root = 'data/'

# A window of the network and two frames more: three windows that each begin a frame later.
kinect = dict(
    type='PairedPoseDataset', ann_file='uiprmd_train.npz', data_root=data_root,
    dataset_name='uiprmd', window_size=66, padding='edge',
    transforms=[dict(type='ResampleFps', fps=(20., 45.)), dict(type='RandomRotation'),
                dict(type='LeftRightFlip'), dict(type='RandomCamera')])
noise = [dict(type='ResampleFps', fps=(15., 120.)), dict(type='RandomRotation'),
         dict(type='LeftRightFlip'), dict(type='RandomCamera'),
         # From nearly nothing, which must stay, to more than the benchmark's.
         dict(type='DetectorNoise', profile='detector_2d', std=(0.3, 10.), drift_std=(0.2, 10.),
              autocorrelation=(0., 0.95), prob=0.95)]
cmu_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root=data_root,
    exclude={{_base_.held_out}}, dataset_name='cmu_amc', window_size=66, padding='edge',
    transforms=noise)
cmu_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root=data_root,
    exclude={{_base_.held_out}}, dataset_name='cmu_bvh', window_size=66, padding='edge',
    transforms=noise)

train_dataloader = dict(
    batch_size=12,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    # Motion capture takes four turns of five.
    batch_sampler=dict(type='RoundRobinBatchSampler', drop_last=True),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='ConcatPoseDataset',
                 datasets=[kinect, cmu_amc, cmu_bvh, cmu_amc, cmu_bvh]))
auto_scale_lr = dict(base_batch_size=12, enable=False)

# Takes of a skeleton that is not trained on, seen by random cameras.
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='MocapDataset', ann_file='cmu_exp_60hz.npz', data_root=data_root, dataset_name='cmu',
        exclude={{_base_.seen_motion}},
        transforms=[dict(type='RandomCamera'),
                    dict(type='DetectorNoise', profile='detector_2d')]))
test_evaluator = [dict(type='PoseErrorMetric'), dict(type='OverSmoothingMetric')]
test_cfg = dict()
