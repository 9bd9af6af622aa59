"""The clips that a benchmark is made on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..structures import (
    ASSUMED_FPS,
    PoseSequence,
    PoseTracks,
    default_unit,
    representation_of,
)


@dataclass(frozen=True)
class Clip:
    """One person's estimated poses, with the truth where it is known.

    Attributes:
        coords: The estimate in its own unit, shape (T, K, C).
        target: The truth, same shape, or None.
        mask: Keypoints to measure, shape (T, K), bool.
        scores: Confidence, shape (T, K), or None.
        meta: The dataset's description (``name``, ``dataset``, ``fps``, ``unit``,
            ``representation``, ``root_indices`` ...).
        undo: The dataset's normalisation: its coordinates times ``scale`` plus ``offset`` are
            those here. None where it has none.
    """

    coords: np.ndarray
    target: np.ndarray | None
    mask: np.ndarray
    scores: np.ndarray | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    undo: Mapping[str, Any] | None = None

    @property
    def fps(self) -> float:
        """Frames per second; 30 where nothing is known."""
        return float(self.meta.get('fps') or ASSUMED_FPS)

    @property
    def representation(self) -> str:
        """Key of :data:`smoothnet_plugin.structures.REPRESENTATIONS`."""
        return representation_of(self.coords.shape[-1], self.meta.get('representation') or None)

    @property
    def unit(self) -> str:
        """Unit of the coordinates."""
        return str(self.meta.get('unit') or default_unit(self.representation))

    def tracks(self) -> PoseTracks:
        """The clip as a smoother takes it."""
        sequence = PoseSequence(self.coords, scores=self.scores, fps=self.fps, unit=self.unit,
                                representation=self.representation)
        return PoseTracks({0: sequence}, fps=self.fps)

    def normalised(self) -> Clip:
        """The clip with the coordinates that a network of its dataset sees; no truth."""
        if self.undo is None:
            return self
        scale, offset = (np.asarray(self.undo[key], self.coords.dtype)
                         for key in ('scale', 'offset'))
        return Clip((self.coords - offset) / scale, None, self.mask, self.scores, self.meta)

    def restored(self, refined: np.ndarray) -> np.ndarray:
        """Bring refined coordinates of :meth:`normalised` back to the clip's unit."""
        return _undone(refined, self.undo)

    def sample(self, refined: np.ndarray) -> dict[str, Any]:
        """The clip and what a smoother made of it, as metrics take them."""
        return {'pred': refined, 'inputs': self.coords, 'target': self.target, 'mask': self.mask,
                'meta': {'name': '', **self.meta, 'unit': self.unit,
                         'representation': self.representation}}


def clips_of(items: Iterable[Mapping[str, Any]]) -> list[Clip]:
    """Clips of a dataset, or of a dump, with the dataset's normalisation undone.

    Args:
        items: Dicts of ``inputs`` (T, K, C) and, where known, ``target``, ``mask``, ``scores``
            and ``meta``. Items of a dump have their normalisation undone already.

    Returns:
        The clips.

    Raises:
        ConfigError: An item is no whole clip.
    """
    clips = []
    for number, item in enumerate(items):
        meta: dict[str, Any] = dict(item.get('meta') or {'name': str(number)})
        normalisation = meta.pop('denormalise', None)
        undo = None if 'pred' in item else normalisation
        coords = np.asarray(item['inputs'])
        if coords.ndim != 3:
            raise ConfigError(f'The dataset gives inputs of shape {coords.shape}; a benchmark '
                              'needs whole clips (T, K, C). Name the test dataset, not the '
                              'training windows.')
        target, mask, scores = item.get('target'), item.get('mask'), item.get('scores')
        clips.append(Clip(
            _undone(coords, undo), None if target is None else _undone(np.asarray(target), undo),
            np.ones(coords.shape[:2], dtype=bool) if mask is None else np.asarray(mask, bool),
            None if scores is None else np.asarray(scores), meta, normalisation))
    return clips


def clips_of_tracks(tracks: PoseTracks, name: str) -> list[Clip]:
    """The people of a results file as clips without truth.

    Args:
        tracks: The people.
        name: What to call the file.

    Returns:
        A clip per person.
    """
    clips = []
    for key, sequence in tracks:
        coords = np.where(sequence.valid[..., None], sequence.coords, np.nan)
        meta = {'name': str(key), 'dataset': name, 'fps': sequence.fps or tracks.fps,
                'unit': sequence.unit, 'representation': sequence.representation}
        clips.append(Clip(coords, None, sequence.valid, sequence.scores, meta))
    return clips


def _undone(values: np.ndarray, undo: Mapping[str, Any] | None) -> np.ndarray:
    if undo is None:
        return values
    return (values * np.asarray(undo['scale'], values.dtype)
            + np.asarray(undo['offset'], values.dtype))
