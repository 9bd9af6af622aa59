# SmoothNet for data of few subjects: high dropout, and extrapolated ends, which reduce jitter in
# short clips. 264k parameters with a window of 64.
model = dict(
    type='ExtendedRefiner',
    network=dict(type='SmoothNet', window_size=64, hidden_size=512, res_hidden_size=64,
                 num_blocks=3, dropout=0.5),
    loss=dict(type='PositionAccelerationLoss', w_pos=1.0, w_accel=1.0))
