# CMU motion capture at 60 Hz with a detector's noise: takes of a skeleton that this project never
# trains on. The noise of a clip is the same in every run.
_base_ = '../test_loader.py'

data_root = 'data/'
test_dataloader = dict(
    dataset=dict(type='MocapDataset', ann_file='cmu_exp_60hz.npz', data_root=data_root,
                 dataset_name='cmu',
                 transforms=[dict(type='DetectorNoise', profile='detector_3d')]))
test_evaluator = [
    dict(type='PoseErrorMetric', root_align=False),
    dict(type='OverSmoothingMetric'),
]
