"""MuPoTS-3D, 30 frames per second, test only."""

from .layout import MPI17, KeypointLayout, PublishedSet

MUPOTS = PublishedSet(
    name='mupots',
    title='MuPoTS-3D',
    fps=30.,
    phases=('test',),
    layouts={'3D': (KeypointLayout(('tposenet', 'tposenetrefinenet'), MPI17, (14,)),)})
