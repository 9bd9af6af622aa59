# The training on 3DPW with SPIN's rotations, in 6D. The metrics need SMPL's body model; without it
# only angles can be measured: --cfg-options val_evaluator.0.metrics=mpjae and the like.
_base_ = './motionrefinenet_w32_1xb64-70e_pw3d_spin_3d.py'

model = dict(network=dict(num_keypoints=24, dim=6))
rotations = dict(representation='smpl')
train_dataloader = dict(dataset=rotations)
val_dataloader = test_dataloader = dict(dataset=rotations)
val_evaluator = test_evaluator = [
    dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
         extra_regressor='data/smpl/J_regressor_extra.npy')]
del rotations
