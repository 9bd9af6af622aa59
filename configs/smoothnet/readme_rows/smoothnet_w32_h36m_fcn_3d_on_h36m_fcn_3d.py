# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_fcn_3d.
# Printed: MPJPE 54.55 -> 52.72 mm, acceleration error 19.17 -> 1.03.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='fcn'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
