# SmoothNet of the published 3DPW training: 50k parameters with a window of 32.
model = dict(
    type='PoseRefiner',
    network=dict(type='SmoothNet', window_size=32, hidden_size=512, res_hidden_size=16,
                 num_blocks=1, dropout=0.5),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=0.1))
