# The filter as SmoothNet's code has it, with the parameters of its code; those of the
# supplement's Table 3 are not printed.
_base_ = [
    '../_base_/datasets/h36m_2d_test.py', '../_base_/default_runtime.py'
]

# It saw Human3.6M's 2D keypoints as (x - 500) / 500.
model = dict(
    type='FilterRefiner',
    smoother=dict(
        type='PoseSmoother', image_size=(1000, 1000),
        filters=[dict(type='OneEuroFilter', legacy=True, min_cutoff=0.04, beta=0.7,
                      normalize='image')]))
