# Trained and tested on quaternions (supplement, Table 12). Metrics need SMPL's body model.
_base_ = '../smoothnet_w32_1xb128-70e_pw3d_eft_3d.py'

train_dataloader = dict(
    dataset=dict(estimator='eft', representation='smpl', rotation='quaternion'))
val_dataloader = dict(
    dataset=dict(estimator='eft', representation='smpl', rotation='quaternion'))
val_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy')
]
test_dataloader = dict(
    dataset=dict(estimator='eft', representation='smpl', rotation='quaternion'))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy')
]
