"""The clips of a dataset, a dump or a results file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..evaluation.clip import Clip
from ..structures import PoseTracks
from ..utils.files import StrPath
from ..utils.restricted_pickle import load_pickle
from ..utils.restricted_torch import find_tensors


def clips_of(items: Iterable[Mapping[str, Any]],
             keypoint_names: Iterable[str] | None = None) -> list[Clip]:
    """Clips of a dataset or of a dump, with the dataset's normalisation undone.

    Args:
        items: See :meth:`Clip.from_item <smoothnet_plugin.evaluation.clip.Clip.from_item>`.
        keypoint_names: Names of the keypoints, for clips that have as many. Defaults to None.

    Returns:
        The clips; those without a name are named by their number.

    Raises:
        DataFormatError: An item is not a whole clip.
    """
    names = None if keypoint_names is None else tuple(keypoint_names)
    clips = []
    for number, item in enumerate(items):
        clip = Clip.from_item(item)
        meta = {'name': str(number), **clip.meta}
        if names is not None and len(names) == clip.inputs.shape[1]:
            meta.setdefault('keypoint_names', names)
        clips.append(clip.replace(meta=meta))
    return clips


def clips_of_tracks(tracks: PoseTracks, name: str) -> list[Clip]:
    """The people of a results file as clips without truth.

    Args:
        tracks: The people.
        name: Name of the data in tables.

    Returns:
        A clip per person.
    """
    clips = []
    for key, sequence in tracks:
        coords = sequence.measured
        meta = {'name': str(key), 'dataset': name, 'fps': sequence.fps or tracks.fps,
                'unit': sequence.unit, 'representation': sequence.representation}
        if sequence.skeleton is not None:
            meta['keypoint_names'] = sequence.skeleton.keypoint_names
        clips.append(Clip(coords, None, sequence.valid, sequence.scores, meta))
    return clips


def read_dump(path: StrPath) -> list[dict[str, Any]]:
    """Read predictions, without running code that the file may hold.

    Args:
        path: A pickle file written by ``tools/test.py --dump``.

    Returns:
        A dict of ``pred``, ``inputs``, ``target``, ``mask`` and ``meta`` per clip.

    Raises:
        DataFormatError: The file is missing, damaged, or of another kind.
        UnsafeFileError: The file may run code when read, so it is not read.
    """
    path = Path(path)
    if not path.is_file():
        raise DataFormatError(f"Dump '{path}' not found; write one with tools/test.py CONFIG "
                              f'CHECKPOINT --dump {path}.')
    with open(path, 'rb') as file:
        content = load_pickle(file, f"Dump '{path}'", finder=find_tensors,
                              way_out='Write it again with tools/test.py --dump.')
    if not (isinstance(content, list) and content
            and all(isinstance(item, dict) and {'pred', 'inputs'} <= item.keys()
                    for item in content)):
        raise DataFormatError(f"'{path}' is not a dump of tools/test.py; expected a list of dicts "
                              'with pred, inputs, target, mask and meta.')
    return content
