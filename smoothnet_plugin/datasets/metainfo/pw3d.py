"""3DPW, 30 frames per second."""

from .layout import LSP14, LSP17, KeypointLayout, PublishedSet, smpl_layout

# Stored: pelvis, left leg, right leg, spine, neck, head, head top, left arm, right arm. The order
# of the legs differs from Human3.6M's.
_TO_LSP = (6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10, 0, 7, 9)
_STORED17 = ('eft', 'pare', 'spin')
_STORED14 = KeypointLayout(('tcmr', 'vibe'), LSP14, (2, 3))

PW3D = PublishedSet(
    name='pw3d',
    title='3DPW',
    fps=30.,
    phases=('train', 'test'),
    layouts={'3D': (KeypointLayout(_STORED17, LSP14, (2, 3), _TO_LSP[:14], 17), _STORED14),
             'smpl': smpl_layout('eft', 'pare', 'spin', 'tcmr', 'vibe')},
    other_layouts={
        'motionrefinenet': {'3D': (KeypointLayout(_STORED17, LSP17, (2, 3), _TO_LSP),
                                   _STORED14)}},
    reference_windows='reference_pw3d',
    frame_keys={'smpl': {'shape': 'target_betas'}})
