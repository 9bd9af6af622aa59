"""Errors of body-model rotations in millimetres at the joints, without a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..processing.kinematics import forward_kinematics
from ..processing.rotations import ROTATIONS, to_rotmat
from ..registry import METRICS
from ..structures.body_joints import BODY_JOINTS, body_tree
from .clip import Clip
from .sequence_metric import SequenceMetric


@METRICS.register_module()
class BodyJointsMetric(SequenceMetric):
    """A metric of 3D keypoints, measured at the joints that rotations lead to.

    The joints follow from forward kinematics along the segments of
    :mod:`smoothnet_plugin.structures.body_joints`, which are those of an average person: errors are
    in mm of that person, of MPJPE, PA-MPJPE, accelerations and the worst frames alike. With a
    user's own SMPL file, ``SMPLMetric`` measures the keypoints and vertices of the real body.

    Args:
        metric: Config of a metric of keypoints: ``PoseErrorMetric``, ``WorstFramesMetric``,
            ``OverSmoothingMetric`` ... Defaults to ``dict(type='PoseErrorMetric')``.
        prefix: Put before all keys, with a slash. Defaults to None: ``'joints'``.

    Raises:
        ConfigError: ``metric`` is not a metric of this package.
    """

    default_prefix = 'joints'

    def __init__(self, metric: Mapping[str, Any] | None = None, prefix: str | None = None) -> None:
        config = dict(metric or {'type': 'PoseErrorMetric'})
        built = METRICS.get(config['type']) and METRICS.build(config)
        if not isinstance(built, SequenceMetric):
            raise ConfigError(f"BodyJointsMetric: {config['type']!r} is not a metric of clips; "
                              'expected PoseErrorMetric, WorstFramesMetric or the like.')
        self.metric = built
        super().__init__(self.metric.per_sequence, self.metric.protocol, prefix)

    def measure(self, clip: Clip) -> dict[str, Any]:
        """The record of the inner metric."""
        return self.metric.measure(joint_clip(clip))

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """The numbers of the inner metric."""
        return self.metric.summarize(records)

    def keys(self) -> tuple[str, ...]:
        """Keys of the inner metric."""
        return self.metric.keys()


def joint_clip(clip: Clip) -> Clip:
    """A clip of rotations as the joints that they lead to, in metres, pelvis at the origin.

    Args:
        clip: A clip of rotations of a body model, (T, J, C).

    Returns:
        A clip of 3D keypoints. Frames in which a rotation is not finite, or that the mask leaves
        out, are not measured.

    Raises:
        DataFormatError: The clip holds no rotations, or not those of a body model.
    """
    joints = clip.inputs.shape[1]
    if clip.representation not in ROTATIONS or joints not in BODY_JOINTS:
        raise DataFormatError(
            f'{clip.where} holds {joints} of {clip.representation}; BodyJointsMetric takes '
            f"rotations of {', '.join(map(str, BODY_JOINTS))} joints (SMPL, SMPL-H, SMPL-X).")
    tree = body_tree(BODY_JOINTS[joints])

    def places(coords: np.ndarray) -> np.ndarray:
        matrices = to_rotmat(np.asarray(coords, dtype=np.float64), clip.representation)
        finite = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
        matrices[~finite] = np.eye(3).ravel()
        place = forward_kinematics(matrices, tree.parents, tree.offsets)
        place[~finite] = np.nan
        return place

    target = None if clip.target is None else places(clip.target)
    return clip.as_keypoints(places(clip.inputs), target, places(clip.pred),
                             np.asarray(clip.mask.all(axis=1)), [0], list(tree.names))
