# A row of SmoothNet's README: weights of pw3d_eft_3d, window 32, on pw3d_eft_3d.
# Printed: MPJPE 90.32 -> 86.39 mm, acceleration error 32.71 -> 6.3.
# The readme links the pw3d_spin_3d weights; its history names pw3d_eft_3d.
_base_ = [
    '../../_base_/models/smoothnet_512-16-1.py',
    '../../_base_/datasets/pw3d_3d_test.py', '../../_base_/default_runtime.py'
]

# As SmoothNet's own evaluation measures.
model = dict(protocol='reference')
test_dataloader = dict(dataset=dict(estimator='eft'))
test_evaluator = [dict(type='PoseErrorMetric', protocol='reference')]
