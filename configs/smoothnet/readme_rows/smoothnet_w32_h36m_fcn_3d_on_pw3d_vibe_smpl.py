# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on pw3d_vibe_smpl.
# Printed: MPJPE 84.27 -> 83.14 mm, acceleration error 23.59 -> 7.24.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/pw3d_smpl_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='vibe'))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy', protocol='reference')
]
