# MotionRefineNet of the published AIST++ and Human3.6M trainings, for 14 joints in 3D.
model = dict(
    type='PoseRefiner',
    network=dict(type='MotionRefineNet', num_keypoints=14, dim=3, window_size=32,
                 hidden_size=512, res_hidden_size=128, num_blocks=5, dropout=0.25),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=0.1))
