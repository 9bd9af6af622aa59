# CMU motion capture at 60 Hz with a detector's noise: the twelve joints that both named skeletons
# have, training on one and test on the other.
_base_ = '../train_loader.py'

data_root = 'data/'
noise = [dict(type='DetectorNoise', profile='detector_3d')]
train_dataloader = dict(
    dataset=dict(
        type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root=data_root,
        dataset_name='cmu_amc', transforms=noise,
        keypoints=('root', 'head', 'lhumerus', 'lradius', 'lwrist', 'rhumerus', 'rradius',
                   'rwrist', 'ltibia', 'lfoot', 'rtibia', 'rfoot')))
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root=data_root,
        dataset_name='cmu_bvh', transforms=noise,
        keypoints=('Hips', 'Head', 'LeftArm', 'LeftForeArm', 'LeftHand', 'RightArm',
                   'RightForeArm', 'RightHand', 'LeftLeg', 'LeftFoot', 'RightLeg', 'RightFoot')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = [
    dict(type='PoseErrorMetric', root_align=False),
    dict(type='OverSmoothingMetric'),
]
test_cfg = dict()
