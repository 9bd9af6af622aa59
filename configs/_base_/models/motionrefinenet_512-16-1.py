# MotionRefineNet of the published 3DPW training, for 14 joints in 3D.
model = dict(
    type='PoseRefiner',
    network=dict(type='MotionRefineNet', num_keypoints=14, dim=3, window_size=32,
                 hidden_size=512, res_hidden_size=16, num_blocks=1, dropout=0.5),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=0.1))
