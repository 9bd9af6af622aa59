# The schedule of the second part of the recipe: one epoch with a short warm-up.
_base_ = '../../_base_/schedules/adamw_3e.py'

optim_wrapper = dict(optimizer=dict(lr=3e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=100),
    dict(type='CosineAnnealingLR', T_max=1, eta_min=3e-6, by_epoch=True, end=1,
         convert_to_iter_based=True)
]
train_cfg = dict(max_epochs=1, val_interval=1)
