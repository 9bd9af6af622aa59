# The test split of Human3.6M, 3D; the estimator is chosen by the configs that inherit this.
data_root = 'data/poses'
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='PublishedPoseDataset', dataset='h36m', estimator='fcn', representation='3D',
        phase='test', data_root=data_root))
test_evaluator = [dict(type='PoseErrorMetric')]
test_cfg = dict()
