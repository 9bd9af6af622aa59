# SmoothNet of the published AIST++ and Human3.6M trainings: 692k parameters with a window of 32.
model = dict(
    type='PoseRefiner',
    network=dict(type='SmoothNet', window_size=32, hidden_size=512, res_hidden_size=128,
                 num_blocks=5, dropout=0.25),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=0.1))
