_base_ = [
    '../_base_/models/gaussian.py', '../_base_/datasets/cmu_3d_test.py',
    '../_base_/default_runtime.py'
]
