# VideoPose3D on Human3.6M: tools/test.py reports MPJPE and P-MPJPE raw and smoothed, and the
# accelerations.
_base_ = [
    'mmpose::body_3d_keypoint/video_pose_lift/h36m/'
    'video-pose-lift_tcn-27frm-supv_8xb128-160e_h36m.py',
    # The one-line change: the smoother; any file of this folder, or a line smoother = ... below.
    '../_base_/filters/savizky_golay.py',
]

# Makes the test loop (this hook) and MMPose's inferencers and demos (the import) use it; the demos
# that go frame by frame smooth without delay.
custom_hooks = [*_base_.custom_hooks, dict(type='smoothnet_plugin.SmootherHook')]
custom_imports = dict(imports=['smoothnet_plugin.integrations.mmpose.autopatch'])
