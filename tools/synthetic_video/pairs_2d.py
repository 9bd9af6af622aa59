# An estimator on clips of tools/synthetic_video, put together by pairs.py, for tools/benchmark.py
# and tools/test.py. Errors are in pixels.
default_scope = 'smoothnet_plugin'
model = dict(type='FilterRefiner', smoother='robust')
test_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='PairedPoseDataset', ann_file='pairs.npz', scores_key='scores',
                 representation='keypoints_2d'))
test_evaluator = [dict(type='PoseErrorMetric', root_align=False)]
test_cfg = dict()
