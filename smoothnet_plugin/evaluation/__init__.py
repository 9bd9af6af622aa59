"""Metrics: pure functions in :mod:`.functional`, and MMEngine metrics on top of them."""

from .do_no_harm import DoNoHarmMetric
from .over_smoothing import OverSmoothingMetric
from .pck_metric import PCKMetric
from .pose_error import PoseErrorMetric
from .results import SequenceResult
from .sequence_metric import MeanMetric, SequenceMetric
from .smpl_metric import SMPLMetric
from .worst_frames import WorstFramesMetric

__all__ = ['DoNoHarmMetric', 'MeanMetric', 'OverSmoothingMetric', 'PCKMetric', 'PoseErrorMetric',
           'SMPLMetric', 'SequenceMetric', 'SequenceResult', 'WorstFramesMetric']
