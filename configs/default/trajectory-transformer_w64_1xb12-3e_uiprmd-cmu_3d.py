# The weights of smoother='default' for 3D keypoints: real Kinect errors of UI-PRMD, and CMU motion with
# the noise of real detectors. Trains on one CPU core; see README.md.
_base_ = ['./_base_/part_3d.py', '../_base_/schedules/adamw_3e.py']
