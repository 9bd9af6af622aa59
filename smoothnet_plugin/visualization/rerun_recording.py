"""Recordings for the Rerun viewer (https://rerun.io)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..processing.time_stamps import rate_of
from ..structures import ASSUMED_FPS, PoseSequence, PoseTracks
from ..utils.files import StrPath, check_output_path, temporary_beside
from ..utils.optional import required
from .page_data import drawn_skeleton, seconds_of
from .pairing import matched_panels
from .palette import color_of
from .posed import with_joints


def write_recording(path: StrPath, clips: Mapping[str, PoseTracks]) -> None:
    """Write keypoints and links of every frame as a Rerun recording.

    Entities are named ``<clip>/person_<id>``; the timelines are ``frame`` and ``time``.

    Args:
        path: Recording to write (``.rrd``).
        clips: ``'raw'`` and perhaps ``'smoothed'`` and ``'truth'``. Rotations of a body model are
            drawn as the skeleton of an average person.

    Raises:
        ConfigError: ``rerun-sdk`` is not installed.
        DataFormatError: ``path`` cannot be written.
    """
    path = check_recording(path)
    # Its names are bound at run time.
    rr: Any = importlib.import_module('rerun')
    clips = matched_panels({name: with_joints(clip) for name, clip in clips.items()})
    with temporary_beside(path) as temporary:
        recording = rr.RecordingStream('smoothnet_plugin')
        recording.save(str(temporary))
        for name, clip in clips.items():
            red_green_blue = color_of(name, 0)[::-1]
            for key, sequence in clip:
                _log(rr, recording, f'{name}/person_{key}', sequence, clip, red_green_blue)
        recording.flush()
        recording.disconnect()


def check_recording(path: StrPath) -> Path:
    """Raise for a recording that could not be written, before other work is done.

    Args:
        path: Recording to write.

    Returns:
        The path.

    Raises:
        ConfigError: ``rerun-sdk`` is not installed.
        DataFormatError: ``path`` cannot be written.
    """
    required('rerun', 'A Rerun recording needs the package rerun-sdk; install it with '
             "pip install 'smoothnet_plugin[rerun]'.")
    return check_output_path(path, 'recording', ('.rrd',))


def _log(rr: Any, recording: Any, entity: str, sequence: PoseSequence, clip: PoseTracks,
         color: tuple[int, ...]) -> None:
    flat = sequence.coords.shape[2] == 2
    points, strips = ((rr.Points2D, rr.LineStrips2D) if flat else
                      (rr.Points3D, rr.LineStrips3D))
    seconds = seconds_of(clip, sequence.frame_ids, rate_of(clip) or ASSUMED_FPS)
    _, links = drawn_skeleton(clip)
    coords = sequence.at_frames(sequence.frame_ids)
    for pose, number, second in zip(coords, sequence.frame_ids.tolist(), seconds.tolist()):
        recording.set_time('frame', sequence=number)
        recording.set_time('time', duration=second)
        known = np.isfinite(pose).all(axis=-1)
        recording.log(entity, points(pose[known], colors=color))
        recording.log(f'{entity}/links', strips(
            [pose[[a, b]] for a, b in links if known[a] and known[b]], colors=color))
    # Without this the last pose would stay for the rest of the clip.
    recording.set_time('frame', sequence=int(sequence.frame_ids.max(initial=-1)) + 1)
    recording.log(entity, rr.Clear(recursive=True))
