"""All people of one clip."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataFormatError
from .sequence import PoseSequence


@dataclass
class PoseTracks:
    """The people of one clip, by track id, and the properties of the clip.

    Attributes:
        tracks: One sequence per person; all share keypoints, representation and unit.
        frame_ids: Every frame of the clip in order, including those without people, shape (F,),
            int64. Defaults to the sorted union over the tracks.
        fps: Frames per second, or None if unknown.
        times: Seconds of each frame of the clip, shape (F,), not decreasing, or None where the
            frames have no time stamps. They take precedence over ``fps``.
        image_size: (width, height) in pixels, or None if unknown.
        source: The document that the tracks were read from (opaque). With the sequences' ``refs``,
            a writer can reproduce everything that was not smoothed exactly.
        preparation: Changes made by a smoother before its filters, as counts by name
            (``exchanged``: group-frames whose left and right were swapped back; ``placeholders``:
            keypoints that hold (0, 0) or similar and count as missing; ``flat``: people in 3D
            whose depth is 0 everywhere and who were smoothed in 2D), and the statistics of the
            default filter (:class:`~smoothnet_plugin.smoothers.settings.PreparationCounts`).
        provenance: One entry per operation done on the tracks (method, parameters, version).
    """

    tracks: dict[int | str, PoseSequence] = field(default_factory=dict)
    frame_ids: np.ndarray = None  # type: ignore[assignment]
    fps: float | None = None
    image_size: tuple[int, int] | None = None
    source: Any = field(default=None, repr=False)
    provenance: list[dict[str, Any]] = field(default_factory=list)
    preparation: dict[str, Any] = field(default_factory=dict)
    times: np.ndarray | None = None

    def __post_init__(self) -> None:
        known = [sequence.frame_ids for sequence in self.tracks.values()]
        # The frames of a single person are in order.
        union = known[0].copy() if len(known) == 1 else np.unique(
            np.concatenate([np.zeros(0, dtype=np.int64), *known]))
        if self.frame_ids is None:
            self.frame_ids = union
        else:
            self.frame_ids = np.asarray(self.frame_ids, dtype=np.int64)
            if (np.diff(self.frame_ids) <= 0).any():
                raise DataFormatError('frame_ids of the clip must be strictly increasing.')
            strange = (union[:0] if np.array_equal(union, self.frame_ids)
                       else np.setdiff1d(union, self.frame_ids))
            if len(strange):
                raise DataFormatError(
                    f'Tracks hold {len(strange)} frame ids that are not in the clip; the first is '
                    f'{strange[0]}.')
        if self.times is not None:
            self.times = np.asarray(self.times, dtype=np.float64)
            if self.times.shape != self.frame_ids.shape or not (
                    np.isfinite(self.times).all() and (np.diff(self.times) >= 0).all()):
                raise DataFormatError(
                    f'times have the shape {self.times.shape}; expected one finite number of '
                    f'seconds for each of {len(self.frame_ids)} frames, not decreasing.')
        kinds = {(s.num_keypoints, s.representation) for s in self.tracks.values()}
        if len(kinds) > 1:
            raise DataFormatError(
                'The tracks of one clip must share keypoints and representation, but they have '
                f'these (K, representation): {sorted(kinds)}.')

    @classmethod
    def from_array(cls, coords: Any, *, scores: Any = None, fps: float | None = None,
                   **fields: Any) -> PoseTracks:
        """One person's array as tracks with the single id 0.

        Args:
            coords: Shape (T, K, C).
            scores: Shape (T, K), or None. Defaults to None.
            fps: Frames per second. Defaults to None (unknown).
            **fields: Further fields of :class:`PoseSequence`.

        Returns:
            The tracks.
        """
        sequence = PoseSequence(coords, scores=scores, fps=fps, **fields)
        return cls({0: sequence}, fps=fps)

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[tuple[int | str, PoseSequence]]:
        return iter(self.tracks.items())

    def __getitem__(self, track_id: int | str) -> PoseSequence:
        return self.tracks[track_id]

    @property
    def num_frames(self) -> int:
        """Number of frames of the clip, with or without people."""
        return len(self.frame_ids)

    def time_of(self, frame_id: int, otherwise: float) -> float:
        """Seconds of a frame by the time stamps.

        Args:
            frame_id: The frame.
            otherwise: Returned if there are no stamps, or the frame is not in the clip.
        """
        if self.times is None:
            return otherwise
        place = int(np.searchsorted(self.frame_ids, frame_id))
        known = place < len(self.frame_ids) and self.frame_ids[place] == frame_id
        return float(self.times[place]) if known else otherwise

    def replace(self, **changes: Any) -> PoseTracks:
        """Copy with some fields changed; the content is shared."""
        return dataclasses.replace(self, **changes)

    def at_rate(self, fps: float) -> PoseTracks:
        """The tracks with evenly spaced frames, at some frames per second, without time stamps."""
        return self.map(lambda sequence: sequence.replace(fps=fps)).replace(fps=fps, times=None)

    def map(self, function: Callable[[PoseSequence], PoseSequence]) -> PoseTracks:
        """Apply ``function`` to every person.

        Args:
            function: Takes and returns a sequence.

        Returns:
            New tracks over the same clip.
        """
        return self.replace(tracks={key: function(s) for key, s in self.tracks.items()})
