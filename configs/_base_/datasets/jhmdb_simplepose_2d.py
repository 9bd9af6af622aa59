# Sub-JHMDB with SimplePose's estimates, 2D.
_base_ = './published_3d.py'

estimates = dict(dataset='jhmdb', estimator='simplepose', representation='2D')
train_dataloader = dict(dataset=estimates)
val_dataloader = test_dataloader = dict(dataset=estimates)
val_evaluator = test_evaluator = [dict(type='PCKMetric')]
del estimates
