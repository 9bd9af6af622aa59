"""The smoother: a chain of filters applied to people, to whole clips and live."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..processing.compiled_steps import whole_clip
from ..processing.runs import frame_stride
from ..registry import SMOOTHERS
from ..structures import ASSUMED_FPS, PoseFrame, PoseTracks
from .kinds import smooth_kinds
from .live_frames import LiveFrames
from .parameters import SmootherParameters
from .pose_info import PoseInfo
from .replay import replay
from .settings import PreparationCounts
from .whole_track import smooth_track

#: Wraps what is worked through, as :func:`rich.progress.track` does.
Progress = Callable[[Any], Iterable[Any]]


@SMOOTHERS.register_module()
class PoseSmoother(SmootherParameters):
    """Applies a chain of filters to every person, to whole clips or live.

    :mod:`smoothnet_plugin.processing.gaps` defines what counts as missing, what is interpolated
    and where a track is cut. Scores are never changed. People never influence one another, nor do
    separate appearances of one person.

    The live result of a frame is the offline result of the frames up to ``latency`` frames later:
    it equals the offline result of the whole clip where that look-ahead covers what the filters
    and an open gap need.

    :meth:`step`, :meth:`flush` and :meth:`reset` may be called from several threads; calls run one
    at a time, and frames are processed in the order in which they arrive. Each video needs its own
    smoother, from :meth:`for_video`; these do not wait for one another.

    Args:
        filters: A filter or a chain of filters, built or as config dicts.
        lookahead: Future frames that live smoothing may wait for. Defaults to None, as many as the
            filters can use (the sum over a chain).
        max_gap: Longest gap that is interpolated, in frames. Defaults to 10.
        keypoint_thr: Keypoints with a lower score count as missing. Defaults to 0.0.
        fps: Frame rate for live use and for tracks without one. Defaults to None (30 is assumed,
            and the report notes it).
        image_size: (width, height) in pixels, for filters with ``normalize='image'``. Defaults
            to None (the size given in the tracks).
        representation: Representation of live poses, see
            :data:`~smoothnet_plugin.structures.REPRESENTATIONS`. Defaults to None (2D or 3D
            keypoints by their width).
        tracker: A :class:`~smoothnet_plugin.tracking.PoseTracker` or its config, for live poses
            without ids. Defaults to None, a tracker with its defaults.
        strength: Share of the filters' effect, from 0 (measured values do not change, gaps are
            interpolated) to 1 (full effect); linear in between, for rotations in 6D. Defaults to
            1.0.
        zeros: Meaning of coordinates that are exactly 0: ``'missing'``, ``'measured'``, or
            ``'auto'``: placeholders are detected
            (:func:`~smoothnet_plugin.processing.placeholders.placeholder_mask`). Defaults to
            ``'auto'``.
        ends: Keypoints before their first sample and after their last one, while the person is
            there: ``'missing'``, or ``'hold'``: they get the nearest smoothed value and are
            marked as interpolated, for whole clips only. Defaults to ``'missing'``.
        exchanges: Whether to correct frames in which the estimator swapped left and right, for
            keypoints whose names or standard layout give their sides
            (:mod:`smoothnet_plugin.processing.exchanges`). Defaults to False.
        outliers: Whether to treat single samples out of reach of the body as missing
            (:mod:`smoothnet_plugin.processing.isolated`), and before filters that do not handle
            outliers to treat repeated samples so, too
            (:func:`~smoothnet_plugin.processing.repeats.outdated_samples`), and to apply
            :class:`~smoothnet_plugin.filters.OutlierGate`. A chain of causal filters has no gate,
            because it needs look-ahead. Defaults to False.
        quaternion_signs: ``'continuous'``: smoothed quaternions never change their sign from frame
            to frame; ``'input'``: each has the sign of the input. Defaults to ``'continuous'``.
        betas: Shape parameters of body models: ``'mean'``, one robust mean for each person, or
            ``'kept'``. Defaults to ``'mean'``.
        skeleton: Skeleton of live poses, or its name, for ``exchanges``. Defaults to None, the
            standard layout detected from the first pose.
        spread: Whether the people that :meth:`step` returns carry their predicted spread
            (``keypoint_spread``); only the preset ``default`` predicts it. Whole clips always have
            it. Defaults to False.

    Raises:
        SmoothNetError: An argument is unknown or out of its range.

    Examples:
        >>> import numpy as np
        >>> from smoothnet_plugin.filters import GaussianFilter
        >>> from smoothnet_plugin.smoothers import PoseSmoother
        >>> smoother = PoseSmoother(GaussianFilter(sigma=1.0), fps=30)
        >>> finished = [f for t in range(9) for f in smoother.step(np.full((17, 2), t))]
        >>> len(finished) + smoother.latency, len(smoother.flush())
        (9, 4)
    """

    _live: LiveFrames | None = None  # guarded by the lock

    def for_video(self, *, fps: float | None = None, image_size: tuple[int, int] | None = None,
                  lookahead: int | None = None) -> PoseSmoother:
        """A smoother with its own state, for one of several videos.

        The filters, which have no state, are shared: weights are loaded once for all videos.

        Args:
            fps: Frames per second of the video. Defaults to None, this smoother's.
            image_size: (width, height) in pixels. Defaults to None, this smoother's.
            lookahead: Frames that live smoothing may wait for. Defaults to None, this smoother's.

        Returns:
            The copy; this smoother and its tracker are not changed.

        Raises:
            ConfigError: An argument is out of its range.
        """
        smoother = self._with()
        smoother._set_video(self.fps if fps is None else fps,
                            self.image_size if image_size is None else image_size,
                            self.lookahead if lookahead is None else lookahead)
        return smoother

    def _with(self, **changes: Any) -> PoseSmoother:
        """A copy with other parameters and its own state."""
        smoother = copy.copy(self)
        vars(smoother).update(changes, tracker=copy.deepcopy(self.tracker))
        smoother.reset()
        return smoother

    def smooth(self, tracks: PoseTracks, progress: Progress = iter) -> PoseTracks:
        """Smooth a whole clip.

        Args:
            tracks: The people of the clip.
            progress: Wraps the tracks, to show how far the work is. Defaults to :func:`iter`.

        Returns:
            New tracks. Interpolated values are marked in ``filled``; frames of the clip in which
            a person was missing for up to ``max_gap`` frames become rows with scores 0 and
            without a ref. ``preparation`` counts what was done before the filters. 3D keypoints
            whose depth is 0 everywhere are smoothed as 2D ones, and the depth stays 0. Of body
            models, translation and camera are smoothed as points, and the shape as ``betas`` says
            (:mod:`smoothnet_plugin.smoothers.bodies`). Tracks with ``times`` are smoothed on that
            clock (:mod:`smoothnet_plugin.smoothers.clock`).

        Raises:
            ConfigError: A filter cannot smooth the tracks' representation.
            DataFormatError: They are no tracks.
        """
        if not isinstance(tracks, PoseTracks):
            raise DataFormatError(
                f'PoseSmoother.smooth takes PoseTracks, not {type(tracks).__name__}; for arrays '
                'and files, call smoothnet_plugin.smooth(poses, smoother).')
        return smooth_kinds(
            tracks, self, lambda part: self.smooth(part, progress),
            lambda part: self._of_points().smooth(part),
            lambda part: self._smooth(part, progress))

    def _smooth(self, tracks: PoseTracks, progress: Progress) -> PoseTracks:
        """Smooth tracks with a frame rate, neither bodies nor flat ones."""
        fps = tracks.fps or self.fps or ASSUMED_FPS
        stride = frame_stride(tracks.frame_ids, fps)
        settings = self.settings
        smoothed, total = {}, PreparationCounts()
        for key, sequence in progress(tracks.tracks.items()):
            info = PoseInfo.of_track(sequence, tracks, (sequence.fps or fps) / stride)
            with whole_clip(sequence.valid.size):
                smoothed[key], counts = smooth_track(sequence, settings, info,
                                                     clip_ids=tracks.frame_ids, stride=stride)
            total = total.plus(counts)
        return tracks.replace(tracks=smoothed, preparation=total._asdict())

    def step(self, frame: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
             frame_id: int | None = None, timestamp: float | None = None) -> list[PoseFrame]:
        """Take the next frame of a video and return the frames that are finished.

        Every frame is returned once, in order, ``latency`` frames later; :meth:`flush` returns the
        rest. Frame numbers may skip frames; the time between is kept. If only every n-th frame of
        a video is processed, number these 0, 1, 2 ... and give ``fps`` divided by n;
        :meth:`replay` and :meth:`smooth`, which see all numbers, do so themselves.

        Args:
            frame: A :class:`~smoothnet_plugin.structures.PoseFrame`, poses by track id, or one
                person's pose of shape (K, C). People without a track id get one.
            frame_id: Number of the frame. Defaults to None: the frame's own, or one more than
                the last.
            timestamp: Seconds, for frames that come unevenly; then every frame has one, and
                ``fps`` is at least the rate at which they arrive. Of frames within the same
                ``1 / fps`` the first one counts, and all get its result. Defaults to None: frame
                numbers are evenly spaced in time.

        Returns:
            Finished frames: same instances, payloads and scores as given, smoothed keypoints;
            interpolated people are last, with ``filled=True`` and scores 0.

        Raises:
            DataFormatError: The frame number does not increase, the time stamp decreases or is
                in milliseconds, or a person's K or C changes.
        """
        with self._lock:
            if self._live is None:
                self._check_live()
                fps = self.fps or ASSUMED_FPS
                names = self.skeleton.keypoint_names if self.skeleton else ()
                info_of = lru_cache(maxsize=8)(lambda width: PoseInfo.of_width(
                    width, fps, self.representation, self.image_size, names))
                self._live = LiveFrames(
                    self.settings, self.tracker, fps, lambda width, key: info_of(width),
                    by_width=self.representation is None)
            return self._live.step(frame, frame_id, timestamp)

    @property
    def named(self) -> tuple[PoseFrame, Mapping[int | str, int | str]] | None:
        """The frame given last to :meth:`step`, in which everybody has an id, and the new names of
        people of earlier frames by their old ones. None before the first frame."""
        return None if self._live is None else self._live.named

    def replay(self, tracks: PoseTracks, progress: Progress = iter) -> PoseTracks:
        """Smooth a clip as :meth:`step` would have, frame by frame.

        Args:
            tracks: The people of the clip.
            progress: Wraps the frames, to show how far the work is. Defaults to :func:`iter`.

        Returns:
            The tracks as a live viewer would have seen them ``latency`` frames late.
        """
        fps = (next((s.fps for _, s in tracks if s.fps), None) or tracks.fps or self.fps
               or ASSUMED_FPS)
        return smooth_kinds(
            tracks, self, lambda part: self.replay(part, progress),
            lambda part: self._of_points().replay(part),
            lambda part: self._replay(part, fps, progress), fps)

    def _replay(self, tracks: PoseTracks, fps: float, progress: Progress) -> PoseTracks:
        """Replay tracks with a frame rate, neither bodies nor flat ones."""
        self._check_live()
        smoothed, counts = replay(self.settings, tracks, self.tracker, fps, progress)
        return smoothed.replace(preparation=counts._asdict())

    def _of_points(self) -> PoseSmoother:
        """The smoother for what moves along with rotations."""
        return self._with(filters=[entry.for_points() for entry in self.filters],
                          zeros='measured', exchanges=False)

    def flush(self) -> list[PoseFrame]:
        """Finish the pending frames, returned in order, and clear the state."""
        with self._lock:
            live = self._live
            self.reset()
            return live.flush() if live is not None else []

    def reset(self) -> None:
        """Clear the state, with the frames not returned yet. Call it between two videos."""
        with self._lock:
            self._live = None
            self.tracker.reset()
