# A row of SmoothNet's README: weights of pw3d_spin_3d, window 32, on pw3d_pare_3d.
# Printed: MPJPE 78.91 -> 78.11 mm, acceleration error 25.64 -> 5.91.
_base_ = [
    '../../_base_/models/smoothnet_512-16-1.py',
    '../../_base_/datasets/pw3d_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='pare'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
