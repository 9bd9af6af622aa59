# A top-down heatmap model on a video data set: tools/test.py reports all metrics raw and smoothed.
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/jhmdb/td-hm_res50_8xb64-20e_jhmdb-sub1-256x256.py'

# The one-line change: the smoother. A preset's name, dict(type=...), a list (a chain), or a file.
smoother = 'default'

# Makes the test loop (this hook) and MMPose's inferencers and demos (the import) use it; the demos
# that go frame by frame smooth without delay.
custom_hooks = [*_base_.custom_hooks, dict(type='smoothnet_plugin.SmootherHook')]
custom_imports = dict(imports=['smoothnet_plugin.integrations.mmpose.autopatch'])
