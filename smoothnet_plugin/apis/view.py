"""``smoothnet view``: the page that shows raw over smoothed poses."""

from __future__ import annotations

import argparse
import dataclasses
import sys

import numpy as np

from .. import io
from ..errors import DataFormatError
from ..evaluation.joint_changes import joint_changes
from ..processing.time_stamps import rate_of
from ..smoothers import SmoothReport, compare
from ..structures import ASSUMED_FPS, PoseTracks, is_rotation
from ..utils.arguments import frame_rate
from ..utils.arrays import finite_keypoints
from ..utils.files import StrPath, is_stream
from ..visualization.page import write_page
from ..visualization.pairing import matched_ids, named_panels
from ..visualization.posed import with_joints
from ..visualization.video import video_info


def report_of(raw: PoseTracks, smoothed: PoseTracks,
              truth: PoseTracks | None = None) -> SmoothReport:
    """The differences between two clips that were read from files.

    Args:
        raw: The clip before smoothing.
        smoothed: The clip after smoothing. People are matched by their positions.
        truth: The truth. Defaults to None.

    Returns:
        The report, over the people and frames that both clips have. Values that only the result
        has count as interpolated, since few formats mark them. Joints are measured at their
        positions, also those of rotations.
    """
    raw = matched_ids(raw, smoothed)
    shared, marked = {}, dict(smoothed.tracks)
    for key, sequence in raw:
        if key in smoothed.tracks:
            new = smoothed[key]
            shared[key] = sequence.select(np.isin(sequence.frame_ids, new.frame_ids))
            known = finite_keypoints(sequence.at_frames(new.frame_ids))
            marked[key] = new.replace(filled=new.filled | (new.valid & ~known))
    before, smoothed = raw.replace(tracks=shared), smoothed.replace(tracks=marked)
    fps = rate_of(raw, smoothed)
    report = compare(before, smoothed, fps=fps or ASSUMED_FPS, fps_assumed=not fps)
    if truth is not None:
        truth = matched_ids(truth, smoothed)
    rotations = any(is_rotation(sequence.representation) for _, sequence in before)
    return dataclasses.replace(report, joints=joint_changes(
        with_joints(before), with_joints(smoothed), fps=report.fps,
        truth=truth and with_joints(truth),
        # A body without translation has its root at 0 in every frame.
        zeros='measured' if rotations else 'auto'))


def view(raw: StrPath, smoothed: StrPath | None, out: StrPath, *, truth: StrPath | None = None,
         video: StrPath | None = None, rerun: StrPath | None = None,
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
        fps: Frames per second. Defaults to None: those of the files, else of the video.
        skeleton: Name of a built-in skeleton, where the files have none. Defaults to None.
        title: Heading. Defaults to the name of the page.

    Returns:
        Notes on the page.

    Raises:
        SmoothNetError: A file or an argument cannot be used; nothing is written.
    """
    fps = None if fps is None else frame_rate(fps)
    if rerun is not None:
        from ..visualization.rerun_recording import check_recording, write_recording
        check_recording(rerun)
    if fps is None and video is not None:
        fps = video_info(video)[1]
    clips = {name: io.load(path, fps=fps, skeleton=skeleton)
             for name, path in named_panels(raw, smoothed, truth).items()}
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
