# The twelve joints of both named CMU skeletons; training on one, evaluation on the other.
_base_ = [
    '../_base_/models/motionrefinenet_512-16-1.py', '../_base_/datasets/cmu_3d_test.py',
    '../_base_/schedules/adam_10e.py', '../_base_/default_runtime.py'
]

model = dict(
    network=dict(
        num_keypoints=12,
        keypoint_names=('pelvis', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
                        'right_shoulder', 'right_elbow', 'right_wrist', 'left_knee',
                        'left_ankle', 'right_knee', 'right_ankle')))
noise = [dict(type='DetectorNoise', profile='detector_3d')]
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
        dataset_name='cmu_amc', transforms=noise,
        window_size={{_base_.model.network.window_size}},
        keypoints=('root', 'head', 'lhumerus', 'lradius', 'lwrist', 'rhumerus', 'rradius',
                   'rwrist', 'ltibia', 'lfoot', 'rtibia', 'rfoot')))
bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_bvh', transforms=noise,
    keypoints=('Hips', 'Head', 'LeftArm', 'LeftForeArm', 'LeftHand', 'RightArm', 'RightForeArm',
               'RightHand', 'LeftLeg', 'LeftFoot', 'RightLeg', 'RightFoot'))
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=bvh)
val_evaluator = {{_base_.test_evaluator}}
test_dataloader = dict(dataset=bvh)
auto_scale_lr = dict(base_batch_size=32, enable=False)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
