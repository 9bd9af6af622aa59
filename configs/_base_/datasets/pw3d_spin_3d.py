# 3DPW with SPIN's estimates.
_base_ = './published_3d.py'

estimates = dict(dataset='pw3d', estimator='spin')
train_dataloader = dict(dataset=estimates)
val_dataloader = test_dataloader = dict(dataset=estimates)
del estimates
