"""MPI-INF-3DHP, 25 frames per second, test only."""

from .layout import MPI17, KeypointLayout, PublishedSet

MPIINF3DHP = PublishedSet(
    name='mpiinf3dhp',
    title='MPI-INF-3DHP',
    fps=25.,
    phases=('test',),
    layouts={'3D': (KeypointLayout(('spin', 'tcmr', 'vibe'), MPI17, (14,)),)})
