# The weights of smoother='default' for 2D keypoints: CMU motion through random cameras with the
# noise of real detectors, and UI-PRMD's real errors projected. Trains on one CPU core; see README.md.
_base_ = ['./_base_/part_2d.py', '../_base_/schedules/adamw_3e.py']
