_base_ = [
    '../_base_/models/smoothnet_512-64-3.py', '../_base_/datasets/cmu_3d_test.py',
    '../_base_/train_loader.py', '../_base_/schedules/adam_10e.py', '../_base_/default_runtime.py'
]


def takes(file):
    return dict(
        type='MocapDataset', ann_file=f'{file}_60hz.npz', data_root={{_base_.data_root}},
        dataset_name=file, window_size={{_base_.model.network.window_size}},
        transforms=[dict(type='DetectorNoise', profile='detector_3d')])


# Two skeletons of 31 joints for training.
train_dataloader = dict(
    dataset=dict(type='ConcatPoseDataset', datasets=[takes('cmu_amc'), takes('cmu_bvh')]))
val_dataloader = {{_base_.test_dataloader}}
val_evaluator = {{_base_.test_evaluator}}
