# The published schedule's fall of the rate, to 3 % of its start, in 8 epochs: for small data on a
# CPU. Weights are averaged over the last few hundred steps.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3, amsgrad=True))
param_scheduler = [dict(type='ExponentialLR', gamma=0.65, by_epoch=True)]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=8, val_interval=2)
val_cfg = dict()
custom_hooks = [dict(type='EMAHook', ema_type='ExponentialMovingAverage', momentum=0.005)]
