# CMU takes that no training of smoother='default' sees, at 60 Hz with the noise of a
# detector. Filters are tuned on the other takes.
_base_ = './_base_/cmu_bench.py'
transforms = [
    dict(type='ResampleFps', fps=60.),
    dict(type='DetectorNoise', profile='detector_3d')]
# Ten seconds of each, so that no take outweighs the others.
test_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_3d_60hz', include={{_base_.held_out}},
    max_frames=600, transforms=transforms)
test_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_3d_60hz', include={{_base_.held_out}},
    max_frames=600, transforms=transforms)
# Five seconds of each are enough to tune on.
train_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_3d_60hz', exclude={{_base_.held_out}},
    max_frames=300, transforms=transforms)
train_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    dataset_name='cmu_3d_60hz', exclude={{_base_.held_out}},
    max_frames=300, transforms=transforms)
test_dataloader = dict(dataset=dict(datasets=[test_amc, test_bvh]))
train_dataloader = dict(dataset=dict(datasets=[train_amc, train_bvh]))
