# Fast motion that no training of smoother='default' sees, at 60 Hz with the noise of a detector:
# jumps, runs, ball games, and the liveliest of the held-out takes. What counts here is how much of
# the peaks is left.
_base_ = './_base_/cmu_bench.py'
transforms = [dict(type='DetectorNoise', profile='detector_3d')]
# Ten seconds of each, so that no take outweighs the others.
test_exp = dict(
    type='MocapDataset', ann_file='cmu_exp_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_fast', exclude={{_base_.seen_motion}},
    include=['exp_*_jumping_*', 'exp_*_running_*', 'exp_*_soccer_*',
             'exp_*_basketball_basketball_*'],
    max_frames=600, transforms=transforms)
test_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_fast', include=['amc_01_03', 'amc_01_09', 'amc_02_08'],
    max_frames=600, transforms=transforms)
test_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_fast', include=['bvh_05_03', 'bvh_05_09', 'bvh_05_16'],
    max_frames=600, transforms=transforms)
# Five seconds of each are enough to tune on.
train_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_fast', exclude={{_base_.held_out}},
    max_frames=300, transforms=transforms)
train_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_fast', exclude={{_base_.held_out}},
    max_frames=300, transforms=transforms)
test_dataloader = dict(dataset=dict(datasets=[test_exp, test_amc, test_bvh]))
train_dataloader = dict(dataset=dict(datasets=[train_amc, train_bvh]))
