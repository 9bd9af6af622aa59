# A row of SmoothNet's README: weights of h36m_fcn_3d, window 32, on pw3d_vibe_3d.
# Printed: MPJPE 82.97 -> 81.49 mm, acceleration error 23.16 -> 5.98.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/pw3d_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='vibe'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
