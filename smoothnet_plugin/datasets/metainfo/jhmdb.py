"""Sub-JHMDB: short clips of sports and daily life, 30 frames per second."""

from .layout import KeypointLayout, PublishedSet

_NAMES = ('neck', 'belly', 'face', 'right_shoulder', 'left_shoulder', 'right_hip', 'left_hip',
          'right_elbow', 'left_elbow', 'right_knee', 'left_knee', 'right_wrist', 'left_wrist',
          'right_ankle', 'left_ankle')

JHMDB = PublishedSet(
    name='jhmdb',
    title='Sub-JHMDB',
    fps=30.,
    phases=('train', 'test'),
    layouts={'2D': (KeypointLayout(('simplepose',), _NAMES),)},
    normalisation='image_size',
    frame_keys={'2D': {'bbox': 'bbox'}})
