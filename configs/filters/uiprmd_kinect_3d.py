# Classical filters with their defaults on UI-PRMD, one variant each:
#   python tools/test.py configs/filters/uiprmd_kinect_3d.py@savgol
_base_ = ['../_base_/datasets/uiprmd_kinect_3d_test.py', '../_base_/default_runtime.py']


def refined(smoother):
    # A filter instead of a network: no weights and no training.
    return dict(model=dict(type='FilterRefiner', smoother=smoother))


variants = {
    'butterworth': refined(dict(type='ButterworthFilter')),
    'gaussian': refined(dict(type='GaussianFilter')),
    'hampel-whittaker': refined([dict(type='HampelFilter'), dict(type='WhittakerFilter')]),
    'kalman': refined(dict(type='KalmanFilter')),
    'median': refined(dict(type='MedianFilter')),
    'one-euro': refined(dict(type='OneEuroFilter')),
    'savgol': refined(dict(type='SavgolFilter')),
    'whittaker': refined(dict(type='WhittakerFilter')),
}
