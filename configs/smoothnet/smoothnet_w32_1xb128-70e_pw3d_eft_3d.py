# The additional training of SmoothNet's README, on EFT's estimates.
_base_ = './smoothnet_w32_1xb128-70e_pw3d_spin_3d.py'

train_dataloader = dict(dataset=dict(estimator='eft'))
val_dataloader = dict(dataset=dict(estimator='eft'))
test_dataloader = dict(dataset=dict(estimator='eft'))
