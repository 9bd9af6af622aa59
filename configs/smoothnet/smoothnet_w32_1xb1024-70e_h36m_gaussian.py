# Human3.6M's ground truth with Gaussian noise (supplement, Table 10), a training per strength:
#   CONFIG.py@3d-p0.5-s50 has noise of sigma 50 on half of the values.
#   python tools/benchmark.py CONFIG.py@3d-p0.5-s50 --table noise --checkpoints NAME=CHECKPOINT
# Positions are measured as they are, as the printed inputs are, not relative to the root.
_base_ = './smoothnet_w32_1xb1024-70e_h36m_fcn_3d.py'


def noisy(representation, prob, sigma):
    flat = representation == '2D'
    # The printed inputs result from sigma mm in 3D and sigma / 2 px in 2D.
    noise = dict(type='GaussianPoseNoise', std=sigma / 2 if flat else float(sigma), prob=prob,
                 unit='px' if flat else 'mm')
    # Only the ground truth is read; the estimator selects the folder.
    loader = dict(dataset=dict(estimator='cpn' if flat else 'fcn', representation=representation,
                               truth_as_input=True, transforms=[noise]))
    metrics = [dict(type='PoseErrorMetric', root_align=False)]
    return dict(train_dataloader=loader, val_dataloader=loader, val_evaluator=metrics,
                test_dataloader=loader, test_evaluator=metrics)


variants = {
    f'{kind.lower()}-p{prob}-s{sigma}': noisy(kind, prob, sigma) for kind in ('3D', '2D')
    for prob, sigma in ((0.5, 10), (0.5, 50), (0.5, 100), (0.1, 50), (0.9, 50))}
