# The filters of SmoothNet's code with its parameters, on Human3.6M; the parameters of the
# supplement's Table 3 are not published. FILTER_fcn_3d or FILTER_cpn_2d:
#   python tools/test.py configs/filters/legacy_h36m.py@one-euro_fcn_3d
_base_ = '../_base_/default_runtime.py'


def case(smoother, estimator, representation):
    return dict(
        model=dict(type='FilterRefiner', smoother=smoother),
        data_root='data/poses',
        test_dataloader=dict(
            batch_size=1,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='pose_collate'),
            dataset=dict(
                type='PublishedPoseDataset', dataset='h36m', estimator=estimator,
                representation=representation, phase='test', data_root='data/poses')),
        test_evaluator=[dict(type='PoseErrorMetric')],
        test_cfg=dict())


one_euro = dict(type='OneEuroFilter', legacy=True, min_cutoff=0.04, beta=0.7)
savgol = dict(type='SavgolFilter', legacy=True, window_size=31, polyorder=2)
gaussian = dict(type='GaussianFilter', legacy=True, window_size=31, sigma=3.0)
# One-Euro is applied to Human3.6M's 2D keypoints as (x - 500) / 500.
one_euro_2d = dict(type='PoseSmoother', image_size=(1000, 1000),
                   filters=[dict(one_euro, normalize='image')])
variants = {
    'one-euro_fcn_3d': case(one_euro, 'fcn', '3D'),
    'one-euro_cpn_2d': case(one_euro_2d, 'cpn', '2D'),
    'savgol_fcn_3d': case(savgol, 'fcn', '3D'),
    'savgol_cpn_2d': case(savgol, 'cpn', '2D'),
    'gaussian_fcn_3d': case(gaussian, 'fcn', '3D'),
    'gaussian_cpn_2d': case(gaussian, 'cpn', '2D'),
}
del one_euro, one_euro_2d, savgol, gaussian
