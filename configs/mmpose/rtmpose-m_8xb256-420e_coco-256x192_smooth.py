# RTMPose on videos and webcams. COCO's test set has no videos, so there is nothing to smooth in it.
_base_ = 'mmpose::body_2d_keypoint/rtmpose/coco/rtmpose-m_8xb256-420e_coco-256x192.py'

# The one-line change: the smoother. With a look-ahead of 5 frames results have a delay of 5 frames
# and webcams work; without the key a clip is smoothed as a whole, which is better for files.
smoother = dict(type='PoseSmoother', filters='default', lookahead=5)

# Makes MMPose's inferencers and demos use it. inference_topdown and the demos that call it frame by
# frame (topdown_demo_with_mmdet.py) smooth without delay: the look-ahead has no effect there.
custom_imports = dict(imports=['smoothnet_plugin.integrations.mmpose.autopatch'])

# For scripts that call the model itself frame by frame, instead of the two above:
#   model = dict(type='smoothnet_plugin.SmoothTopdownPoseEstimator', smoother='one_euro')
