# Classical filters with their defaults, on CMU motion with a detector's noise.
_base_ = ['../_base_/datasets/cmu_3d_test.py', '../_base_/default_runtime.py']


def refined(smoother):
    return dict(model=dict(type='FilterRefiner', smoother=smoother))


variants = {
    'gaussian': refined(dict(type='GaussianFilter')),
    'hampel-whittaker': refined([dict(type='HampelFilter'), dict(type='WhittakerFilter')]),
}
