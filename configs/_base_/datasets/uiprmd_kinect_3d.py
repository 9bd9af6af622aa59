# UI-PRMD: windows of subjects 1 to 5 for training, whole clips of subjects 6 and 7 for validation.
_base_ = ['./uiprmd_kinect_3d_test.py', '../train_loader.py']

train_dataloader = dict(
    dataset=dict(type='PairedPoseDataset', ann_file='uiprmd_train.npz',
                 data_root={{_base_.data_root}}, dataset_name='uiprmd'))
val_dataloader = {{_base_.test_dataloader}}
val_evaluator = {{_base_.test_evaluator}}
