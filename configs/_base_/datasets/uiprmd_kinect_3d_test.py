# UI-PRMD: Kinect v2 against Vicon, 12 joints, 30 Hz; subjects 6 and 7. Where the files are elsewhere
# set --cfg-options data_root=PATH/
data_root = 'data/'
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='PairedPoseDataset', ann_file='uiprmd_val.npz', data_root=data_root,
                 dataset_name='uiprmd'))
# The truth is in the camera's place, so nothing is aligned by the root.
test_evaluator = [
    dict(type='PoseErrorMetric', root_align=False),
    dict(type='OverSmoothingMetric'),
]
test_cfg = dict()
