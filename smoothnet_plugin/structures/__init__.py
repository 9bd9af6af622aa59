"""Data structures of the package: sequences, tracks and single frames of poses."""

from .body import BodySequence
from .frame import PoseFrame, PoseInstance
from .representation import (
    ASSUMED_FPS,
    METRES,
    REPRESENTATIONS,
    default_unit,
    is_rotation,
    representation_of,
    value_width,
)
from .sequence import PoseSequence
from .skeleton import Skeleton, root_of
from .skeletons import get_skeleton, skeleton_names
from .tracks import PoseTracks

__all__ = [
    'ASSUMED_FPS', 'METRES', 'REPRESENTATIONS', 'BodySequence', 'PoseFrame', 'PoseInstance',
    'PoseSequence', 'PoseTracks', 'Skeleton', 'default_unit', 'get_skeleton', 'is_rotation',
    'representation_of', 'root_of', 'skeleton_names', 'value_width'
]
