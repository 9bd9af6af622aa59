# The last part of the recipe, with the bundled weights as its result: six more epochs, in which
# small errors have more weight again and every eighth sample of motion capture mixes joints of
# several bodies. Starts from the weights of the third part.
_base_ = './trajectory-transformer-pairs_w64_1xb12-4e_uiprmd-cmu_3d.py'
load_from = 'work_dirs/trajectory-transformer-pairs_w64_1xb12-4e_uiprmd-cmu_3d/epoch_4.pth'
model = dict(relative=0.4)

train_dataloader = dict(dataset=dict(datasets={{_base_.data_3d.last}}))
optim_wrapper = dict(optimizer=dict(lr=8e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=200),
    dict(type='CosineAnnealingLR', T_max=6, eta_min=8e-6, by_epoch=True, end=6,
         convert_to_iter_based=True)
]
# Other random draws than in the third part.
randomness = dict(seed=8642)
train_cfg = dict(max_epochs=6, val_interval=6)
