# The filter as SmoothNet's code has it, with the parameters of its code; those of the
# supplement's Table 3 are not printed.
_base_ = [
    '../_base_/datasets/h36m_3d_test.py', '../_base_/default_runtime.py'
]

model = dict(
    type='FilterRefiner',
    smoother=dict(type='OneEuroFilter', legacy=True, min_cutoff=0.04, beta=0.7))
