"""Smoothing the results of an estimator that is called frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...smoothers import PoseSmoother
from ...structures import PoseInstance, Skeleton
from .convert import frame_from_samples, write_back


class FrameByFrame:
    """The video that successive calls of an estimator belong to, smoothed without delay.

    Number, order, scores and boxes of the people do not change, since every call returns its
    frame at once. A new video starts after :meth:`reset`, and where the image size or the place
    of the images changes.

    Args:
        smoother: The smoother, copied for each video.
        skeleton: Skeleton of the poses, for a smoother that does not state one. Defaults to None.
    """

    def __init__(self, smoother: PoseSmoother, skeleton: Skeleton | None = None) -> None:
        self.smoother = smoother
        self._skeleton = skeleton
        self.reset()

    def reset(self) -> None:
        """Start a new video; the next call is its first frame."""
        self._video: PoseSmoother | None = None
        self._place: Any = None
        self._frame_id = 0

    def smooth(self, samples: Sequence[Any], image_size: tuple[int, int] | None,
               place: Any = None, ids: Sequence[Any] | None = None) -> None:
        """Smooth the people of the next frame.

        Args:
            samples: Their data samples, changed in place.
            image_size: (width, height) in pixels, or None.
            place: What images of the same video have in common, such as their folder. Defaults to
                None.
            ids: Track ids, one per sample of one person, all different. Defaults to None, people
                are tracked.
        """
        if (image_size, place) != self._place:
            self.reset()
            self._place = image_size, place
        if self._video is None:
            self._video = self.smoother.for_video(image_size=image_size, lookahead=0)
            self._video.skeleton = self._video.skeleton or self._skeleton
        frame = frame_from_samples(samples, self._frame_id)
        if ids is not None:
            for person in frame.instances:
                person.track_id = ids[_number(person)]
        [finished] = self._video.step(frame)
        self._frame_id += 1
        write_back(finished, samples)


def _number(person: PoseInstance) -> int:
    """Number of the sample that a person comes from."""
    return person.payload[0]
