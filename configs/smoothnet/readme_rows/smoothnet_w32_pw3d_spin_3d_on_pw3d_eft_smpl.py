# A row of SmoothNet's README: weights of pw3d_spin_3d, window 32, on pw3d_eft_smpl.
# Printed: MPJPE 91.6 -> 89.57 mm, acceleration error 33.38 -> 7.89.
_base_ = [
    '../../_base_/models/smoothnet_512-16-1.py',
    '../../_base_/datasets/pw3d_smpl_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='eft'))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy', protocol='reference')
]
