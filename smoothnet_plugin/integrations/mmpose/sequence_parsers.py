"""Which video, frame and person the predictions of a data sample belong to.

MMPose's datasets keep it in different places. A parser reads it off the dict that MMEngine's
evaluator makes of a data sample. What it needs must be among the ``meta_keys`` of the test
pipeline's ``PackPoseInputs``; what is not there is an error that names the entry to add.

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
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...errors import ConfigError, DataFormatError, did_you_mean
from ...registry import SCOPE, TASK_UTILS


class RowPlace(NamedTuple):
    """Where one pose of a data sample belongs.

    Attributes:
        sequence: Name of the video, different for every video of the data set.
        frame: Number of the frame.
        track_id: The person, or None if it is not known.
        fps: Frames per second of the numbering, or None if it is not known.
    """

    sequence: str
    frame: int
    track_id: int | str | None = None
    fps: float | None = None


#: Takes a data sample and the number of its poses; returns the place of each pose.
SequenceParser = Callable[[Mapping[str, Any], int], list[RowPlace]]


class FolderSequenceParser:
    """Videos as folders of pictures; the last number of a file name is the frame's.

    The sequence is the folder together with what is left of the name without that number, so
    several videos may share a folder. People have no ids, unless ``pred_instances`` has
    ``track_ids``.

    Args:
        fps: Frames per second of the videos. Defaults to None, not known.
    """

    keys: ClassVar[tuple[str, ...]] = ('target_img_path', 'target_img_paths', 'img_path')
    wanted: ClassVar[str] = 'img_path'
    usual_fps: ClassVar[float | None] = None
    one_person: ClassVar[bool] = False

    def __init__(self, fps: float | None = None) -> None:
        self.fps = self.usual_fps if fps is None else fps

    def __call__(self, sample: Mapping[str, Any], rows: int) -> list[RowPlace]:
        """Say where the poses of a data sample belong.

        Args:
            sample: The data sample as a dict.
            rows: Number of its poses.

        Returns:
            A place for each pose.

        Raises:
            DataFormatError: The sample lacks what tells the frame (the ``meta_keys`` entry to add
                is named), or tells it for another number of poses.
        """
        paths = self.paths(sample)
        if len(paths) == 1:
            paths = paths * rows
        if len(paths) != rows:
            raise DataFormatError(
                f'{type(self).__name__}: a data sample holds {rows} poses and names {len(paths)} '
                'pictures; expected one picture, or one for each pose.')
        ids = self.track_ids(sample, rows)
        return [RowPlace(*self.split(path), ids[row], self.fps) for row, path in enumerate(paths)]

    def paths(self, sample: Mapping[str, Any]) -> list[str]:
        """Pictures that the poses were predicted for: one, or one for each pose."""
        key = next((key for key in self.keys if sample.get(key) is not None), None)
        if key is None:
            raise DataFormatError(
                f"{type(self).__name__}: the data samples have no '{self.wanted}', which tells "
                "the video and the frame. Add it to the test pipeline: dict(type='PackPoseInputs',"
                f" meta_keys=(..., '{self.wanted}')); or name another seq_parser.")
        value = sample[key]
        if isinstance(value, (str, np.str_)):
            return [str(value)]
        listed = [str(path) for path in value]
        # Video models take the pictures around a frame too; MMPose puts the frame's own first.
        return listed[:1] if key == 'img_path' else listed

    def track_ids(self, sample: Mapping[str, Any], rows: int) -> list[Any]:
        """Ids of the people, None where they are not known."""
        given = sample['pred_instances'].get('track_ids')
        if given is not None and len(given) == rows:
            return list(given)
        return [0 if self.one_person else None] * rows

    def split(self, path: str) -> tuple[str, int]:
        """Sequence and frame number that a picture's path tells."""
        picture = PurePosixPath(path.replace('\\', '/'))
        number = list(re.finditer(r'\d+', picture.stem))[-1:]
        if not number:
            raise DataFormatError(
                f"{type(self).__name__}: no frame number in the file name of '{path}'. Give a "
                'seq_parser that knows the frame: a function of a data sample and its number of '
                'poses that returns a RowPlace for each.')
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
        """Sequence and frame number that a picture's name tells; folders do not matter."""
        name, _, number = PurePosixPath(path.replace('\\', '/')).stem.rpartition('_')
        if not name or not number.isdigit():
            raise DataFormatError(
                f"Human36mSequenceParser: '{path}' is no picture of Human3.6M; expected a name "
                "like 'S9_Directions_1.54138969_000001.jpg'. Name another seq_parser, for "
                "example 'folder'.")
        return name, int(number)


class H36MWholeBodySequenceParser(FolderSequenceParser):
    """Human3.6M whole body: a folder ``<action>.<camera>`` a video, ``frame_<number>.jpg``.

    The data set names the pictures of a window but not the one predicted. The last is taken: that
    is the same for all windows, and only the differences of frame numbers count.

    Args:
        fps: Frames per second of the numbering. Defaults to None: 50.
    """

    keys: ClassVar = ('img_path', 'img_paths')
    usual_fps: ClassVar = 50.0
    one_person: ClassVar = True

    def paths(self, sample: Mapping[str, Any]) -> list[str]:
        """The last picture of the window."""
        value = sample.get('img_path')
        if value is None and sample.get('img_paths') is not None:
            return [str(sample['img_paths'][-1])]
        return super().paths(sample)


class UBody3dSequenceParser(FolderSequenceParser):
    """UBody: a folder a video; one person.

    Args:
        fps: Frames per second of the numbering. Defaults to None, not known.
    """

    keys: ClassVar = ('target_img_paths', 'target_img_path')
    wanted: ClassVar = 'target_img_paths'
    one_person: ClassVar = True


class PoseTrack18SequenceParser(FolderSequenceParser):
    """PoseTrack18: a folder a video, the file name is the frame.

    With boxes of the truth (``raw_ann_info``) the person's id is known too; with detected boxes
    people are tracked.

    Args:
        fps: Frames per second of the numbering. Defaults to None, not known.
    """

    keys: ClassVar = ('img_path',)

    def track_ids(self, sample: Mapping[str, Any], rows: int) -> list[Any]:
        """Id of the annotation, where the sample is of one annotated person."""
        annotation = sample.get('raw_ann_info')
        if rows == 1 and isinstance(annotation, Mapping) and 'track_id' in annotation:
            return [annotation['track_id']]
        return super().track_ids(sample, rows)


class JhmdbSequenceParser(FolderSequenceParser):
    """JHMDB: a folder a clip, the file name is the frame; one person.

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
            ``dict(type=...)`` of a parser in TASK_UTILS, or a function like
            :class:`FolderSequenceParser`'s call.
        dataset_name: ``dataset_name`` of the metainfo. Defaults to None.

    Returns:
        The parser.

    Raises:
        ConfigError: The entry is none of these.
    """
    if entry == 'auto':
        return PARSERS.get(dataset_name or '', FolderSequenceParser)()
    if isinstance(entry, str):
        if entry not in PARSERS:
            raise ConfigError(f'Unknown seq_parser {entry!r}. '
                              f"{did_you_mean(entry, ['auto', *PARSERS])}")
        return PARSERS[entry]()
    if isinstance(entry, Mapping):
        if isinstance(entry.get('type'), str) and TASK_UTILS.get(entry['type']) is None:
            raise ConfigError(f"Unknown seq_parser type {entry['type']!r}; register it in "
                              f"TASK_UTILS, or take one of {', '.join(PARSERS)}.")
        return TASK_UTILS.build(dict(entry, _scope_=SCOPE))
    if not callable(entry):
        raise ConfigError(
            f'seq_parser is {entry!r}; expected a name, dict(type=...) or a function.')
    return entry  # type: ignore[return-value]
