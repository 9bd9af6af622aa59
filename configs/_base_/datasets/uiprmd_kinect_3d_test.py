# UI-PRMD: Kinect v2 with Vicon as ground truth, 12 joints, 30 Hz; subjects 6 and 7. For files in
# another folder set --cfg-options data_root=PATH/
_base_ = '../test_loader.py'

data_root = 'data/'
test_dataloader = dict(
    dataset=dict(type='PairedPoseDataset', ann_file='uiprmd_val.npz', data_root=data_root,
                 dataset_name='uiprmd'))
# The ground truth is in camera coordinates, so metrics need no root alignment.
test_evaluator = [
    dict(type='PoseErrorMetric', root_align=False),
    dict(type='OverSmoothingMetric'),
]
