"""``inference_result.npz`` and HumanData of MMHuman3D (OpenMMLab, Apache-2.0)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..utils.npz import load_npz, write_npz
from ._arrays import boxed, floating, unboxed
from ._names import frame_numbers
from ._values import whole_number
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict
from .body_parts import arrays_of, usual_layout

_MODELS = ('smplx', 'smplh', 'smpl')


@FORMATS.register_module()
class MMHuman3D(BodyFormat):
    """An npz whose member ``smpl`` or ``smplx`` is a dict of arrays, a row per person and frame.

    ``person_id`` and ``frame_id`` say whose row it is; HumanData without them is one person, a
    frame a row. Keypoints and cameras of the file are not changed; vertices follow from the
    parameters and are left out once these are smoothed (or kept with ``derived='keep'``).
    """

    name = 'mmhuman3d'
    title = 'MMHuman3D npz: inference_result or HumanData (smpl | smplx, person_id, frame_id)'
    suffixes = ('.npz',)
    derived_keys = ('verts', 'vertices')

    def sniff(self, file: InputFile) -> bool:
        names = file.npz_names
        return any(model in names for model in _MODELS) and (
            'results' not in names and 'imgname' not in names)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        npz = load_npz(file.path, file.content)
        model = next(name for name in _MODELS if name in npz)
        content = npz[model]
        parameters = check_dict(unboxed(content), file.path, model)
        arrays = {key: np.asarray(value) for key, value in parameters.items()
                  if isinstance(value, (np.ndarray, list))}
        layout = usual_layout(arrays)
        if layout is None:
            raise DataFormatError(f"'{file.path}', {model}: no rotations with a row for each "
                                  f"frame; it has {', '.join(map(str, parameters)) or 'nothing'}.")
        count = len(arrays[next(iter(layout.rotations))])
        ids = _column(npz, 'person_id', count, file.path)
        frames = _frames(npz, count, file.path)
        people = {}
        for track_id in dict.fromkeys(ids):
            rows = np.flatnonzero(np.array(ids) == track_id)
            rows = rows[np.argsort(frames[rows], kind='stable')]
            where = f"'{file.path}', person {track_id}"
            if (np.diff(frames[rows]) == 0).any():
                raise DataFormatError(f'{where} occurs twice in a frame.')
            own = {key: array[rows] for key, array in arrays_of(arrays, layout, where).items()}
            people[track_id] = Person(where, own, layout, rows.tolist(),
                                      {'frame_ids': frames[rows]})
        members = npz.members()
        return self.tracks(file, context, members, people, frame_ids=np.unique(frames),
                           model=model, parameters=parameters, compressed=npz.is_compressed)

    def write(self, path: Path, tracks: PoseTracks, *, derived: str = 'drop') -> None:
        """Write the tracks; people who are no longer in them are not changed.

        Args:
            path: The file.
            tracks: Tracks read from a file of this format.
            derived: What happens to vertices: ``'drop'`` or ``'keep'``. Defaults to ``'drop'``.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        parameters = dict(source.details['parameters'])
        for track_id, arrays in changes.items():
            rows = source.details['people'][track_id].places
            for key, array in arrays.items():
                if parameters[key] is source.details['parameters'][key]:
                    parameters[key] = floating(np.asarray(parameters[key]))
                parameters[key][rows] = array
        content = self.without_derived(source.data, any(map(bool, changes.values())), derived)
        content[source.details['model']] = boxed(parameters)
        write_npz(path, content, compressed=source.details['compressed'], objects=True)


def _column(npz: Any, name: str, count: int, path: Path) -> list[int]:
    """Whole numbers of each row; 0 where the file has none."""
    if name not in npz:
        return [0] * count
    values = np.ravel(npz[name]).tolist()
    if len(values) != count:
        raise DataFormatError(f"'{path}', {name}: {len(values)} entries for {count} rows.")
    return [whole_number(value, f"'{path}', {name}") for value in values]


def _frames(npz: Any, count: int, path: Path) -> np.ndarray:
    if 'frame_id' in npz or 'person_id' in npz:
        return np.array(_column(npz, 'frame_id', count, path), dtype=np.int64)
    names = np.ravel(npz['image_path']).tolist() if 'image_path' in npz else []
    found = frame_numbers(names) if len(names) == count and all(
        isinstance(name, str) for name in names) else None
    return np.array(found or range(count), dtype=np.int64)
