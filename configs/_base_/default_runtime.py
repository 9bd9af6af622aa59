# Common base of all configs of this project.
default_scope = 'smoothnet_plugin'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # Best position error; set save_best='accel_error' for the steadiest. For both, lower is better.
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=3, save_best='mpjpe',
                    rule='less'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    # Makes --resume end with the weights of an uninterrupted run.
    epoch_seed=dict(type='EpochSeedHook'))

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='Visualizer', vis_backends=vis_backends)
log_processor = dict(window_size=50)
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=4321)
