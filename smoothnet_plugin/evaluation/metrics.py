"""All metrics: importing this module registers them."""

from .body_joints_metric import BodyJointsMetric
from .clip import Clip
from .do_no_harm import DoNoHarmMetric
from .joint_change_metric import JointChangeMetric
from .mean_metric import MeanMetric
from .over_smoothing import OverSmoothingMetric
from .pck_metric import PCKMetric
from .pose_error import PoseErrorMetric
from .sequence_metric import SequenceMetric
from .smpl_metric import SMPLMetric
from .worst_frames import WorstFramesMetric

__all__ = ['BodyJointsMetric', 'Clip', 'DoNoHarmMetric', 'JointChangeMetric', 'MeanMetric',
           'OverSmoothingMetric', 'PCKMetric', 'PoseErrorMetric', 'SMPLMetric', 'SequenceMetric',
           'WorstFramesMetric']
