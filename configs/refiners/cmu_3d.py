# MotionRefineNet with and without the repairs of its default on CMU, with the budget of
# uiprmd_kinect_3d.py: trained on takes of one skeleton, tested on those of another.
#   python tools/train.py configs/refiners/cmu_3d.py@reference --cfg-options data_root=PATH/
_base_ = ['../_base_/datasets/cmu_3d_named.py', '../_base_/schedules/adam_500i.py']

model = dict(
    type='ExtendedRefiner',
    network=dict(
        type='MotionRefineNet', num_keypoints=12, dim=3, window_size=32, hidden_size=128,
        res_hidden_size=16, num_blocks=1, dropout=0.25,
        keypoint_names=('pelvis', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
                        'right_shoulder', 'right_elbow', 'right_wrist', 'left_knee',
                        'left_ankle', 'right_knee', 'right_ankle')),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=1.0))
train_dataloader = dict(dataset=dict(window_size=32))
variants = {'reference': dict(model=dict(network=dict(protocol='reference')))}
