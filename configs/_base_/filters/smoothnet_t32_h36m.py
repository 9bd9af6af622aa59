# MMPose 0.x: configs/_base_/filters/smoothnet_t32_h36m.py, trained on 3D keypoints of Human3.6M in
# metres, relative to the pelvis (keypoint 0). The checkpoint is not downloaded automatically:
# download it and set its path; a copy in the cache of torch is found by this URL.
smoother = dict(
    type='SmoothNetFilter',
    checkpoint='https://download.openmmlab.com/mmpose/plugin/smoothnet/smoothnet_ws32_h36m.pth',
    window_size=32,
    output_size=32,
    hidden_size=512,
    res_hidden_size=256,
    num_blocks=3,
    root_index=0)
