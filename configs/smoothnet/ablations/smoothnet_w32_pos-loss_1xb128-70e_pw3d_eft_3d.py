# Position loss only (supplement, Table 11).
_base_ = '../smoothnet_w32_1xb128-70e_pw3d_eft_3d.py'

model = dict(loss=dict(w_accel=0.0))
