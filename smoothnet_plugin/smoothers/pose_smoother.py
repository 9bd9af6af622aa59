"""The smoother: a chain of filters applied to people, to whole clips and live."""

from __future__ import annotations

import copy
import numbers
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..filters.base import BaseFilter
from ..filters.outlier_gate import OutlierGate
from ..processing.gaps import frame_stride
from ..registry import SMOOTHERS
from ..structures import (
    ASSUMED_FPS,
    PoseFrame,
    PoseTracks,
    Skeleton,
    get_skeleton,
    value_width,
)
from ..tracking import Tracker, build_tracker
from ..utils.arguments import choice, real_number, switch, whole_number
from .bodies import BETAS, have_bodies, live_betas, mean_betas, smooth_bodies
from .clock import even_rate, smooth_by_clock
from .flat import are_flat, with_depth, without_depth
from .live_frames import LiveFrames
from .pose_info import PoseInfo
from .replay import replay
from .settings import QUATERNION_SIGNS, ZEROS, PreparationCounts, SmootherSettings
from .whole_track import smooth_track

#: Wraps what is worked through, as :func:`rich.progress.track` does.
Progress = Callable[[Any], Iterable[Any]]


@SMOOTHERS.register_module()
class PoseSmoother:
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
        tracker: Assigns ids to live poses that have none; a
            :class:`~smoothnet_plugin.tracking.PoseTracker` or its config. Defaults to None, a
            tracker with its defaults.
        strength: Share of the filters' effect, from 0 (measured values do not change, gaps are
            interpolated) to 1 (full effect); linear in between, for rotations in 6D. Defaults to
            1.0.
        zeros: Meaning of coordinates that are exactly 0: ``'missing'``, ``'measured'``, or
            ``'auto'``: placeholders are detected
            (:func:`~smoothnet_plugin.processing.placeholders.placeholder_mask`). Defaults to
            ``'auto'``.
        exchanges: Whether to correct frames in which the estimator swapped left and right, for
            keypoints whose names or standard layout give their sides
            (:mod:`smoothnet_plugin.processing.exchanges`). Defaults to False.
        outliers: Whether to treat single samples out of reach of the body as missing
            (:mod:`smoothnet_plugin.processing.isolated`), and to apply
            :class:`~smoothnet_plugin.filters.OutlierGate` before filters that do not handle
            outliers. A chain of causal filters has no gate, because it needs look-ahead. Defaults
            to False.
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

    def __init__(self,
                 filters: BaseFilter | Mapping[str, Any] | Sequence[BaseFilter | Mapping[str, Any]],
                 lookahead: int | None = None,
                 max_gap: int = 10,
                 keypoint_thr: float = 0.0,
                 fps: float | None = None,
                 image_size: tuple[int, int] | None = None,
                 representation: str | None = None,
                 tracker: Tracker | Mapping[str, Any] | None = None,
                 strength: float = 1.0,
                 zeros: str = 'auto',
                 exchanges: bool = False,
                 outliers: bool = False,
                 quaternion_signs: str = 'continuous',
                 betas: str = 'mean',
                 skeleton: Skeleton | str | None = None,
                 spread: bool = False) -> None:
        if isinstance(filters, (BaseFilter, Mapping)):
            filters = [filters]
        self.filters: list[BaseFilter] = []
        for entry in filters:
            built = entry if isinstance(entry, BaseFilter) else SMOOTHERS.build(dict(entry))
            if not isinstance(built, BaseFilter):
                raise ConfigError(f'A PoseSmoother holds filters, but {built!r} is a smoother; '
                                  'give its own filters instead.')
            self.filters.append(built)
        if not self.filters:
            raise ConfigError('A PoseSmoother needs at least one filter; its list is empty.')
        if lookahead is not None:
            lookahead = whole_number(self, 'lookahead', lookahead, 0)
        if fps is not None:
            fps = real_number(self, 'fps', fps)
        if not (isinstance(keypoint_thr, (int, float)) and np.isfinite(keypoint_thr)):
            raise ConfigError(f'keypoint_thr is {keypoint_thr!r}; expected a finite number.')
        if image_size is not None and not (
                isinstance(image_size, (tuple, list)) and len(image_size) == 2
                and all(side > 0 for side in image_size)):
            raise ConfigError(f'image_size is {image_size!r}; expected (width, height) in pixels.')
        if representation is not None:
            value_width(representation)
        if isinstance(strength, bool) or not (
                isinstance(strength, numbers.Real) and 0 <= strength <= 1):
            raise ConfigError(f'strength is {strength!r}; expected a number from 0 (the input) to '
                              '1 (the full result).')
        self.zeros = choice(self, 'zeros', zeros, ZEROS)
        self.quaternion_signs = choice(
            self, 'quaternion_signs', quaternion_signs, QUATERNION_SIGNS)
        self.betas = choice(self, 'betas', betas, BETAS)
        self.exchanges = switch(self, 'exchanges', exchanges)
        self.outliers = switch(self, 'outliers', outliers)
        self.spread = switch(self, 'spread', spread)
        self.skeleton = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        self.lookahead = lookahead
        self.max_gap = whole_number(self, 'max_gap', max_gap, 0)
        self.keypoint_thr = keypoint_thr
        self.fps = fps
        self.image_size = image_size
        self.representation = representation
        self.tracker = build_tracker(tracker)
        self.strength = float(strength)
        self._live: LiveFrames | None = None
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != '_lock'}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock = threading.RLock()

    @property
    def settings(self) -> SmootherSettings:
        """Filters and parameters as they are now, as one immutable value."""
        return SmootherSettings(self._chain(), self.lookahead, self.max_gap,
                                self.keypoint_thr, self.strength, self.zeros, self.exchanges,
                                self.outliers, self.quaternion_signs, self.spread)

    def _chain(self) -> tuple[BaseFilter, ...]:
        """The filters, behind a gate for outliers where they need one."""
        needs_gate = (self.outliers and not all(f.causal for f in self.filters)
                      and not all(f.weighs_outliers for f in self.filters))
        return (OutlierGate(), *self.filters) if needs_gate else tuple(self.filters)

    @property
    def latency(self) -> int:
        """Frames by which live results are delayed: ``lookahead``, or what the filters want."""
        return self.latency_at(self.fps or ASSUMED_FPS)

    def latency_at(self, fps: float) -> int:
        """The latency for a video of ``fps`` frames per second, in frames."""
        return self.settings.latency_at(fps)

    def for_video(self, *, fps: float | None = None, image_size: tuple[int, int] | None = None,
                  lookahead: int | None = None) -> PoseSmoother:
        """A smoother with its own state, for one of several videos.

        The filters, which have no state, are shared: the weights of a learned one are loaded
        once, however many videos there are.

        Args:
            fps: Frames per second of the video. Defaults to None, this smoother's.
            image_size: (width, height) in pixels. Defaults to None, this smoother's.
            lookahead: Frames that live smoothing may wait for. Defaults to None, this smoother's.

        Returns:
            The copy; this smoother and its tracker are not changed.
        """
        smoother = copy.copy(self)
        smoother.fps = fps or self.fps
        smoother.image_size = image_size or self.image_size
        smoother.lookahead = self.lookahead if lookahead is None else lookahead
        smoother.tracker = copy.deepcopy(self.tracker)
        smoother.reset()
        return smoother

    def describe(self) -> dict[str, Any]:
        """Filters and parameters, for provenance."""
        return {'filters': [f.describe() for f in self.filters], 'max_gap': self.max_gap,
                'keypoint_thr': self.keypoint_thr, 'strength': self.strength,
                'zeros': self.zeros, 'exchanges': self.exchanges,
                'outliers': self.outliers, 'betas': self.betas}

    def __repr__(self) -> str:
        filters = ', '.join(map(repr, self.filters))
        return (f'PoseSmoother([{filters}], lookahead={self.lookahead}, max_gap={self.max_gap}, '
                f'keypoint_thr={self.keypoint_thr}, strength={self.strength})')

    # ---------------------------------------------------------------- whole clips

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
            (:mod:`smoothnet_plugin.smoothers.bodies`). Tracks
            with ``times`` are smoothed on that clock (:mod:`smoothnet_plugin.smoothers.clock`).

        Raises:
            ConfigError: A filter cannot smooth the tracks' representation.
        """
        if have_bodies(tracks):
            return smooth_bodies(tracks, lambda part: self.smooth(part, progress),
                                 lambda part: self._of_points().smooth(part), self._shape)
        if tracks.times is not None:
            return self._by_clock(tracks, lambda even: self.smooth(even, progress))
        fps = tracks.fps or self.fps or ASSUMED_FPS
        stride = frame_stride(tracks.frame_ids, fps)
        if self.image_size is not None:
            tracks = tracks.replace(image_size=self.image_size)
        if are_flat(tracks):
            return _flat(tracks, self.smooth(without_depth(tracks), progress))
        settings = self.settings
        smoothed = {}
        total = PreparationCounts()
        for key, sequence in progress(tracks.tracks.items()):
            info = PoseInfo.of_track(sequence, tracks, (sequence.fps or fps) / stride)
            smoothed[key], counts = smooth_track(sequence, settings, info,
                                                 clip_ids=tracks.frame_ids, stride=stride)
            total = total.plus(counts)
        return tracks.replace(tracks=smoothed, preparation=total._asdict())

    # ---------------------------------------------------------------- live

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
                fps = self.fps or ASSUMED_FPS
                names = self.skeleton.keypoint_names if self.skeleton else ()
                self._live = LiveFrames(
                    self.settings, self.tracker, fps, lambda width: PoseInfo.of_width(
                        width, fps, self.representation, self.image_size, names),
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
        sequences = tracks.tracks.values()
        fps = next((s.fps for s in sequences if s.fps), None) or tracks.fps or self.fps
        if have_bodies(tracks):
            rate = fps or ASSUMED_FPS
            return smooth_bodies(tracks, lambda part: self.replay(part, progress),
                                 lambda part: self._of_points().replay(part),
                                 lambda betas, trust: self._shape(betas, trust, rate))
        if tracks.times is not None:
            return self._by_clock(tracks, lambda even: self.replay(even, progress))
        if self.image_size is not None:
            tracks = tracks.replace(image_size=self.image_size)
        if are_flat(tracks):
            return _flat(tracks, self.replay(without_depth(tracks), progress))
        smoothed, counts = replay(self.settings, tracks, self.tracker, fps or ASSUMED_FPS,
                                  progress)
        return smoothed.replace(preparation=counts._asdict())

    def _of_points(self) -> PoseSmoother:
        """The smoother for what moves along with rotations."""
        smoother = copy.copy(self)
        smoother.filters = [entry.for_points() for entry in self.filters]
        smoother.zeros, smoother.exchanges = 'measured', False
        smoother.tracker = copy.deepcopy(self.tracker)
        smoother.reset()
        return smoother

    def _shape(self, betas: np.ndarray, trust: np.ndarray,
               live_fps: float | None = None) -> np.ndarray:
        """The shape of a body, as ``betas`` says; live for a frame rate."""
        if self.betas == 'kept':
            return betas
        if live_fps is None:
            return mean_betas(betas, trust, self.strength)
        return live_betas(betas, trust, self.strength, self.latency_at(live_fps), live_fps)

    def _by_clock(self, tracks: PoseTracks,
                  run: Callable[[PoseTracks], PoseTracks]) -> PoseTracks:
        """Smooth tracks with time stamps by what smooths tracks with a frame rate."""
        rate = even_rate(tracks)
        if rate is not None:
            even = tracks.map(lambda sequence: sequence.replace(fps=rate))
            return run(even.replace(fps=rate, times=None)).replace(
                fps=tracks.fps, times=tracks.times)
        return smooth_by_clock(tracks, self.settings, run)

    def flush(self) -> list[PoseFrame]:
        """Finish the pending frames and clear the state.

        Returns:
            The remaining frames in order.
        """
        with self._lock:
            live, self._live = self._live, None
            self.tracker.reset()
            return live.flush() if live is not None else []

    def reset(self) -> None:
        """Clear the state, with the frames not returned yet. Call it between two videos."""
        with self._lock:
            self._live = None
            self.tracker.reset()


def _flat(tracks: PoseTracks, smoothed: PoseTracks) -> PoseTracks:
    """Smoothed 2D keypoints of flat tracks in space again."""
    return with_depth(smoothed, tracks).replace(
        preparation={**smoothed.preparation, 'flat': len(tracks)})
