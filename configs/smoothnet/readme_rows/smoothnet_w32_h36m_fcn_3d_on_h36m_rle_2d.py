# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_rle_2d.
# Printed: MPJPE 5.14 -> 5.11 px, acceleration error 0.9 -> 0.13.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_2d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='rle'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
