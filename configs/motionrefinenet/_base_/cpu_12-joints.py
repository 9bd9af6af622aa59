# The small network on 12 joints, trained on a CPU: for small data.
_base_ = [
    '../../_base_/models/motionrefinenet_512-16-1.py', '../../_base_/schedules/adam_10e.py',
    '../../_base_/default_runtime.py'
]

model = dict(
    network=dict(
        num_keypoints=12,
        keypoint_names=('pelvis', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
                        'right_shoulder', 'right_elbow', 'right_wrist', 'left_knee',
                        'left_ankle', 'right_knee', 'right_ankle')))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
