_base_ = [
    '../_base_/models/motionrefinenet_512-16-1.py', '../_base_/datasets/cmu_3d_named.py',
    '../_base_/schedules/adam_10e.py', '../_base_/default_runtime.py'
]

model = dict(
    network=dict(
        num_keypoints=12,
        keypoint_names=('pelvis', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
                        'right_shoulder', 'right_elbow', 'right_wrist', 'left_knee',
                        'left_ankle', 'right_knee', 'right_ankle')))
train_dataloader = dict(dataset=dict(window_size={{_base_.model.network.window_size}}))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
