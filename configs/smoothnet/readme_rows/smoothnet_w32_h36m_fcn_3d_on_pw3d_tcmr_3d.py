# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on pw3d_tcmr_3d.
# Printed: MPJPE 86.46 -> 86.48 mm, acceleration error 6.76 -> 5.95.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/pw3d_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='tcmr'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
