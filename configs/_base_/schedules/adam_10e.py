# For small data on a CPU: 10 epochs with a higher initial rate than in the published schedule, since
# the network must first learn the identity. Weights are averaged over the last few hundred steps.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=3e-3, amsgrad=True))
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=10, eta_min=3e-5, by_epoch=True, end=10,
         convert_to_iter_based=True)
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10, val_interval=1)
val_cfg = dict()
custom_hooks = [dict(type='EMAHook', ema_type='ExponentialMovingAverage', momentum=0.005)]
