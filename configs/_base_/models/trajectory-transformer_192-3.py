# The network of smoother='default': see configs/default. 1.3M parameters.
model = dict(
    type='FixedLagRefiner',
    network=dict(type='TrajectoryTransformer', window_size=64, dim=3, hidden_size=192,
                 num_blocks=3, num_heads=6, expansion=2, num_filters=8, num_mixtures=4),
    w_stream=1.0, w_window=0.5, relative=0.7, held_share=0.2, subset_share=0.3, bfloat16=True)
