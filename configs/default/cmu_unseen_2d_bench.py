# What no training of smoother='default' sees: motion and skeleton (38 unnamed joints) of other CMU
# takes, seen by random cameras, with noise stronger and slower than any there. Filters
# are tuned on this very noise.
_base_ = './_base_/cmu_bench.py'
transforms = [
    dict(type='RandomCamera'),
    dict(type='DetectorNoise', profile='detector_2d', std=(12., 18.),
         autocorrelation=0.97, kurtosis=20.)]
test_exp = dict(
    type='MocapDataset', ann_file='cmu_exp_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_unseen_2d', exclude={{_base_.seen_motion}},
    max_frames=600, transforms=transforms)
# Five seconds of each are enough to tune on.
train_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_unseen_2d', exclude={{_base_.held_out}},
    max_frames=300, transforms=transforms)
train_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_unseen_2d', exclude={{_base_.held_out}},
    max_frames=300, transforms=transforms)
test_dataloader = dict(dataset=dict(datasets=[test_exp]))
train_dataloader = dict(dataset=dict(datasets=[train_amc, train_bvh]))
