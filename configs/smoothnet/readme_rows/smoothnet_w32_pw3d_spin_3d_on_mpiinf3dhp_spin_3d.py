# A row of SmoothNet's README: weights of pw3d_spin_3d, window 32, on mpiinf3dhp_spin_3d.
# Printed: MPJPE 100.74 -> 92.89 mm, acceleration error 28.54 -> 6.54.
_base_ = [
    '../../_base_/models/smoothnet_512-16-1.py',
    '../../_base_/datasets/mpiinf3dhp_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='spin'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
