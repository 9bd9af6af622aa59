# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_hourglass_2d.
# Printed: MPJPE 9.42 -> 9.25 px, acceleration error 1.54 -> 0.15.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_2d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='hourglass'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
