"""One smoothing stage of an inferencer: ids, smoother, boxes of interpolated people."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from ...apis import smooth
from ...errors import ConfigError
from ...processing.gaps import interpolate_at
from ...smoothers import PoseSmoother, build_smoother
from ...structures import PoseFrame, Skeleton
from ...tracking import build_tracker
from ...tracking.naming import IdKeeper
from .config_key import plain


@dataclass
class Shot:
    """Payload of a frame on its way through the stages.

    Attributes:
        samples: The frame's data samples.
        original: The image or its path; None while a clip is smoothed as a whole, since its
            frames are read again.
        image_size: (width, height) in pixels.
        pose2d: The 2D sample from which a 3D sample was lifted.
    """

    samples: list[Any]
    original: Any = field(repr=False)
    image_size: tuple[int, int]
    pose2d: Any = None


class SmoothingStage:
    """Smooths the people of successive videos; no state is shared between videos.

    Args:
        entry: The smoother, see :mod:`smoothnet_plugin.smoothers.build`; False for none, so that
            people only get ids.
        tracker: Assigns ids, a tracker or its config. Defaults to None, the smoother's tracker.
        skeleton: Skeleton of the poses, for smoothers that do not state one. Defaults to None, it
            is recognised by the poses.
    """

    def __init__(self, entry: Any, tracker: Any = None, skeleton: Skeleton | None = None) -> None:
        self.smoother = None if entry is False else build_smoother(plain(entry), tracker=tracker)
        self._given_tracker, self._skeleton = tracker, skeleton
        self._tracker = build_tracker(tracker) if self.smoother is None else None

    def with_smoother(self, entry: Any) -> SmoothingStage:
        """The same stage with another smoother, or False for none."""
        return SmoothingStage(entry, self._given_tracker, self._skeleton)

    def _for_video(self, **facts: Any) -> PoseSmoother:
        """A smoother with its own state, for one video."""
        smoother = self.smoother.for_video(**facts)  # type: ignore[union-attr]
        smoother.skeleton = smoother.skeleton or self._skeleton
        return smoother

    def whole(self, frames: Sequence[PoseFrame], fps: float | None) -> list[PoseFrame]:
        """Smooth a clip as a whole.

        Args:
            frames: All frames of the clip.
            fps: Frames per second, or None if unknown.

        Returns:
            The finished frames.
        """
        if self.smoother is None:
            return list(self.live(frames, fps, 0))
        size = frames[0].payload.image_size if frames else None
        smoother = self._for_video(fps=fps, image_size=size)
        boxes = _Boxes(smoother.max_gap)
        finished = smooth(frames, smoother, fps=fps)
        for frame in finished:
            boxes.remember(frame)
        return [boxes.complete(frame) for frame in finished]

    def live(self, frames: Iterable[PoseFrame], fps: float | None,
             lookahead: int) -> Iterator[PoseFrame]:
        """Smooth frames as they arrive.

        Args:
            frames: The frames of a video.
            fps: Frames per second, or None if unknown.
            lookahead: Delay of the result in frames.

        Yields:
            Every frame, finished.
        """
        frames = iter(frames)
        first = next(frames, None)
        if first is None:
            return
        frames = chain([first], frames)
        if self.smoother is None:
            tracker = self._tracker
            assert tracker is not None
            tracker.reset()
            keeper = IdKeeper(tracker)
            for frame in frames:
                yield keeper.name(frame)[0]
            return
        video = self._for_video(
            fps=fps, image_size=first.payload.image_size, lookahead=lookahead)
        boxes = _Boxes(video.max_gap)
        for frame in frames:
            done = video.step(frame)
            if video.named is not None:
                named, renamed = video.named
                boxes.rename(renamed)
                boxes.remember(named)
            for finished in done:
                yield boxes.complete(finished)
        for finished in video.flush():
            yield boxes.complete(finished)


def chosen_lookahead(lookahead: int | None, *stages: SmoothingStage) -> list[int] | None:
    """Look-ahead of each of successive stages in frames, or None for whole clips.

    Args:
        lookahead: The delay of all stages together, split evenly with the remainder going to
            later stages; or None for the values in the smoothers' configs.
        *stages: The stages in order.

    Returns:
        One number per stage, or None if no delay is given and a smoother has none.

    Raises:
        ConfigError: ``lookahead`` is not a whole number >= 0.
    """
    smoothing = [stage for stage in stages if stage.smoother is not None]
    if lookahead is None:
        own = [stage.smoother.lookahead if stage.smoother else 0 for stage in stages]
        return own if smoothing and None not in own else None  # type: ignore[return-value]
    if isinstance(lookahead, bool) or int(lookahead) != lookahead or lookahead < 0:
        raise ConfigError(f'lookahead is {lookahead!r}; expected a whole number of frames >= 0, '
                          'or None to smooth whole clips.')
    shares = []
    left = int(lookahead)
    for number, stage in enumerate(smoothing):
        share = left // (len(smoothing) - number)
        left -= share
        shares.append((stage, share))
    return [next((share for owner, share in shares if owner is stage), 0) for stage in stages]


class _Boxes:
    """Boxes of interpolated people, from the measured boxes before and after.

    Args:
        max_gap: Longest interpolated gap, in frames.
    """

    def __init__(self, max_gap: int) -> None:
        self._max_gap = max_gap
        self._seen: dict[Any, deque[tuple[int, np.ndarray]]] = {}

    def remember(self, frame: PoseFrame) -> None:
        """Store the boxes of a frame; call this in the order of frames."""
        for person in frame.instances:
            if person.bbox is not None and not person.filled:
                self._seen.setdefault(person.track_id, deque()).append(
                    (frame.frame_id, np.asarray(person.bbox, dtype=np.float64)))

    def rename(self, renamed: Mapping[Any, Any]) -> None:
        """Give people their new names.

        Args:
            renamed: New names by old ones.
        """
        boxes = {key: self._seen.pop(key) for key in renamed if key in self._seen}
        for key, seen in boxes.items():
            self._seen[renamed[key]] = deque(sorted(
                [*self._seen.get(renamed[key], ()), *seen], key=lambda box: box[0]))

    def complete(self, frame: PoseFrame) -> PoseFrame:
        """The frame with boxes for its interpolated people; call this in the order of frames."""
        instances = [
            dataclasses.replace(person, bbox=interpolate_at(
                frame.frame_id, self._seen.get(person.track_id, ())))
            if person.filled and person.bbox is None else person for person in frame.instances]
        for key, seen in list(self._seen.items()):
            while len(seen) > 1 and seen[1][0] <= frame.frame_id:
                seen.popleft()
            if seen[-1][0] < frame.frame_id - self._max_gap:
                del self._seen[key]
        return dataclasses.replace(frame, instances=instances)
