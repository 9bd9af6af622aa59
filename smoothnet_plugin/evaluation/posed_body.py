"""Rotations of a clip as matrices, and as the keypoints of a posed SMPL body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..processing.rotations import ROTATIONS, to_rotmat
from .body_model import LSP_ROOTS, BodyModel
from .clip import Clip
from .functional.arrays import chunks

#: Number of frames whose vertices are in memory at a time.
_BATCH = 64


class PosedBody(NamedTuple):
    """One estimate's body: rotations (T, K, 3, 3), betas (T, 10), measured frames (T,)."""

    rotations: np.ndarray
    betas: np.ndarray
    usable: np.ndarray


class BodyPoser:
    """Turns the rotations of clips into bodies.

    Args:
        body: SMPL's body, or None where only rotations are measured.
        protocol: ``'reference'`` decodes 6D values that are all 0 as the code of SmoothNet does,
            and refuses values that are not finite.
    """

    def __init__(self, body: BodyModel | None, protocol: str) -> None:
        self.body, self.protocol = body, protocol

    def pose(self, clip: Clip, coords: np.ndarray, shape_key: str) -> PosedBody:
        """The body of an estimate or of the truth.

        Args:
            clip: The clip.
            coords: Rotations, shape (T, K, C).
            shape_key: Entry of the clip's ``meta`` with the shape, (10,) or (T, 10); the mean
                shape if it is missing.

        Returns:
            The body; frames with a rotation that is not finite, or that the mask leaves out, are
            not usable.

        Raises:
            DataFormatError: The clip holds no rotations, or other joints than the body.
        """
        rotations = self._matrices(clip, coords)
        finite = np.isfinite(rotations).all(axis=(2, 3))
        usable = np.asarray((finite & clip.mask).all(axis=1))
        if self.protocol == 'reference' and not usable.all():
            raise DataFormatError(
                f'{clip.where}: rotations that are not finite cannot be evaluated with '
                "protocol='reference'; use protocol='default'.")
        # The body model poses unmeasured frames too, so they need rotations.
        rotations[~finite] = np.eye(3)
        return PosedBody(rotations, _betas(clip, shape_key), usable)

    def bodies(self, posed: PosedBody) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Keypoints (t, 14, 3) and vertices (t, V, 3) in metres, some frames at a time."""
        if self.body is None:
            raise ConfigError("Keypoints of rotations need body_model='.../SMPL_NEUTRAL.pkl' and "
                              "extra_regressor='.../J_regressor_extra.npy'.")
        for part in chunks(len(posed.rotations), size=_BATCH):
            yield self.body(posed.rotations[part], posed.betas[part])

    def keypoint_clip(self, clip: Clip) -> Clip:
        """The clip as 14 LSP keypoints in metres, for metrics of keypoints.

        Args:
            clip: A clip of rotations with truth.

        Returns:
            The keypoints of all three estimates; the mask is that of the frames.
        """
        if clip.target is None:
            return clip
        posed = [self.pose(clip, coords, key) for coords, key in (
            (clip.inputs, 'betas'), (clip.target, 'target_betas'), (clip.pred, 'betas'))]
        inputs, target, pred = (
            np.concatenate([keypoints for keypoints, _ in self.bodies(one)]) for one in posed)
        usable = posed[0].usable & posed[1].usable & posed[2].usable
        return clip.as_keypoints(inputs, target, pred, usable, LSP_ROOTS)

    def _matrices(self, clip: Clip, coords: np.ndarray) -> np.ndarray:
        joints = coords.shape[1]
        if self.body is not None and joints != self.body.num_joints:
            raise DataFormatError(f'{clip.where} has {joints} rotations a frame, but the body '
                                  f'model has {self.body.num_joints} joints.')
        if clip.representation not in ROTATIONS:
            raise DataFormatError(f'{clip.where} holds {clip.representation}; this metric takes '
                                  f'rotations ({", ".join(ROTATIONS)}).')
        flat = to_rotmat(np.asarray(coords, dtype=np.float64), clip.representation)
        array = flat.reshape(len(coords), joints, 3, 3)
        if self.protocol == 'reference' and clip.representation == 'rot6d':
            # There, zero padding decodes to half a turn about y.
            array[(coords == 0).all(axis=-1)] = np.diag([-1.0, 1.0, -1.0])
        return array


def _betas(clip: Clip, key: str) -> np.ndarray:
    frames = len(clip.pred)
    given = clip.meta.get(key)
    betas = np.zeros(10) if given is None else np.asarray(given, dtype=np.float64)
    if betas.shape not in ((10,), (frames, 10)):
        raise DataFormatError(f'{clip.where}: {key} have shape {betas.shape}; expected '
                              f'({frames}, 10) or (10,).')
    return np.broadcast_to(betas, (frames, 10))
