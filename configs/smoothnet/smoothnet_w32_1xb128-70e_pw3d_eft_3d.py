# The additional training of SmoothNet's README, on EFT's estimates; the variants are the trainings
# of the supplement's Tables 11, 12 and 14. Table 14 also measures on TCMR's estimates:
#   --cfg-options test_dataloader.dataset.estimator=tcmr
_base_ = './smoothnet_w32_1xb128-70e_pw3d_spin_3d.py'

train_dataloader = dict(dataset=dict(estimator='eft'))
val_dataloader = dict(dataset=dict(estimator='eft'))
test_dataloader = dict(dataset=dict(estimator='eft'))


def rotations(form):
    # Trained and tested on rotations. The metrics need SMPL's body model.
    loader = dict(dataset=dict(estimator='eft', representation='smpl', rotation=form))
    metrics = [dict(type='SMPLMetric', body_model='data/smpl/SMPL_NEUTRAL.pkl',
                    extra_regressor='data/smpl/J_regressor_extra.npy')]
    return dict(train_dataloader=loader, val_dataloader=loader, val_evaluator=metrics,
                test_dataloader=loader, test_evaluator=metrics)


def normalised(source):
    # By the mean and the standard deviation of each sequence.
    loader = dict(dataset=dict(normalization=source))
    return dict(train_dataloader=loader, val_dataloader=loader, test_dataloader=loader)


variants = {
    # Table 11: only one term of the loss.
    'pos-loss': dict(model=dict(loss=dict(w_accel=0.0))),
    'accel-loss': dict(model=dict(loss=dict(w_pos=0.0, w_accel=1.0))),
    # Table 12: representation of the input.
    'axis-angle': rotations('axis_angle'),
    'quaternion': rotations('quaternion'),
    'rot6d': rotations('rot6d'),
    # Table 14: normalisation of each sequence, by the input or by the ground truth.
    'norm-input': normalised('input'),
    'norm-truth': normalised('truth'),
}
