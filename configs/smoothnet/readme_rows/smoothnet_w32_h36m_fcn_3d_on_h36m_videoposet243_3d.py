# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_videoposet243_3d.
# Printed: MPJPE 48.11 -> 48.05 mm, acceleration error 2.82 -> 0.87.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='videoposet243'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
