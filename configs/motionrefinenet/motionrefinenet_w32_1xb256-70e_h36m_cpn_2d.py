# The training on Human3.6M with CPN's estimates, 2D.
_base_ = './motionrefinenet_w32_1xb256-70e_h36m_fcn_3d.py'

model = dict(network=dict(dim=2))
estimates = dict(estimator='cpn', representation='2D')
train_dataloader = dict(dataset=estimates)
val_dataloader = test_dataloader = dict(dataset=estimates)
del estimates
