# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on h36m_videoposet27_3d.
# Printed: MPJPE 50.13 -> 50.04 mm, acceleration error 3.53 -> 0.88.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/h36m_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='videoposet27'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
