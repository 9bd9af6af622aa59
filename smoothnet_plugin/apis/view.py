"""``smoothnet view``: the page that shows raw over smoothed poses."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys

import numpy as np

from .. import io
from ..errors import ConfigError, DataFormatError
from ..evaluation.joint_changes import joint_changes
from ..processing.time_stamps import rate_of
from ..smoothers import SmoothReport, compare
from ..structures import ASSUMED_FPS, PoseTracks
from ..utils.files import is_stream
from ..visualization.page import write_page
from ..visualization.pairing import matched_ids
from ..visualization.video import video_info


def report_of(raw: PoseTracks, smoothed: PoseTracks,
              truth: PoseTracks | None = None) -> SmoothReport:
    """What changed between two clips that were read from files.

    Args:
        raw: The clip before smoothing.
        smoothed: The clip after smoothing. People are matched by their positions.
        truth: The truth. Defaults to None.

    Returns:
        The report, over the people and frames that both clips have.
    """
    raw = matched_ids(raw, smoothed)
    shared = {}
    for key, sequence in raw:
        if key in smoothed.tracks:
            shared[key] = sequence.select(
                np.isin(sequence.frame_ids, smoothed[key].frame_ids))
    before = raw.replace(tracks=shared)
    fps = rate_of(raw, smoothed)
    report = compare(before, smoothed, fps=fps or ASSUMED_FPS, fps_assumed=not fps)
    if truth is not None:
        truth = matched_ids(truth, smoothed)
    return dataclasses.replace(
        report, joints=joint_changes(before, smoothed, fps=report.fps, truth=truth))


def view(raw: str | os.PathLike[str], smoothed: str | os.PathLike[str] | None,
         out: str | os.PathLike[str], *, truth: str | os.PathLike[str] | None = None,
         video: str | os.PathLike[str] | None = None, rerun: str | os.PathLike[str] | None = None,
         image_size: tuple[int, int] | None = None, fps: float | None = None,
         skeleton: str | None = None, title: str = '') -> list[str]:
    """Write the viewer page of results files.

    Args:
        raw: Results file before smoothing.
        smoothed: The same after smoothing, or None.
        out: Page to write (``.html``).
        truth: File with true keypoints. Defaults to None.
        video: Source video of 2D keypoints. Defaults to None.
        rerun: Recording for the Rerun viewer to write as well (``.rrd``). Defaults to None.
        image_size: (width, height) of the images that the coordinates are from, where the video is
            a scaled one. Defaults to None: the file's, else the video's.
        fps: Frames per second. Defaults to None: what files or video say.
        skeleton: Name of a built-in skeleton, where the files have none. Defaults to None.
        title: Heading. Defaults to the name of the page.

    Returns:
        Notes on the page.

    Raises:
        SmoothNetError: A file or an argument cannot be used; nothing is written.
    """
    if fps is not None and not fps > 0:
        raise ConfigError(f'fps is {fps!r}; expected a positive number.')
    if rerun is not None:
        from ..visualization.rerun_recording import check_recording, write_recording
        check_recording(rerun)
    if fps is None and video is not None:
        fps = video_info(video)[1]
    clips = {name: io.load(path, fps=fps, skeleton=skeleton) for name, path in
             (('raw', raw), ('smoothed', smoothed), ('truth', truth)) if path is not None}
    kinds = {(s.num_keypoints, s.representation) for clip in clips.values() for _, s in clip}
    if len(kinds) > 1:
        raise DataFormatError(f'The files hold different poses, (K, representation) of '
                              f'{sorted(kinds)}; give results for the same keypoints.')
    if image_size is not None:
        clips['raw'] = clips['raw'].replace(image_size=image_size)
    report = None
    if 'smoothed' in clips:
        report = report_of(clips['raw'], clips['smoothed'], clips.get('truth'))
    notes = write_page(out, clips['raw'], clips.get('smoothed'), truth=clips.get('truth'),
                       report=report, video=video, title=title)
    if rerun is not None:
        write_recording(rerun, clips)
    return notes


def run(args: argparse.Namespace) -> int:
    """Run the command with the arguments of :mod:`smoothnet_plugin.cli`."""
    notes = view(args.raw, args.smoothed, args.out, truth=args.truth, video=args.video,
                 rerun=args.rerun, image_size=args.image_size and tuple(args.image_size),
                 fps=args.fps, skeleton=args.skeleton, title=args.title)
    stream = sys.stderr if is_stream(args.out) else sys.stdout
    for note in notes:
        print(f'note: {note}', file=stream)
    for path in (args.out, args.rerun):
        if path is not None:
            print(f'written: {path}', file=stream)
    return 0
