# For networks on one bench: 500 steps at a rate that falls along a cosine.
_base_ = '../default_runtime.py'

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3, amsgrad=True))
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=500, eta_min=3e-5, by_epoch=False, end=500)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=500, val_interval=500)
val_cfg = dict()
# In so few steps an average of the weights would still hold those of the beginning.
custom_hooks = []
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=500))
