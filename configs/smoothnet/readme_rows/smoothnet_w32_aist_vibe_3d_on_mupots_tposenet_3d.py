# A row of SmoothNet's README: weights of aist_vibe_3d, window 32, on mupots_tposenet_3d.
# Printed: MPJPE 103.33 -> 100.78 mm, acceleration error 12.7 -> 7.23.
_base_ = [
    '../../_base_/models/smoothnet_512-128-5.py',
    '../../_base_/datasets/mupots_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='tposenet'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
