# The third part of the recipe: the network also uses pairs of joints, and large errors have more
# weight. Starts from the weights of the second part; new parameters have no effect at first.
_base_ = './trajectory-transformer_w64_1xb12-3e_uiprmd-cmu_3d.py'
load_from = 'work_dirs/trajectory-transformer_w64_1xb12-1e-mixed_uiprmd-cmu_3d/epoch_1.pth'
model = dict(network=dict(pair_size=16, num_corrections=2), relative=0.2)

train_dataloader = dict(dataset=dict(datasets={{_base_.data_3d.pairs}}))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=200),
    dict(type='CosineAnnealingLR', T_max=4, eta_min=1e-5, by_epoch=True, end=4,
         convert_to_iter_based=True)
]
train_cfg = dict(max_epochs=4, val_interval=4)
