"""Human3.6M, 50 frames per second."""

from .layout import H36M17, LSP14, KeypointLayout, PublishedSet, smpl_layout

# The order of the 16 keypoints is not published.
_UNNAMED16 = tuple(f'keypoint_{i}' for i in range(16))

H36M = PublishedSet(
    name='h36m',
    title='Human3.6M',
    fps=50.,
    phases=('train', 'test'),
    layouts={
        '2D': (KeypointLayout(('cpn',), H36M17),
               KeypointLayout(('hourglass', 'hrnet', 'rle'), _UNNAMED16)),
        '3D': (KeypointLayout(('fcn', 'rle', 'videoposet27', 'videoposet81', 'videoposet243'),
                              H36M17, (0,)),
               KeypointLayout(('tcmr', 'vibe'), LSP14, (2, 3))),
        'smpl': smpl_layout('tcmr', 'vibe'),
    },
    normalisation='image1000',
    frame_keys={'smpl': {'shape': 'target_betas'}})
