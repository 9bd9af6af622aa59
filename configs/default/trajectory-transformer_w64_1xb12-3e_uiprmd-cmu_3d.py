# The weights of smoother='default' for 3D keypoints: real Kinect errors of UI-PRMD, and CMU motion with
# the noise of real detectors. Trains on one CPU core; see README.md.
_base_ = [
    './_base_/held_out.py', '../_base_/models/trajectory-transformer_192-3.py',
    '../_base_/datasets/uiprmd_kinect_3d_test.py', '../_base_/schedules/adamw_3e.py',
    '../_base_/default_runtime.py'
]

# A window of the network and two frames more: three windows that each begin a frame later.
kinect = dict(
    type='PairedPoseDataset', ann_file='uiprmd_train.npz', data_root={{_base_.data_root}},
    dataset_name='uiprmd', window_size=66, padding='edge',
    transforms=[dict(type='LeftRightFlip')])
kinect_turned = dict(
    type='PairedPoseDataset', ann_file='uiprmd_train.npz', data_root={{_base_.data_root}},
    dataset_name='uiprmd', window_size=66, padding='edge',
    transforms=[dict(type='ResampleFps', fps=(20., 45.)), dict(type='RandomRotation'),
                dict(type='LeftRightFlip')])
noise = [dict(type='ResampleFps', fps=(15., 120.)), dict(type='RandomRotation'),
         dict(type='LeftRightFlip'),
         # From nearly nothing, which must stay, to more than the benchmark's.
         dict(type='DetectorNoise', profile='detector_3d', std=(0.5, 50.), drift_std=(0.5, 60.),
              autocorrelation=(0., 0.95), prob=0.95)]
cmu_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    exclude={{_base_.held_out}}, dataset_name='cmu_amc', window_size=66, padding='edge',
    transforms=noise)
cmu_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    exclude={{_base_.held_out}}, dataset_name='cmu_bvh', window_size=66, padding='edge',
    transforms=noise)

train_dataloader = dict(
    batch_size=12,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    # Motion capture takes two turns of three.
    batch_sampler=dict(type='RoundRobinBatchSampler', drop_last=True),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='ConcatPoseDataset',
                 datasets=[kinect, cmu_amc, cmu_bvh, kinect_turned, cmu_amc, cmu_bvh]))
auto_scale_lr = dict(base_batch_size=12, enable=False)
