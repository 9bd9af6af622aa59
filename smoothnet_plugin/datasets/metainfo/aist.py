"""AIST++: dance, 60 frames per second."""

from .layout import LSP14, KeypointLayout, PublishedSet, smpl_layout

_ESTIMATORS = ('spin', 'tcmr', 'vibe')

AIST = PublishedSet(
    name='aist',
    title='AIST++',
    fps=60.,
    phases=('train', 'test'),
    layouts={'3D': (KeypointLayout(_ESTIMATORS, LSP14, (2, 3)),),
             'smpl': smpl_layout(*_ESTIMATORS)},
    frame_keys={'smpl': {'trans': 'target_trans', 'scaling': 'target_scaling'}})
