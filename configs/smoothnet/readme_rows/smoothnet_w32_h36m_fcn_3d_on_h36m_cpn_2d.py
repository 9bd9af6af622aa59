# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_cpn_2d.
# Printed: MPJPE 6.67 -> 6.45 px, acceleration error 2.91 -> 0.14.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_2d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='cpn'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
