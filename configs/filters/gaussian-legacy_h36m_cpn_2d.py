# The filter as SmoothNet's code has it, with the parameters of its code; those of the
# supplement's Table 3 are not printed.
_base_ = [
    '../_base_/datasets/h36m_2d_test.py', '../_base_/default_runtime.py'
]

model = dict(
    type='FilterRefiner',
    smoother=dict(type='GaussianFilter', legacy=True, window_size=31, sigma=3.0))
