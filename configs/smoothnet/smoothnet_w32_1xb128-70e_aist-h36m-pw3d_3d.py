# Several data sets at once, as in the code of SmoothNet: their batches take turns, and the smallest
# set determines the length of an epoch.
_base_ = [
    '../_base_/models/smoothnet_512-128-5.py', '../_base_/datasets/aist_vibe_3d.py',
    '../_base_/schedules/adam_70e.py', '../_base_/default_runtime.py'
]


def published(phase, **settings):
    return [dict(type='PublishedPoseDataset', dataset=dataset, estimator=estimator, phase=phase,
                 representation='3D', data_root='data/poses', **settings)
            for dataset, estimator in (('aist', 'vibe'), ('h36m', 'fcn'), ('pw3d', 'spin'))]


train_dataloader = dict(
    batch_sampler=dict(type='RoundRobinBatchSampler'),
    dataset=dict(_delete_=True, type='ConcatPoseDataset', datasets=published(
        'train', window_size={{_base_.model.network.window_size}})))
val_dataloader = test_dataloader = dict(
    dataset=dict(_delete_=True, type='ConcatPoseDataset', datasets=published('test')))
del published
