"""Predictions of MMPose 1.x in its three JSON dialects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ._folders import write_frames
from ._json import MMPOSE_STYLE, JsonStyle, write_json
from ._json_items import JsonItems
from ._mmpose import meta_of, read_people, skeleton_of
from ._mmpose_entries import entries_of, new_entries, read_entries, updated_entries
from ._names import frame_numbers, name_like
from ._people import ShapeCheck
from ._values import checked
from .base import Format, InputFile, ReadContext, SourceDocument


@FORMATS.register_module()
class MMPoseVideo(Format):
    """A video by an inferencer: ``[{frame_id, instances}]``, frames from 0.

    Written by ``MMPoseInferencer`` and similar classes with ``pred_out_dir``.
    """

    name = 'mmpose_video'
    title = 'MMPose inferencer, video: [{"frame_id": 0, "instances": [...]}, ...]'
    suffixes = ('.json',)
    usual_for = ('.json',)
    frame_base = 0
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        document = file.document
        return (isinstance(document, list) and bool(document) and isinstance(document[0], dict)
                and 'instances' in document[0])

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        entries = file.lazy_json
        return read_entries(self.document(
            file, entries, content='keypoints', style=file.json_style), entries, context)

    def write(self, path: Path, tracks: PoseTracks, *, track_ids: bool | None = None) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.
            track_ids: Whether to write ``track_id``. Defaults to None: as in the source
                document, and yes in a new one.
        """
        source = self.source_of(tracks)
        write_json(path, entries_of(source, tracks, track_ids),
                   source.details['style'] if source else MMPOSE_STYLE)


@FORMATS.register_module()
class MMPoseDemo(Format):
    """A demo script's output: ``{meta_info, instance_info: [{frame_id, instances}]}``, from 1.

    Written by ``topdown_demo_with_mmdet.py`` and similar scripts with ``--save-predictions``. For a
    single image they write the instances themselves; its frame number is 1.
    """

    name = 'mmpose_demo'
    title = 'MMPose demo script: {"meta_info": {...}, "instance_info": [...]}'
    suffixes = ('.json',)
    frame_base = 1
    embeds_provenance = True
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        return isinstance(file.document, dict) and 'instance_info' in file.document

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        document = file.lazy_json
        info = document.get('instance_info') if isinstance(document, dict) else None
        if not isinstance(info, (list, JsonItems)):
            raise DataFormatError(f"'{file.path}': expected an object whose 'instance_info' is a "
                                  'list of frames.')
        skeleton = skeleton_of(document.get('meta_info'), file.path)
        tracks = read_entries(self.document(file, document, content='keypoints',
                                            style=file.json_style),
                              _frames(info), context, skeleton=skeleton)
        provenance = document.get('provenance')
        return tracks.replace(provenance=provenance if isinstance(provenance, list) else [])

    def write(self, path: Path, tracks: PoseTracks, *, track_ids: bool | None = None,
              provenance: list[Any] | None = None) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.
            track_ids: As in :meth:`MMPoseVideo.write`.
            provenance: Operations on the tracks, for the key ``provenance``. Defaults to None
                (unchanged).
        """
        source = self.source_of(tracks)
        if source is None:
            sequence = next(iter(tracks.tracks.values()), None)
            meta = meta_of(sequence.skeleton, sequence.num_keypoints) if sequence else {}
            document = {'meta_info': meta, 'instance_info': new_entries(tracks, track_ids)}
        else:
            info = source.data['instance_info']
            entries = updated_entries(_frames(info), source.details['frame_ids'], tracks,
                                      bool(track_ids))
            if _is_picture(info):
                entries = next(entries, {'instances': []})['instances']
            document = {**source.data, 'instance_info': entries}
        if provenance is not None:
            document['provenance'] = provenance
        write_json(path, document, source.details['style'] if source else JsonStyle(indent='\t'))


@FORMATS.register_module()
class MMPoseImages(Format):
    """Images by an inferencer: a file ``[{keypoints, ...}]`` per image, or a folder of them.

    Frame numbers are those that distinguish the file names; if the names are ambiguous, files
    count from 0 in their natural order, as does a single file.
    """

    name = 'mmpose_images'
    title = 'MMPose inferencer, images: a file [{"keypoints": ...}, ...] or a folder of them'
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        if file.is_dir:
            return bool(file.json_files) and self.sniff(file.json_files[0])
        document = file.document
        if not isinstance(document, list):
            return False
        first = document[0] if document else {'keypoints': []}
        keypoints = first.get('keypoints') if isinstance(first, dict) else None
        return isinstance(keypoints, list) and 'image_id' not in first and (
            not keypoints or isinstance(keypoints[0], list))

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        files = file.json_files if file.is_dir else [file]
        if not files:
            raise DataFormatError(f"The folder '{file.path}' holds no JSON files.")
        numbers = frame_numbers([one.path.name for one in files]) if file.is_dir else None
        check = ShapeCheck(file.path)
        frames, entries = [], []
        for position, one in enumerate(files):
            checked(one.json, list, f"'{one.path}'", "the list of one image's instances")
            number = numbers[position] if numbers else position
            check.path = one.path
            frames.append(read_people(one.json, number, position, check))
            entries.append((number, one.path.name, one.json, one.json_style))
        return context.tracks(frames, self.document(
            file, entries, content='keypoints', folder=file.is_dir),
                              representation=check.representation)

    def write(self, path: Path, tracks: PoseTracks, *, track_ids: bool | None = None) -> None:
        """Write the tracks.

        Args:
            path: A folder; a file if the source is one, or for a clip of a single frame.
            tracks: The tracks.
            track_ids: As in :meth:`MMPoseVideo.write`.

        Raises:
            DataFormatError: There are several frames for one file.
        """
        source = self.source_of(tracks)
        if source is None:
            files = [(f"{entry['frame_id']:06d}.json", entry['instances'], MMPOSE_STYLE)
                     for entry in new_entries(tracks, track_ids)]
        else:
            files = _updated_files(source, tracks, bool(track_ids))
        write_frames(path, files, one_file=not source.details['folder'] if source else None)


def _updated_files(source: SourceDocument, tracks: PoseTracks,
                   track_ids: bool) -> list[tuple[str, Any, JsonStyle]]:
    entries = [{'frame_id': number, 'name': name, 'style': style, 'instances': instances}
               for number, name, instances, style in source.data]
    number, name, _, style = source.data[0]
    return [(entry.get('name', name_like(name, number, entry['frame_id'])), entry['instances'],
             entry.get('style', style)) for entry in updated_entries(
                 entries, [entry['frame_id'] for entry in entries], tracks, track_ids)]


def _frames(info: Sequence[Any]) -> Sequence[Any]:
    """The frames of a demo script, also of a picture."""
    return [{'frame_id': 1, 'instances': list(info)}] if _is_picture(info) else info


def _is_picture(info: Sequence[Any]) -> bool:
    return bool(info) and isinstance(info[0], dict) and 'keypoints' in info[0]
