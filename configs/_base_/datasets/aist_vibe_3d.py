# AIST++ with VIBE's estimates.
_base_ = './published_3d.py'

estimates = dict(dataset='aist', estimator='vibe')
train_dataloader = dict(dataset=estimates)
val_dataloader = test_dataloader = dict(dataset=estimates)
del estimates
