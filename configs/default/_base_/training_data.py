# Data of all trainings of smoother='default', by part of the recipe: `data_2d.first` ...
# The datasets alternate: UI-PRMD's real errors in one turn of five (2D) or two of six (3D), CMU
# motion with the noise of real detectors in the others.
_base_ = './held_out.py'


def from_camera(dim):
    return [dict(type='RandomCamera')] if dim == 2 else []


def kinect(dim, turned):
    # The network's window and two more frames: three windows that start at successive frames.
    turns = [dict(type='ResampleFps', fps=(20., 45.)), dict(type='RandomRotation')]
    return dict(
        type='PairedPoseDataset', ann_file='uiprmd_train.npz', data_root='data/',
        dataset_name='uiprmd', window_size=66, padding='edge',
        transforms=[*(turns if turned else []), dict(type='LeftRightFlip'), *from_camera(dim)])


def noisy(dim, mixed):
    # Samples that mix joints of several bodies keep the network from correcting other motion as if
    # it were a body.
    mix = [dict(type='MixJoints', prob=mixed)] if mixed else []
    # From nearly zero, which the network must not change, to more than in the benchmark.
    std, drift = ((0.3, 10.), (0.2, 10.)) if dim == 2 else ((0.5, 50.), (0.5, 60.))
    return [dict(type='ResampleFps', fps=(15., 120.)), dict(type='RandomRotation'),
            dict(type='LeftRightFlip'), *mix, *from_camera(dim),
            dict(type='DetectorNoise', profile=f'detector_{dim}d', std=std, drift_std=drift,
                 autocorrelation=(0., 0.95), prob=0.95)]


def cmu(dim, mixed):
    return [dict(type='MocapDataset', ann_file=f'{file}_60hz.npz', data_root='data/',
                 exclude={{_base_.held_out}}, dataset_name=file, window_size=66, padding='edge',
                 transforms=noisy(dim, mixed)) for file in ('cmu_amc', 'cmu_bvh')]


def turns(dim, mixed):
    takes = cmu(dim, mixed)
    if dim == 2:
        return [kinect(dim, turned=True), *takes, *takes]
    return [kinect(dim, turned=False), *takes, kinect(dim, turned=True), *takes]


# Share of the samples of motion capture that mix joints of several bodies.
data_2d = dict(first=turns(2, 0), mixed=turns(2, 0.15), pairs=turns(2, 0.05))
data_3d = dict(first=turns(3, 0), mixed=turns(3, 0.15), pairs=turns(3, 0.05), last=turns(3, 0.12))
