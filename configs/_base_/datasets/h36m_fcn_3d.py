# Human3.6M with FCN's estimates.
_base_ = './published_3d.py'

estimates = dict(dataset='h36m', estimator='fcn')
train_dataloader = dict(batch_size=1024, dataset=estimates)
val_dataloader = test_dataloader = dict(dataset=estimates)
auto_scale_lr = dict(base_batch_size=1024)
del estimates
