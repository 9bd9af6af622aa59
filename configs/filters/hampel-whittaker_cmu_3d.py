_base_ = [
    '../_base_/models/hampel-whittaker.py', '../_base_/datasets/cmu_3d_test.py',
    '../_base_/default_runtime.py'
]
