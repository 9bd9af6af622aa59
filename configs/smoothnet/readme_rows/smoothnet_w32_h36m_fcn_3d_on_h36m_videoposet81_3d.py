# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_videoposet81_3d.
# Printed: MPJPE 48.97 -> 48.89 mm, acceleration error 3.06 -> 0.87.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='videoposet81'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
