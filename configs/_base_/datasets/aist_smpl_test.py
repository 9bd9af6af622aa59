# The test split of AIST++, smpl; the estimator is chosen by the configs that inherit this.
data_root = 'data/poses'
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(
        type='PublishedPoseDataset', dataset='aist', estimator='vibe', representation='smpl',
        phase='test', data_root=data_root))
test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy')
]
test_cfg = dict()
