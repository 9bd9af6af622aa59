# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on aist_vibe_smpl.
# Printed: MPJPE 107.41 -> 102.06 mm, acceleration error 31.65 -> 5.95.
# Mixes two columns of supplement 7: accel_error is of h36m_fcn_3d, mpjpe of aist_vibe_3d.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/aist_smpl_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='vibe'))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy', protocol='reference')
]
