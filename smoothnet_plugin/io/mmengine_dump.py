"""Pickles written by MMEngine's ``DumpResults`` (``tools/test.py --dump``)."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseInstance, PoseTracks
from ..utils.files import atomic_write, natural_key
from ..utils.restricted_pickle import load_pickle
from ..utils.restricted_torch import find_tensors
from ._names import frame_numbers
from ._people import ShapeCheck
from ._values import checked, moved, track_id_of, whole_number
from .base import Format, InputFile, ReadContext
from .rows import rows_for_document

_WAY_OUT = 'If you know who made this file and trust them, read it with trust=True.'


@FORMATS.register_module()
class MMEngineDump(Format):
    """A list of data samples as dicts, with ``pred_instances`` of arrays.

    Samples of the same image are the people of one frame. The folder of the image
    (``target_img_path``, else ``img_path``) is the sequence and its file name gives the frame;
    without paths ``img_id`` is the frame. A dump of several sequences becomes one clip of
    concatenated sequences, with track ids ``'<sequence>/<id>'``.

    Dumps are read without running code: arrays, tensors and plain containers are allowed. After
    writing back, a dump has the same samples with the same people: interpolated poses have no
    sample and are left out, and dropped people do not change. Other files cannot be converted to
    dumps.
    """

    name = 'mmengine_dump'
    title = 'MMEngine --dump pickle: [{"pred_instances": {"keypoints": ...}, "img_path": ...}]'
    suffixes = ('.pkl', '.pickle')
    needs_source = True
    usual_for = ('.pkl', '.pickle')

    def sniff(self, file: InputFile) -> bool:
        # What names pred_instances is a dump, or was one before it was damaged.
        return is_pickle(file) and b'pred_instances' in file.content

    def read(self, file: InputFile, context: ReadContext, *, trust: bool = False) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The file.
            context: What the caller specified.
            trust: Whether the pickle may run any code. Defaults to False.

        Raises:
            UnsafeFileError: The pickle has other objects than arrays, tensors and plain
                containers, and is not trusted; no code was run.
            DataFormatError: The file is damaged or not a list of data samples.
        """
        label = f"'{file.path}'"
        samples = _trusted(file) if trust else load_pickle(
            io.BytesIO(file.content), label, finder=find_tensors, way_out=_WAY_OUT)
        checked(samples, list, label, 'a list of data samples')
        check = ShapeCheck(file.path)
        clips: dict[str, dict[int, PoseFrame]] = {}
        sizes = set()
        for position, (sequence, number) in enumerate(_places(samples, label)):
            frames = clips.setdefault(sequence, {})
            frame = frames.setdefault(number, PoseFrame(number))
            _add_people(frame, samples[position], position, check)
            sizes.add(_image_size(samples[position].get('ori_shape')))
        source = self.document(file, samples, protocol=max(2, file.head[1]))
        size = sizes.pop() if len(sizes) == 1 else None
        parts = {sequence: context.tracks(
            list(clips[sequence].values()), source, representation=check.representation,
            image_size=size) for sequence in sorted(clips, key=natural_key)}
        return _joined(parts, source) if len(parts) != 1 else next(iter(parts.values()))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from a dump.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source = self.required_source(tracks)
        samples = list(source.data)
        known, _ = rows_for_document(tracks)
        for (position, index), row in known.items():
            sample = samples[position]
            keypoints = sample['pred_instances']['keypoints']
            shape = tuple(keypoints.shape)
            old = _array(keypoints).reshape(shape[0], *row.coords.shape)
            mask = moved(old[index].astype(np.float64), row.coords)
            if not mask.any():
                continue
            if sample is source.data[position]:
                copied = copy.deepcopy(keypoints)
                samples[position] = {**sample, 'pred_instances': {
                    **sample['pred_instances'], 'keypoints': copied}}
                old = _array(copied).reshape(shape[0], *row.coords.shape)
            old[index][mask] = row.coords[mask]
        with atomic_write(path, 'wb') as file:
            pickle.dump(samples, file, protocol=source.details['protocol'])


def is_pickle(file: InputFile) -> bool:
    """Whether a file starts like a pickle of the protocols 2 to 5: an opcode and the number."""
    return file.head[:1] == b'\x80' and file.head[1:2] in (b'\x02', b'\x03', b'\x04', b'\x05')


def _trusted(file: InputFile) -> Any:
    try:
        return pickle.loads(file.content)
    except Exception as error:  # A damaged pickle can fail in any way.
        raise DataFormatError(f"'{file.path}' is not a readable pickle ({type(error).__name__}: "
                              f'{error}).') from error


def _places(samples: list[Any], label: str) -> list[tuple[str, int]]:
    """Sequence and frame number of every sample."""
    paths = []
    for position, sample in enumerate(samples):
        if not isinstance(sample, dict) or 'pred_instances' not in sample:
            raise DataFormatError(f'{label}, sample {position}: expected a dict with '
                                  "'pred_instances'.")
        path = sample.get('target_img_path', sample.get('img_path'))
        # Lifters have a list of targets; video models put the frame's own image first.
        while isinstance(path, (list, tuple, np.ndarray)) and np.ndim(path) and len(path):
            path = path[0]
        paths.append(path if isinstance(path, str) else None)
    if any(path is None for path in paths):
        return [('', whole_number(sample.get('img_id', position),
                                  f'{label}, sample {position}, img_id'))
                for position, sample in enumerate(samples)]
    pictures: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        pictures.setdefault(str(PurePosixPath(path).parent), []).append(path)
    places = {}
    for folder, names in pictures.items():
        names = sorted(names, key=natural_key)
        numbers = frame_numbers([PurePosixPath(name).name for name in names])
        for name, number in zip(names, numbers or range(len(names))):
            places[name] = (folder, number)
    return [places[path] for path in paths]


def _image_size(shape: Any) -> tuple[int, int] | None:
    """(width, height) of a sample's ``ori_shape``, which is (height, width, ...)."""
    if not isinstance(shape, (list, tuple)) or len(shape) < 2:
        return None
    if not all(isinstance(length, (int, np.integer)) for length in shape[:2]):
        return None
    return int(shape[1]), int(shape[0])


def _array(value: Any) -> np.ndarray:
    """NumPy view of an array or tensor."""
    return np.asarray(value.detach().numpy() if hasattr(value, 'detach') else value)


def _add_people(frame: PoseFrame, sample: Mapping[str, Any], position: int,
                check: ShapeCheck) -> None:
    people = sample['pred_instances']
    if not isinstance(people, dict) or not hasattr(people.get('keypoints'), 'shape'):
        raise DataFormatError(f"'{check.path}', sample {position}: pred_instances has no array "
                              "'keypoints'.")
    keypoints = _array(people['keypoints'])
    if keypoints.ndim not in (3, 4) or keypoints.dtype.kind not in 'iuf':
        raise DataFormatError(f"'{check.path}', sample {position}: keypoints are "
                              f'{keypoints.dtype} of shape {keypoints.shape}; expected numbers of '
                              'shape (N, K, C).')
    if keypoints.ndim == 4 and keypoints.shape[1] == 1:  # Lifters have an axis of frames.
        keypoints = keypoints[:, 0]
    fields = {}
    for name, width in (('keypoint_scores', keypoints.shape[1:2]), ('bboxes', (4,))):
        value = people.get(name)
        if value is not None and np.shape(value) != (len(keypoints), *width):
            raise DataFormatError(
                f"'{check.path}', sample {position}: {name} have shape {np.shape(value)}; "
                f'expected {(len(keypoints), *width)}.')
        fields[name] = None if value is None else _array(value)
        if value is not None and fields[name].dtype.kind not in 'iuf':
            raise DataFormatError(f"'{check.path}', sample {position}: {name} have values of type "
                                  f'{fields[name].dtype}; expected numbers.')
    scores, boxes = fields['keypoint_scores'], fields['bboxes']
    for index, pose in enumerate(keypoints):
        label = f'frame {frame.frame_id}, sample {position}, instance {index}'
        frame.instances.append(check(PoseInstance(
            pose.astype(pose.dtype if pose.dtype.kind == 'f' else np.float64).view(np.ndarray),
            None if scores is None else np.nan_to_num(scores[index]),
            None if boxes is None else boxes[index],
            track_id_of(sample.get('track_id'), f"'{check.path}', {label}, track_id"),
            payload=(position, index)), label))


def _joined(parts: Mapping[str, PoseTracks], source: Any) -> PoseTracks:
    """Clips of several sequences, one after the other."""
    tracks, frame_ids, start = {}, [np.zeros(0, np.int64)], 0
    for sequence, part in parts.items():
        shift = start - int(part.frame_ids[0])
        for track_id, person in part:
            tracks[f'{sequence}/{track_id}'] = person.replace(frame_ids=person.frame_ids + shift)
        frame_ids.append(part.frame_ids + shift)
        start = int(frame_ids[-1][-1]) + 1
    first = next(iter(parts.values()), PoseTracks())
    return PoseTracks(tracks, np.concatenate(frame_ids), first.fps, first.image_size, source)
