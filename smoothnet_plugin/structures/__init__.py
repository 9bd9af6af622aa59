"""What travels through the package: sequences, tracks and single frames of poses."""

from .frame import PoseFrame, PoseInstance
from .sequence import REPRESENTATIONS, PoseSequence, value_width
from .skeleton import Skeleton, get_skeleton, skeleton_names
from .tracks import PoseTracks

__all__ = [
    'REPRESENTATIONS', 'PoseFrame', 'PoseInstance', 'PoseSequence', 'PoseTracks', 'Skeleton',
    'get_skeleton', 'skeleton_names', 'value_width'
]
