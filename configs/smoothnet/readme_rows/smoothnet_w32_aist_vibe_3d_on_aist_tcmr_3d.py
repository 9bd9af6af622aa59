# A row of SmoothNet's README: weights of aist_vibe_3d, window 32, on aist_tcmr_3d.
# Printed: MPJPE 106.72 -> 105.51 mm, acceleration error 6.4 -> 4.24.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/aist_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='tcmr'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
