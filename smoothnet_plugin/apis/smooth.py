"""Smooth poses from files, arrays, lists of frames, and tracks."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import io
from ..errors import ConfigError
from ..evaluation.joint_changes import joint_changes
from ..processing.time_stamps import rate_of
from ..smoothers import PoseSmoother, build_smoother, compare
from ..smoothers.build import SmootherEntry
from ..smoothers.comparison import low_rate_notes
from ..smoothers.report import SmoothReport
from ..structures import ASSUMED_FPS, PoseTracks
from ..utils.arguments import frame_rate
from ..utils.files import StrPath, check_output_path
from ..version import __version__
from .notes import content_of, track_notes, warn_of_content
from .sources import Source, as_tracks, on_clock, refuse_idle


def smooth(source: Source, smoother: SmootherEntry = 'default', out: StrPath | None = None,
           **options: Any) -> Any:
    """Smooth poses over time.

    Args:
        source: One of

            - a path to a results file or folder, in any format of :mod:`smoothnet_plugin.io`;
            - an array (T, K, C) of one person, NumPy or torch; (x, y, confidence) in pixels is
              detected and the confidence is not changed; rotations need ``representation``, and
              may also have the shapes (T, J * C) and (T, J, 3, 3);
            - a dict of arrays of body-model parameters (``global_orient``, ``body_pose``,
              ``betas``, ``transl`` ...; see :mod:`smoothnet_plugin.apis.bodies`), or a dict of
              such dicts by person;
            - a list of frames: arrays (K, C) of one person, or
              :class:`~smoothnet_plugin.structures.PoseFrame` with any number of people;
            - a list of frames from rtmlib (keypoints, scores), supervision (``KeyPoints``) or
              Ultralytics (``Results``), or a data set of the movement package (see
              :mod:`smoothnet_plugin.apis.objects`);
            - :class:`~smoothnet_plugin.structures.PoseTracks`.
        smoother: Name of a preset or filter, path of a config, config dict of a filter, a list of
            these (a chain), or a built smoother. Defaults to ``'default'``.
        out: Where to write the result, in the format of the source unless ``output_format`` is
            given. Defaults to None, nothing is written.
        **options: See :func:`smooth_with_report`.

    Returns:
        The same kind as ``source``, smoothed; tracks for a path. Arrays keep their shape, dtype
        and device; interpolated people are added to lists of ``PoseFrame``. With
        ``return_spread``, a pair of the result and the predicted spread.

    Raises:
        SmoothNetError: The source, the smoother or an option cannot be used; nothing is written.

    Examples:
        >>> import numpy as np
        >>> from smoothnet_plugin import smooth
        >>> jittery = np.random.default_rng(0).normal(0, 3, (100, 17, 2))
        >>> smooth(jittery, 'gaussian', fps=30).shape
        (100, 17, 2)
        >>> smoothed, spread = smooth(jittery, fps=30, return_spread=True)
        >>> spread.shape
        (100, 17)
    """
    return _smooth(source, smoother, out, None, **options).restored


def smooth_with_report(source: Source, smoother: SmootherEntry = 'default',
                       out: StrPath | None = None, *, page: StrPath | None = None,
                       **options: Any) -> tuple[Any, SmoothReport]:
    """Smooth poses over time, and report what changed.

    Args:
        source: See :func:`smooth`.
        smoother: See :func:`smooth`. Defaults to ``'default'``.
        out: See :func:`smooth`. Defaults to None.
        page: HTML page to write, see :func:`~smoothnet_plugin.visualization.page.write_page`.
            Defaults to None.
        fps: Frames per second. Defaults to None: that of the source, else 30 is assumed.
        timestamps: Time of each frame of the clip in seconds (or dates, or durations), instead of
            ``fps``: filters run on the true times. Of frames with the same stamp the first one is
            used, and all get its result. Defaults to None, the frames are evenly spaced.
        scores: Confidence for an array source, shape (T, K). Defaults to None.
        representation: Content of an array or list, see
            :data:`~smoothnet_plugin.structures.REPRESENTATIONS`. Defaults to None: 2D or 3D
            keypoints by their width, or 2D with confidences
            (:mod:`smoothnet_plugin.apis.arrays`).
        unit: Unit of the coordinates, if the one of the source is missing or wrong. A unit of
            lengths says that three values are a point in space. Defaults to None: that of the
            source, else pixels in 2D and metres in 3D.
        lookahead: Smooth as in live use, with a delay of this many frames. Defaults to None: the
            whole clip at once.
        image_size: (width, height) in pixels. Defaults to None.
        tracker: A tracker or its config, which assigns ids if the source has none. Defaults to
            None, :class:`~smoothnet_plugin.tracking.tracker.PoseTracker`.
        input_format: Format of the source file. Defaults to None: detected from its content.
        output_format: Format of the file to write. Defaults to None: that of the source.
        return_spread: Also return the expected error of the result, and write it into the array
            ``spread`` of plain npz files: the distance within which the true keypoint lies in two
            of three cases, in the unit of the coordinates; shape (T, K) for an array or list of
            arrays, else a dict by track id. NaN where a keypoint is not measured. The preset
            ``'default'`` predicts it for keypoints at full strength; with ``lookahead`` it is what
            a live viewer would have known. Defaults to False.
        provenance: Write the method, its parameters and the version into the output. Defaults to
            False.
        read_options: Further options of :func:`smoothnet_plugin.io.load`. Defaults to None.
        write_options: Further options of :func:`smoothnet_plugin.io.save`. Defaults to None.
        progress: Wraps the iteration over people or frames, to display progress. Defaults to
            :func:`iter`.
        **options: ``zeros``, ``ends``, ``betas``, ``max_gap``, ``keypoint_thr`` and ``strength`` of
            :class:`~smoothnet_plugin.smoothers.PoseSmoother`, ``device`` of learned filters, and
            the arguments of the filter, if there is only one.

    Returns:
        The smoothed source (with ``return_spread``, a pair of it and the spread) and the report.

    Raises:
        SmoothNetError: See :func:`smooth`.
    """
    run = _smooth(source, smoother, out, page, **options)
    fps = rate_of(run.before) or run.smoother.fps
    latency = None if options.get('lookahead') is None else run.smoother.latency
    report = compare(run.before, run.after, fps=fps or ASSUMED_FPS, fps_assumed=not fps,
                     keypoint_thr=run.smoother.keypoint_thr, latency=latency,
                     zeros=run.smoother.zeros,
                     notes=[*run.notes, *track_notes(run.before, run.smoother.image_size),
                            *low_rate_notes(run.smoother.filters, fps or ASSUMED_FPS,
                                            run.before.frame_ids)])
    joints = joint_changes(run.before, run.after, fps=report.fps,
                           keypoint_thr=run.smoother.keypoint_thr, zeros=run.smoother.zeros)
    report = dataclasses.replace(report, joints=joints, content=content_of(run.before))
    if page is not None:
        from ..visualization.page import write_page
        title = Path(source).name if isinstance(source, (str, os.PathLike)) else ''
        write_page(page, run.before, run.after, report=report, title=title)
    return run.restored, report


class _Run(NamedTuple):
    """A source before and after smoothing.

    Attributes:
        restored: The smoothed source, in the source's kind.
        before: The source as tracks.
        after: The smoothed tracks.
        smoother: What smoothed them.
        notes: What was recognised in the source.
    """

    restored: Any
    before: PoseTracks
    after: PoseTracks
    smoother: PoseSmoother
    notes: tuple[str, ...] = ()


def _smooth(
        source: Source,
        smoother: SmootherEntry,
        out: StrPath | None,
        page: StrPath | None,
        /, *,
        fps: float | None = None,
        timestamps: Any = None,
        scores: Any = None,
        representation: str | None = None,
        unit: str | None = None,
        lookahead: int | None = None,
        image_size: tuple[int, int] | None = None,
        tracker: Any = None,
        input_format: str | None = None,
        output_format: str | None = None,
        provenance: bool = False,
        read_options: Mapping[str, Any] | None = None,
        write_options: Mapping[str, Any] | None = None,
        progress: Callable[[Iterable[Any]], Iterable[Any]] = iter,
        return_spread: bool = False,
        **options: Any) -> _Run:
    """See :func:`smooth_with_report`; it writes the page, which is only checked here."""
    if out is not None:
        check_output_path(out)
    if page is not None:
        # The video libraries take long to import, and most runs have no page.
        from ..visualization.page import check_page
        check_page(page)
    fps = None if fps is None else frame_rate(fps)
    if fps is not None and timestamps is not None:
        raise ConfigError('fps and timestamps were both given; give one of them.')
    refuse_idle(source, out, scores=scores, input_format=input_format, output_format=output_format,
                representation=representation, provenance=provenance or None,
                read_options=read_options or None, write_options=write_options or None)
    built = build_smoother(smoother, lookahead=lookahead, image_size=image_size, tracker=tracker,
                           spread=True if return_spread and lookahead is not None else None,
                           **options)
    tracks, restore, notes, is_array = as_tracks(
        source, built, fps=fps, scores=scores, image_size=image_size, representation=representation,
        unit=unit, input_format=input_format, read_options=read_options or {})
    tracks = on_clock(tracks, timestamps)
    if page is not None:
        from ..visualization.page import check_page
        check_page(page, tracks)
    if unit is not None:
        tracks = tracks.map(lambda sequence: sequence.replace(unit=unit))
    notes = (*notes, *warn_of_content(tracks, built.keypoint_thr))
    known_fps = rate_of(tracks) or built.fps
    if known_fps is not None:
        frame_rate(known_fps)
    result = built.smooth(tracks, progress) if lookahead is None else built.replay(
        tracks, progress)
    spread = _spread_of(result, built) if return_spread else None
    if not return_spread:
        result = result.map(lambda sequence: sequence.replace(spread=None))
    result = result.replace(provenance=[*tracks.provenance, {
        'tool': 'smoothnet_plugin', 'version': __version__, **built.describe(),
        'fps': known_fps or ASSUMED_FPS, 'lookahead': lookahead}])
    if out is not None:
        io.save(out, result, format=output_format, provenance=provenance, **(write_options or {}))
    restored = restore(result)
    if spread is not None:
        restored = (restored, spread[0] if is_array else spread)
    return _Run(restored, tracks, result, built, notes)


def _spread_of(smoothed: PoseTracks, smoother: PoseSmoother) -> dict[int | str, np.ndarray]:
    """The predicted spread by track id."""
    spread = {key: sequence.spread for key, sequence in smoothed if sequence.spread is not None}
    missing = [key for key, sequence in smoothed if len(sequence) and key not in spread]
    if missing:
        raise ConfigError(
            f'return_spread: {smoother.filters[-1]} predicts no spread for these poses; the '
            "preset 'default' does, for 2D and 3D keypoints of five frames or more.")
    return {key: spread.get(key, np.full(sequence.coords.shape[:2], np.nan))
            for key, sequence in smoothed}


#: Names of the arguments of :func:`smooth_with_report`.
OPTIONS = frozenset(inspect.signature(_smooth).parameters) - {'options'}
