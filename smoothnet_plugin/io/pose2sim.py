"""Detections of several cameras as Pose2Sim stores them: a folder of OpenPose folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseSequence, PoseTracks
from ..utils.files import natural_key
from .base import Format, InputFile, ReadContext
from .openpose import OpenPose


@FORMATS.register_module()
class Pose2SimCameras(Format):
    """``pose/<camera>_json/*.json``: a folder of OpenPose's for every camera.

    Each camera is a video of its own, in which people are tracked by themselves: the tracks are
    ``'<folder>/<id>'``. Folders are written with the same names, so that Pose2Sim can read
    them. All cameras need the same keypoints. Other files next to the folders are not copied.
    """

    name = 'pose2sim'
    title = 'Pose2Sim: a folder of <camera>_json folders of OpenPose files'
    frame_base = 0
    needs_source = True
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        cameras = _cameras(file)
        return bool(cameras) and all(OpenPose().sniff(camera) for camera in cameras)

    def read(self, file: InputFile, context: ReadContext, *, dims: int | None = None,
             parts: str = 'all') -> PoseTracks:
        """Read the tracks.

        Args:
            file: The folder.
            context: What the caller specified.
            dims: As for OpenPose. Defaults to None.
            parts: As for OpenPose. Defaults to ``'all'``.

        Raises:
            DataFormatError: A file is not OpenPose's, or cameras have different keypoints.
        """
        cameras = {camera.path.name: OpenPose().read(camera, context, dims=dims, parts=parts)
                   for camera in _cameras(file)}
        if not cameras:
            raise DataFormatError(f"'{file.path}': expected a folder of <camera>_json folders.")
        counts = {name: sequence.num_keypoints for name, clip in cameras.items()
                  for _, sequence in clip}
        if len(set(counts.values())) > 1:
            raise DataFormatError(
                f"'{file.path}': the cameras have different numbers of keypoints ("
                f"{', '.join(f'{name}: {count}' for name, count in counts.items())}); smooth them "
                f"on their own: smoothnet smooth-many '{file.path}/*' -o FOLDER.")
        tracks: dict[int | str, PoseSequence] = {
            f'{name}/{track_id}': sequence for name, clip in cameras.items()
            for track_id, sequence in clip}
        frames = np.unique(np.concatenate([clip.frame_ids for clip in cameras.values()]))
        return PoseTracks(tracks, frames, source=self.document(file, cameras))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The folder; that of each camera is written as a whole.
            tracks: Tracks read from such a folder.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source = self.source_of(tracks)
        if source is None:
            raise DataFormatError('Other results have no cameras; write each as a folder of '
                                  "'openpose'.")
        strangers = [key for key in tracks.tracks
                     if str(key).rpartition('/')[0] not in source.data]
        if strangers:
            raise DataFormatError(f'The track {strangers[0]!r} belongs to no camera; expected '
                                  f"'<folder>/<id>', a folder of {', '.join(source.data)}.")
        for name, clip in source.data.items():
            ids = {f'{name}/{track_id}': track_id for track_id in clip.tracks}
            own = {ids.get(str(key), str(key).rpartition('/')[2]): sequence
                   for key, sequence in tracks if str(key).rpartition('/')[0] == name}
            kept = np.intersect1d(clip.frame_ids, tracks.frame_ids)
            frames = np.union1d(kept, np.concatenate(
                [sequence.frame_ids for sequence in own.values()]) if own else kept)
            OpenPose().write(path / name, clip.replace(tracks=own, frame_ids=frames, times=None))


def _cameras(file: InputFile) -> list[InputFile]:
    """The folders of a folder that holds no JSON files itself; empty ones do not count."""
    if not file.is_dir or file.json_files:
        return []
    folders = sorted((path for path in file.path.iterdir() if path.is_dir()),
                     key=lambda path: natural_key(path.name))
    return [folder for folder in map(InputFile, folders) if folder.json_files]
