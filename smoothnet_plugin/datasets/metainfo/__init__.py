"""The six datasets for which SmoothNet's authors published estimates, one module each."""

from .aist import AIST
from .h36m import H36M
from .jhmdb import JHMDB
from .layout import KeypointLayout, PublishedSet, own_set
from .mpiinf3dhp import MPIINF3DHP
from .mupots import MUPOTS
from .pw3d import PW3D

PUBLISHED_SETS: dict[str, PublishedSet] = {
    entry.name: entry for entry in (AIST, H36M, JHMDB, MPIINF3DHP, MUPOTS, PW3D)}

__all__ = ['PUBLISHED_SETS', 'KeypointLayout', 'PublishedSet', 'own_set']
