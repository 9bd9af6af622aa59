# The second part of the recipe: one epoch in which every seventh sample mixes joints of several
# bodies, so that other motion is not corrected as if it were a body. Starts from the weights of the
# first part.
_base_ = ['./_base_/part_3d.py', './_base_/mixed_epoch.py']
load_from = 'work_dirs/trajectory-transformer_w64_1xb12-3e_uiprmd-cmu_3d/epoch_3.pth'
# Steadier from frame to frame at short look-aheads.
model = dict(w_stream=2.0)

train_dataloader = dict(dataset=dict(datasets={{_base_.data_3d.mixed}}))
