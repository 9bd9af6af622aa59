"""Video, frame and person of the predictions of a data sample.

MMPose's data sets store these in different places. A parser reads them from the dict that
MMEngine's evaluator makes of a data sample. The fields that it reads must be among the
``meta_keys`` of the test pipeline's ``PackPoseInputs``; an error names the entry to add.

=============  ==================================  ===============================================
data set       parser                              reads
=============  ==================================  ===============================================
``h36m``       :class:`Human36mSequenceParser`     ``target_img_path``; one person
``h3wb``       :class:`H36MWholeBodySequenceParser`  ``img_path`` or ``img_paths``; one person
``ubody3d``    :class:`UBody3dSequenceParser`      ``target_img_paths``; one person
``posetrack18``  :class:`PoseTrack18SequenceParser`  ``img_path``; ids of ``raw_ann_info``
``jhmdb``      :class:`JhmdbSequenceParser`        ``img_path``; one person
others         :class:`FolderSequenceParser`       ``target_img_path(s)`` or ``img_path``
=============  ==================================  ===============================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, ClassVar

import numpy as np

from ...errors import ConfigError, DataFormatError, check_known
from ...registry import SCOPE, TASK_UTILS
from .sample_poses import RowPlace, SequenceParser


class FolderSequenceParser:
    """Videos as folders of images; the last number in a file name is the frame number.

    The name of the sequence is the folder and the rest of the file name, so several videos may
    share a folder. People have no ids unless ``pred_instances`` has ``track_ids``.

    Args:
        fps: Frames per second of the videos. Defaults to None, unknown.
    """

    keys: ClassVar[tuple[str, ...]] = ('target_img_path', 'target_img_paths', 'img_path')
    wanted: ClassVar[str] = 'img_path'
    usual_fps: ClassVar[float | None] = None
    one_person: ClassVar[bool] = False

    def __init__(self, fps: float | None = None) -> None:
        self.fps = self.usual_fps if fps is None else fps

    def __call__(self, sample: Mapping[str, Any], rows: int) -> list[RowPlace]:
        """Find video, frame and person of the poses of a data sample.

        Args:
            sample: The data sample as a dict.
            rows: Number of its poses.

        Returns:
            One entry per pose.

        Raises:
            DataFormatError: The sample lacks the field with the frame (the message names the
                ``meta_keys`` entry to add), or the field has another number of entries.
        """
        paths = self.paths(sample)
        if len(paths) == 1:
            paths = paths * rows
        if len(paths) != rows:
            raise DataFormatError(
                f'{type(self).__name__}: a data sample holds {rows} poses and names {len(paths)} '
                'images; expected one image, or one per pose.')
        ids = self.track_ids(sample, rows)
        return [RowPlace(*self.split(path), ids[row], self.fps) for row, path in enumerate(paths)]

    def paths(self, sample: Mapping[str, Any]) -> list[str]:
        """Paths of the images that the poses were predicted for: one, or one per pose."""
        key = next((key for key in self.keys if sample.get(key) is not None), None)
        if key is None:
            raise DataFormatError(
                f"{type(self).__name__}: the data samples have no '{self.wanted}', which gives "
                "the video and the frame. Add it to the test pipeline: dict(type='PackPoseInputs',"
                f" meta_keys=(..., '{self.wanted}')); or specify another seq_parser.")
        value = sample[key]
        if isinstance(value, (str, np.str_)):
            return [str(value)]
        listed = [str(path) for path in value]
        # Video models also use the images around a frame; MMPose puts the frame itself first.
        return listed[:1] if key == 'img_path' else listed

    def track_ids(self, sample: Mapping[str, Any], rows: int) -> list[Any]:
        """Ids of the people, None where unknown."""
        given = sample['pred_instances'].get('track_ids')
        if given is not None and len(given) == rows:
            return list(given)
        return [0 if self.one_person else None] * rows

    def split(self, path: str) -> tuple[str, int]:
        """Sequence and frame number from an image's path."""
        picture = PurePosixPath(path.replace('\\', '/'))
        number = list(re.finditer(r'\d+', picture.stem))[-1:]
        if not number:
            raise DataFormatError(
                f"{type(self).__name__}: no frame number in the file name of '{path}'. Specify a "
                'seq_parser that finds it: a function of a data sample and its number of poses '
                'that returns a RowPlace for each pose.')
        start, stop = number[0].span()
        rest = picture.stem[:start] + picture.stem[stop:]
        return str(picture.parent / rest), int(number[0].group())


class Human36mSequenceParser(FolderSequenceParser):
    """Human3.6M: ``S9_Directions_1.54138969_000001.jpg`` is frame 1 of a subject, action, camera.

    Args:
        fps: Frames per second of the numbering. Defaults to None: 50.
    """

    keys: ClassVar = ('target_img_path', 'target_img_paths')
    wanted: ClassVar = 'target_img_path'
    usual_fps: ClassVar = 50.0
    one_person: ClassVar = True

    def split(self, path: str) -> tuple[str, int]:
        """Sequence and frame number from an image's file name, regardless of its folder."""
        name, _, number = PurePosixPath(path.replace('\\', '/')).stem.rpartition('_')
        if not name or not number.isdigit():
            raise DataFormatError(
                f"Human36mSequenceParser: '{path}' is not an image of Human3.6M; expected a name "
                "like 'S9_Directions_1.54138969_000001.jpg'. Specify another seq_parser, for "
                "example 'folder'.")
        return name, int(number)


class H36MWholeBodySequenceParser(FolderSequenceParser):
    """Human3.6M whole body: one folder ``<action>.<camera>`` per video, ``frame_<number>.jpg``.

    The data set names the images of a window but not the predicted one. The last image is used:
    this is consistent over all windows, and only differences of frame numbers matter.

    Args:
        fps: Frames per second of the numbering. Defaults to None: 50.
    """

    keys: ClassVar = ('img_path', 'img_paths')
    usual_fps: ClassVar = 50.0
    one_person: ClassVar = True

    def paths(self, sample: Mapping[str, Any]) -> list[str]:
        """The last image of the window."""
        value = sample.get('img_path')
        if value is None and sample.get('img_paths') is not None:
            return [str(sample['img_paths'][-1])]
        return super().paths(sample)


class UBody3dSequenceParser(FolderSequenceParser):
    """UBody: one folder per video; one person.

    Args:
        fps: Frames per second of the numbering. Defaults to None, unknown.
    """

    keys: ClassVar = ('target_img_paths', 'target_img_path')
    wanted: ClassVar = 'target_img_paths'
    one_person: ClassVar = True


class PoseTrack18SequenceParser(FolderSequenceParser):
    """PoseTrack18: one folder per video, the file name is the frame number.

    With annotated boxes (``raw_ann_info``) the person's id is known; with detected boxes people
    are tracked.

    Args:
        fps: Frames per second of the numbering. Defaults to None, unknown.
    """

    keys: ClassVar = ('img_path',)

    def track_ids(self, sample: Mapping[str, Any], rows: int) -> list[Any]:
        """Id of the annotation, if the sample holds one annotated person."""
        annotation = sample.get('raw_ann_info')
        if rows == 1 and isinstance(annotation, Mapping) and 'track_id' in annotation:
            return [annotation['track_id']]
        return super().track_ids(sample, rows)


class JhmdbSequenceParser(FolderSequenceParser):
    """JHMDB: one folder per clip, the file name is the frame number; one person.

    Args:
        fps: Frames per second of the numbering. Defaults to None: 30.
    """

    keys: ClassVar = ('img_path',)
    usual_fps: ClassVar = 30.0
    one_person: ClassVar = True


#: Parsers by the ``dataset_name`` of MMPose's metainfo.
PARSERS: dict[str, type[FolderSequenceParser]] = {
    'folder': FolderSequenceParser,
    'h36m': Human36mSequenceParser,
    'h3wb': H36MWholeBodySequenceParser,
    'ubody3d': UBody3dSequenceParser,
    'posetrack18': PoseTrack18SequenceParser,
    'jhmdb': JhmdbSequenceParser,
}


def build_sequence_parser(entry: Any, dataset_name: str | None = None) -> SequenceParser:
    """Build a parser.

    Args:
        entry: ``'auto'`` (by the data set's name, else ``'folder'``), a key of :data:`PARSERS`,
            ``dict(type=...)`` of a parser in TASK_UTILS, or a :data:`SequenceParser` function.
        dataset_name: ``dataset_name`` of the metainfo. Defaults to None.

    Returns:
        The parser.

    Raises:
        ConfigError: The entry is anything else.
    """
    if entry == 'auto':
        return PARSERS.get(dataset_name or '', FolderSequenceParser)()
    if isinstance(entry, str):
        check_known('Unknown seq_parser', entry, ['auto', *PARSERS])
        return PARSERS[entry]()
    if isinstance(entry, Mapping):
        if isinstance(entry.get('type'), str) and TASK_UTILS.get(entry['type']) is None:
            raise ConfigError(f"Unknown seq_parser type {entry['type']!r}; register it in "
                              f"TASK_UTILS, or use one of {', '.join(PARSERS)}.")
        return TASK_UTILS.build(dict(entry, _scope_=SCOPE))
    if not callable(entry):
        raise ConfigError(
            f'seq_parser is {entry!r}; expected a name, dict(type=...) or a function.')
    return entry  # type: ignore[return-value]
