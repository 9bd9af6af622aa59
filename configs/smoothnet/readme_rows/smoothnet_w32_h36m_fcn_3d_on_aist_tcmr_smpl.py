# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on aist_tcmr_smpl.
# Printed: MPJPE 106.95 -> 106.39 mm, acceleration error 6.47 -> 4.68.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/aist_smpl_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='tcmr'))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy', protocol='reference')
]
