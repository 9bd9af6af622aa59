# SmoothNet for data of a few subjects: much dropout, and clips continued at their ends, where short
# ones would jitter. 264k parameters at a window of 64.
model = dict(
    type='ExtendedRefiner',
    network=dict(type='SmoothNet', window_size=64, hidden_size=512, res_hidden_size=64,
                 num_blocks=3, dropout=0.5),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=1.0))
