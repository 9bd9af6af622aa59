# CMU takes that are not used to train smoother='default', with a detector's noise, as variants.
# Filters are tuned on the other takes.
#   python tools/benchmark.py configs/default/cmu_bench.py@cmu_3d_60hz --cfg-options data_root=DATA/
_base_ = './_base_/held_out.py'


def takes(file, name, transforms, max_frames=600, **chosen):
    # Ten seconds of each take, so that all have a similar weight.
    return dict(
        type='MocapDataset', ann_file=f'cmu_{file}_60hz.npz', data_root='data/',
        dataset_name=name, max_frames=max_frames, transforms=transforms, **chosen)


def held_out(name, transforms):
    return [takes(file, name, transforms, include={{_base_.held_out}}) for file in ('amc', 'bvh')]


def loader(datasets):
    return dict(
        batch_size=1,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='pose_collate'),
        dataset=dict(type='ConcatPoseDataset', datasets=datasets))


def bench(name, transforms, test):
    # Five seconds of each take are enough for tuning.
    train = [takes(file, name, transforms, max_frames=300, exclude={{_base_.held_out}})
             for file in ('amc', 'bvh')]
    return dict(
        test_dataloader=loader(test),
        test_evaluator=[dict(type='PoseErrorMetric', root_align=False),
                        dict(type='OverSmoothingMetric')],
        test_cfg=dict(),
        train_dataloader=loader(train))


def rated(dim, fps):
    name = f'cmu_{dim}d_{fps}hz'
    transforms = [dict(type='ResampleFps', fps=float(fps)),
                  *([dict(type='RandomCamera')] if dim == 2 else []),
                  dict(type='DetectorNoise', profile=f'detector_{dim}d')]
    return bench(name, transforms, held_out(name, transforms))


def fast():
    # Jumps, runs, ball games, and the fastest of the held-out takes, to measure the attenuation of
    # peaks.
    name, transforms = 'cmu_fast', [dict(type='DetectorNoise', profile='detector_3d')]
    return bench(name, transforms, [
        takes('exp', name, transforms, exclude={{_base_.seen_motion}},
              include=['exp_*_jumping_*', 'exp_*_running_*', 'exp_*_soccer_*',
                       'exp_*_basketball_basketball_*']),
        takes('amc', name, transforms, include=['amc_01_03', 'amc_01_09', 'amc_02_08']),
        takes('bvh', name, transforms, include=['bvh_05_03', 'bvh_05_09', 'bvh_05_16'])])


def unseen(dim):
    # Also another skeleton (38 unnamed joints), with noise that is stronger and slower than in any
    # training. Filters are tuned on the same noise.
    name = f'cmu_unseen_{dim}d'
    transforms = [*([dict(type='RandomCamera')] if dim == 2 else []),
                  dict(type='DetectorNoise', profile=f'detector_{dim}d',
                       std=(12., 18.) if dim == 2 else (60., 80.), autocorrelation=0.97,
                       kurtosis=20.)]
    return bench(name, transforms,
                 [takes('exp', name, transforms, exclude={{_base_.seen_motion}})])


variants = {
    'cmu_2d_30hz': rated(2, 30),
    'cmu_2d_60hz': rated(2, 60),
    'cmu_3d_30hz': rated(3, 30),
    'cmu_3d_60hz': rated(3, 60),
    'cmu_fast': fast(),
    'cmu_unseen_2d': unseen(2),
    'cmu_unseen_3d': unseen(3),
}
