_base_ = [
    '../_base_/models/smoothnet_512-64-3.py', '../_base_/datasets/cmu_3d.py',
    '../_base_/schedules/adam_10e.py', '../_base_/default_runtime.py'
]
