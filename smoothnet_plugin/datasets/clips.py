"""The content of a pose dataset: all clips, concatenated along one frame axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import DataFormatError
from .mapped import MappedArray

_CHUNK = 1 << 16
#: A value that varies by less over a clip is only shifted.
_STILL = 1e-6


@dataclass
class PoseClips:
    """Clips of one person each; N is the total number of frames, S the number of clips.

    Attributes:
        lengths: Number of frames of each clip, shape (S,), int64; adds up to N.
        names: Name of each clip, S entries.
        fps: Frames per second of each clip, shape (S,).
        estimate: Output of an estimator, shape (N, K, C), or None for ground truth alone.
        truth: Ground truth, shape (N, K, C), or None for estimates alone.
        scores: Confidence of the estimate, shape (N, K), or None.
        scale: With ``offset``, shape (S, C) or (S, K, C): ``scale * x + offset`` is in the unit of
            the data; None if the coordinates are stored in it.
        offset: See ``scale``.
        frame_extras: Further values per frame for metrics, by name, shape (N, ...).
        clip_extras: Further values per clip for metrics, by name, shape (S, ...).
    """

    lengths: np.ndarray
    names: list[str]
    fps: np.ndarray
    estimate: np.ndarray | MappedArray | None = None
    truth: np.ndarray | MappedArray | None = None
    scores: np.ndarray | MappedArray | None = None
    scale: np.ndarray | None = None
    offset: np.ndarray | None = None
    frame_extras: dict[str, np.ndarray | MappedArray] = field(default_factory=dict)
    clip_extras: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def coords(self) -> np.ndarray | MappedArray:
        """The estimate, or the truth if there is no estimate."""
        coords = self.truth if self.estimate is None else self.estimate
        if coords is None:
            raise DataFormatError('A dataset needs estimates, ground truth, or both; this one has '
                                  'neither.')
        return coords

    @property
    def starts(self) -> np.ndarray:
        """First frame of each clip on the frame axis, shape (S,)."""
        return np.cumsum(self.lengths) - self.lengths

    def per_frame(self) -> dict[str, np.ndarray | MappedArray]:
        """All arrays along the frame axis, by name."""
        known = {'estimate': self.estimate, 'truth': self.truth, 'scores': self.scores}
        return {**{key: value for key, value in known.items() if value is not None},
                **self.frame_extras}

    def check(self, source: str) -> None:
        """Check that everything fits together.

        Args:
            source: Name of the dataset in messages.

        Raises:
            DataFormatError: Lengths disagree, or no value of estimate or truth is finite.
        """
        if self.lengths.ndim != 1 or (len(self.lengths) and self.lengths.min() < 0):
            raise DataFormatError(f'The lengths of {source} must be one number of frames per clip, '
                                  f'0 or more; got shape {self.lengths.shape}.')
        if not len(self.lengths):
            raise DataFormatError(f'{source} has no clips.')
        for what, value in (('names', self.names), ('fps', self.fps)):
            if len(value) != len(self.lengths):
                raise DataFormatError(f'{source} has {len(self.lengths)} clips by its lengths, '
                                      f'but {len(value)} {what}.')
        if not (np.isfinite(self.fps) & (self.fps > 0)).all():
            raise DataFormatError(f'fps of {source} must be positive numbers.')
        total, shape = int(self.lengths.sum()), self.coords.shape
        for name, values in self.per_frame().items():
            if len(values.shape) < 1 or values.shape[0] != total:
                raise DataFormatError(
                    f"'{name}' of {source} has {values.shape[0] if values.shape else 0} frames, "
                    f'but the lengths of its {len(self.lengths)} clips add up to {total}.')
        for name, values, expected in (('truth', self.truth, shape),
                                       ('scores', self.scores, shape[:2])):
            if values is not None and values.shape != expected:
                raise DataFormatError(f"'{name}' of {source} has the shape {values.shape}; the "
                                      f'estimate requires {expected}.')
        for name, values in (('estimate', self.estimate), ('truth', self.truth)):
            if values is not None and total and not _any_finite(as_array(values)):
                raise DataFormatError(f'The {name} of {source} has no finite pose at all; '
                                      'check the file.')


def as_array(values: np.ndarray | MappedArray) -> np.ndarray:
    """The array itself, memory-mapped if it is in a file."""
    return values.array if isinstance(values, MappedArray) else values


def clip_lengths(clips: Sequence[np.ndarray]) -> np.ndarray:
    """Frames of each clip, shape (S,), int64."""
    return np.array([len(clip) for clip in clips], dtype=np.int64)


def _any_finite(values: np.ndarray) -> bool:
    # Stops at the first block that has a pose, so that a mapped file is not read as a whole.
    return any(
        np.isfinite(values[start:start + _CHUNK]).all(axis=-1).any()
        for start in range(0, len(values), _CHUNK))


def normalise_sequences(clips: PoseClips, source: str) -> None:
    """Bring each value of each clip to the mean 0 and the standard deviation 1, in place.

    Args:
        clips: The clips; ``scale`` and ``offset`` are updated.
        source: ``'input'`` for mean and deviation of the estimate, ``'truth'`` for those of the
            ground truth.
    """
    values = as_array(clips.coords if source == 'input' or clips.truth is None else clips.truth)
    count, shape = len(clips.lengths), values.shape[1:]
    scale, offset = np.ones((count, *shape)), np.zeros((count, *shape))
    for i, (start, length) in enumerate(zip(clips.starts, clips.lengths)):
        part = slice(start, start + length)
        known = np.where(np.isfinite(values[part]), values[part], np.nan).astype(np.float64)
        seen = np.isfinite(known).any(axis=0)
        offset[i][seen] = np.nanmean(known[:, seen], axis=0)
        spread = np.nanstd(known[:, seen], axis=0)
        scale[i][seen] = np.where(spread > _STILL, spread, 1)
        for coords in (clips.estimate, clips.truth):
            if coords is not None:
                coords = as_array(coords)
                coords[part] = (coords[part] - offset[i]) / scale[i]
    if clips.scale is not None and clips.offset is not None:  # 2D, normalised by the image before
        offset = clips.scale[:, None] * offset + clips.offset[:, None]
        scale = clips.scale[:, None] * scale
    clips.scale, clips.offset = scale, offset
