# Whole clips, one at a time; derived configs specify the dataset.
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'))
test_cfg = dict()
