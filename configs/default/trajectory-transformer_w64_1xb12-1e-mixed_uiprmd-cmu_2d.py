# The second half of the recipe: an epoch in which every seventh sample is no body, so that who does
# not move like one is not corrected as one. Begins with the weights of the first half.
_base_ = './trajectory-transformer_w64_1xb12-3e_uiprmd-cmu_2d.py'
load_from = 'work_dirs/trajectory-transformer_w64_1xb12-3e_uiprmd-cmu_2d/epoch_3.pth'
# Steadier from frame to frame, where little future is known.
model = dict(w_stream=2.0)

noise = [dict(type='ResampleFps', fps=(15., 120.)), dict(type='RandomRotation'),
         dict(type='LeftRightFlip'), dict(type='MixJoints', prob=0.15),
         dict(type='RandomCamera'),
         # From nearly nothing, which must stay, to more than the benchmark's.
         dict(type='DetectorNoise', profile='detector_2d', std=(0.3, 10.), drift_std=(0.2, 10.),
              autocorrelation=(0., 0.95), prob=0.95)]
cmu_amc = dict(
    type='MocapDataset', ann_file='cmu_amc_60hz.npz', data_root={{_base_.data_root}},
    exclude={{_base_.held_out}}, dataset_name='cmu_amc', window_size=66, padding='edge',
    transforms=noise)
cmu_bvh = dict(
    type='MocapDataset', ann_file='cmu_bvh_60hz.npz', data_root={{_base_.data_root}},
    exclude={{_base_.held_out}}, dataset_name='cmu_bvh', window_size=66, padding='edge',
    transforms=noise)

train_dataloader = dict(
    dataset=dict(type='ConcatPoseDataset',
                 datasets=[{{_base_.kinect}}, cmu_amc, cmu_bvh, cmu_amc, cmu_bvh]))
optim_wrapper = dict(optimizer=dict(lr=3e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=100),
    dict(type='CosineAnnealingLR', T_max=1, eta_min=3e-6, by_epoch=True, end=1,
         convert_to_iter_based=True)
]
train_cfg = dict(max_epochs=1, val_interval=1)
