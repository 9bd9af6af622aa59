# A row of SmoothNet's README: weights of aist_vibe_3d, window 32, on aist_spin_smpl.
# Printed: MPJPE 107.72 -> 103 mm, acceleration error 33.21 -> 5.72.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/aist_smpl_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='spin'))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy', protocol='reference')
]
