"""Metrics: pure functions in :mod:`.functional`, and MMEngine metrics on top of them."""

from ..utils.deprecation import deprecated_names
from .body_joints_metric import BodyJointsMetric
from .clip import Clip
from .do_no_harm import DoNoHarmMetric
from .over_smoothing import OverSmoothingMetric
from .pck_metric import PCKMetric
from .pose_error import PoseErrorMetric
from .sequence_metric import MeanMetric, SequenceMetric
from .smpl_metric import SMPLMetric
from .worst_frames import WorstFramesMetric

__all__ = ['BodyJointsMetric', 'Clip', 'DoNoHarmMetric', 'MeanMetric', 'OverSmoothingMetric',
           'PCKMetric', 'PoseErrorMetric', 'SMPLMetric', 'SequenceMetric', 'WorstFramesMetric']

__getattr__ = deprecated_names(
    __name__, {'SequenceResult': 'smoothnet_plugin.evaluation.clip:Clip'}, removed_in='0.3.0')
