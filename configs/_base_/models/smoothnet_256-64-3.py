# A small SmoothNet that trains on a CPU: 116k parameters at a window of 32.
model = dict(
    type='PoseRefiner',
    network=dict(type='SmoothNet', window_size=32, hidden_size=256, res_hidden_size=64,
                 num_blocks=3, dropout=0.1),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=1.0))
