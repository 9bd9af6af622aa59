"""npz results of ROMP and BEV (Sun et al., ICCV 2021 and CVPR 2022)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.npz import load_npz, write_npz
from ._arrays import boxed, joined_rows, unboxed
from ._folders import write_folder
from ._names import frame_numbers
from ._values import described, whole_number
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict
from .body_parts import BodyLayout

_SMPL = BODY_JOINTS[24]
_LAYOUT = BodyLayout(
    {'smpl_thetas': _SMPL, 'global_orient': _SMPL[:1], 'body_pose': _SMPL[1:]}, 'smpl_betas',
    ('cam', 'cam_trans'))


@FORMATS.register_module()
class Romp(BodyFormat):
    """``video_results.npz``, or a folder with an npz of the people of each image.

    People are matched by ``track_ids``, which ROMP writes with its temporal option; without them a
    file can be read if no image shows more than one person. ``center_confs`` are the confidences.
    Joints and vertices follow from the parameters: once these are smoothed, they are left out (or
    kept unchanged with ``derived='keep'``).
    """

    name = 'romp'
    title = 'ROMP npz (results: {image: {"smpl_thetas", "cam", ...}}), or a folder of them'
    suffixes = ('.npz',)
    derived_keys = ('joints', 'pj2d', 'pj2d_org', 'verts', 'verts_camed', 'verts_camed_org', 'j3d')

    def sniff(self, file: InputFile) -> bool:
        first = next(iter(file.files('.npz')), None) if file.is_dir else file
        if first is None or 'results' not in first.npz_names:
            return False
        results = _results(first)
        return _is_image(results) or (
            not file.is_dir and any(map(_is_image, results.values())))

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The file is damaged, or people have no ids.
        """
        images, numbers, members = _images(file)
        rows: dict[int, list[tuple[int, Any, int]]] = {}
        for name, number in sorted(zip(images, numbers), key=lambda pair: pair[1]):
            image = images[name]
            if not _is_image(image):
                continue  # Nobody was found.
            for index, track_id in enumerate(_ids(image, f"'{file.path}', image {name}")):
                rows.setdefault(track_id, []).append((number, name, index))
        people = {}
        for track_id, places in rows.items():
            where = f"'{file.path}', person {track_id}"

            def value(name: Any, index: int, key: str, where: str = where) -> Any:
                return _entry(images[name], key, index, where)

            first = images[places[0][1]]
            scores = None
            if 'center_confs' in first:
                confidence = joined_rows((np.ravel(value(name, index, 'center_confs'))[:1]
                                          for _, name, index in places), where)
                scores = np.repeat(np.nan_to_num(confidence), len(_SMPL), axis=1)
            people[track_id] = Person.of_rows(where, places, _LAYOUT.among(first, where), value,
                                              scores=scores)
        return self.tracks(file, context, images, people, frame_ids=np.array(sorted(numbers)),
                           members=members, numbers=dict(zip(images, numbers)))

    def write(self, path: Path, tracks: PoseTracks, *, derived: str = 'drop') -> None:
        """Write the tracks.

        Args:
            path: The file, or folder where a folder was read.
            tracks: Tracks read from this format.
            derived: What happens to joints and vertices: ``'drop'`` or ``'keep'``. Defaults to
                ``'drop'``.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        images = dict(source.data)
        for track_id, arrays in changes.items():
            if not arrays:
                continue
            for row, (name, index) in enumerate(source.details['people'][track_id].places):
                if images[name] is source.data[name]:
                    images[name] = {
                        key: np.array(value) if key in _LAYOUT.keys else value for key, value in
                        self.without_derived(source.data[name], True, derived).items()}
                for key, array in arrays.items():
                    images[name][key][index] = array[row]
        members = source.details['members']
        if members is None:
            write_folder(path, {Path(name).name: partial(_npz_of, image)
                                for name, image in images.items()})
            return
        content = {**members, 'results': boxed(images)}
        if 'sequence_results' in content:
            content['sequence_results'] = boxed(self._sequences(
                content['sequence_results'].item(), source.details, changes, derived))
        write_npz(path, content, compressed=False, objects=True)

    def _sequences(self, old: Any, details: Mapping[str, Any], changes: Mapping[Any, Any],
                   derived: str) -> dict[Any, Any]:
        """``sequence_results`` with the same new values."""
        result = dict(old)
        for track_id, arrays in changes.items():
            sequence = result.get(track_id)
            if not arrays or not isinstance(sequence, dict):
                continue
            sequence = self.without_derived(sequence, True, derived)
            row_of = {details['numbers'][name]: row for row, (name, _) in enumerate(
                details['people'][track_id].places)}
            for key, array in arrays.items():
                if key in sequence:
                    sequence[key] = [array[row_of[frame]] if frame in row_of else value
                                     for frame, value in zip(sequence['frame_id'], sequence[key])]
            result[track_id] = sequence
        return result


def _npz_of(image: dict[str, Any]) -> bytes:
    """The file of an image."""
    stream = io.BytesIO()
    np.savez(stream, results=boxed(image))
    return stream.getvalue()


def _images(file: InputFile) -> tuple[dict[str, Any], list[int], dict[str, Any] | None]:
    """Results by image, their frame numbers, and the other members of a single file."""
    if file.is_dir:
        files = file.files('.npz')
        if not files:
            raise DataFormatError(f"'{file.path}' holds no npz file; expected one per image.")
        images = {one.path.name: _results(one) for one in files}
        numbers = frame_numbers(list(images)) or list(range(len(images)))
        return images, numbers, None
    npz = load_npz(file.path, file.content)
    members = {name: npz[name] for name in npz}
    images = check_dict(unboxed(members['results']), file.path, 'results')
    if _is_image(images):
        raise DataFormatError(f"'{file.path}' holds a single image; give the folder of all of "
                              'them, or video_results.npz.')
    return images, list(range(len(images))), members


def _results(file: InputFile) -> dict[str, Any]:
    return check_dict(unboxed(load_npz(file.path, file.content)['results']), file.path, 'results')


def _is_image(value: Any) -> bool:
    return isinstance(value, dict) and 'smpl_thetas' in value


def _ids(image: Mapping[str, Any], where: str) -> list[int]:
    count = len(image['smpl_thetas'])
    if 'track_ids' in image:
        ids = [whole_number(i, f'{where}, track_ids') for i in np.ravel(image['track_ids'])]
        if len(ids) != count:
            raise DataFormatError(f'{where}: {len(ids)} track ids for {count} people.')
        return ids
    if count > 1:
        raise DataFormatError(f'{where} shows {count} people without track_ids; run ROMP with '
                              'temporal optimisation (-t), which gives ids.')
    return [0] * count


def _entry(image: Mapping[str, Any], key: str, index: int, where: str) -> Any:
    values = image.get(key)
    if not isinstance(values, (np.ndarray, list)) or len(values) <= index:
        raise DataFormatError(f'{where}: {key} is {described(values)}; expected a row for each '
                              'person.')
    return values[index]
