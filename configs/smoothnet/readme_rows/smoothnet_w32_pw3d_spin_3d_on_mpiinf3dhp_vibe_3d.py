# A row of SmoothNet's README: weights of pw3d_spin_3d, window 32, on mpiinf3dhp_vibe_3d.
# Printed: MPJPE 92.39 -> 87.57 mm, acceleration error 22.37 -> 6.5.
_base_ = [
    '../../_base_/models/smoothnet_512-16-1.py',
    '../../_base_/datasets/mpiinf3dhp_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='vibe'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
