# Networks on one bench: the same budget of 500 steps of 32 windows of UI-PRMD, the same schedule and
# the same loss. The README has the results.
#   python tools/train.py configs/refiners/uiprmd_kinect_3d.py@deciwatch --cfg-options data_root=PATH/
_base_ = ['../_base_/datasets/uiprmd_kinect_3d.py', '../_base_/schedules/adam_500i.py']

joints = ('pelvis', 'head', 'left_shoulder', 'left_elbow', 'left_wrist', 'right_shoulder',
          'right_elbow', 'right_wrist', 'left_knee', 'left_ankle', 'right_knee', 'right_ankle')


def trained(window_size, lr=1e-3, **network):
    return dict(
        model=dict(
            type='ExtendedRefiner', network=dict(window_size=window_size, **network),
            loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=1.0)),
        optim_wrapper=dict(optimizer=dict(lr=lr)),
        train_dataloader=dict(dataset=dict(window_size=window_size)))


def motion_refine_net(hidden_size, **settings):
    return trained(32, type='MotionRefineNet', num_keypoints=12, dim=3, hidden_size=hidden_size,
                   res_hidden_size=16, num_blocks=1, dropout=0.25, **settings)


variants = {
    # SmoothNet learns the identity first, which takes a higher rate.
    'smoothnet': trained(32, 3e-3, type='SmoothNet', hidden_size=512, res_hidden_size=64,
                         num_blocks=3, dropout=0.25),
    'motionrefinenet': motion_refine_net(512, keypoint_names=joints),
    'motionrefinenet-128': motion_refine_net(128, keypoint_names=joints),
    'motionrefinenet-128-reference': motion_refine_net(128, protocol='reference'),
    'deciwatch': trained(31, type='DeciWatch', num_keypoints=12, dim=3, interval=5, num_layers=2),
    'kinematic-attention': trained(32, type='KinematicAttentionNet', num_keypoints=12, dim=3),
}
del joints
