# The second part of the recipe: one epoch in which every seventh sample mixes joints of several
# bodies, so that other motion is not corrected as if it were a body. Starts from the weights of the
# first part.
_base_ = './trajectory-transformer_w64_1xb12-3e_uiprmd-cmu_2d.py'
load_from = 'work_dirs/trajectory-transformer_w64_1xb12-3e_uiprmd-cmu_2d/epoch_3.pth'
# Steadier from frame to frame at short look-aheads.
model = dict(w_stream=2.0)

train_dataloader = dict(dataset=dict(datasets={{_base_.data_2d.mixed}}))
optim_wrapper = dict(optimizer=dict(lr=3e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=100),
    dict(type='CosineAnnealingLR', T_max=1, eta_min=3e-6, by_epoch=True, end=1,
         convert_to_iter_based=True)
]
train_cfg = dict(max_epochs=1, val_interval=1)
