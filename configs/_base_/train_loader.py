# Shuffled samples for training; derived configs specify the dataset.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pose_collate'))
# For --auto-scale-lr.
auto_scale_lr = dict(base_batch_size=32, enable=False)
