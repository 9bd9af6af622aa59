"""Base class of the formats of body-model parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..structures import BodySequence, PoseSequence, PoseTracks
from ..utils.pickle_files import PickleFile, read_pickle
from .base import Format, SourceDocument
from .body_parts import BodyLayout, updated_arrays
from .input_file import InputFile

#: What happens to data in a file that was computed from the parameters: vertices, joints.
DERIVED = ('drop', 'keep')


class Person(NamedTuple):
    """One person of a document.

    Attributes:
        arrays: The arrays by key, with a row for each frame.
        layout: What they hold.
        places: Where each row lies in the document; opaque.
    """

    arrays: Mapping[Any, np.ndarray]
    layout: BodyLayout
    places: list[Any] = []


class BodyFormat(Format):
    """A file of one estimator or data set, into which smoothed parameters are written back.

    ``refs`` of a sequence are rows of its :class:`Person`. A frame that the file does not have
    stays missing in it: vertices, boxes and features of that frame exist nowhere.
    """

    needs_source = True
    representations = ('axis_angle', 'rotmat', 'rot6d', 'quaternion')

    def changes(self, tracks: PoseTracks) -> tuple[SourceDocument, dict[Any, dict[Any, Any]]]:
        """The document that tracks were read from, and the new arrays of each person in it.

        Raises:
            DataFormatError: The tracks are from elsewhere, or hold someone whom the document does
                not know.
        """
        source = self.required_source(tracks, "'amass' (npz) or 'bvh'")
        people: Mapping[Any, Person] = source.details['people']
        result = {}
        for track_id, sequence in tracks:
            if track_id not in people:
                raise DataFormatError(f"'{source.path}' holds no person {track_id!r}; it has "
                                      f"{', '.join(map(repr, people)) or 'none'}.")
            person = people[track_id]
            result[track_id] = updated_arrays(person.arrays, person.layout, as_body(sequence))
        return source, result


def as_body(sequence: PoseSequence) -> BodySequence:
    """A sequence of rotations as one of a body model."""
    return (sequence if isinstance(sequence, BodySequence)
            else BodySequence.of_rotations(sequence))


def without_derived(content: Mapping[Any, Any], changed: bool, derived: str,
                    names: tuple[str, ...]) -> dict[Any, Any]:
    """A copy of a document's dict without what no longer fits its parameters.

    Args:
        content: The dict.
        changed: Whether its rotations are new.
        derived: One of :data:`DERIVED`.
        names: Keys of data computed from the parameters.

    Raises:
        ConfigError: ``derived`` is something else.
    """
    if derived not in DERIVED:
        raise ConfigError(f'derived is {derived!r}; expected one of {", ".join(DERIVED)}.')
    stale = set(names) if changed and derived == 'drop' else set()
    return {key: value for key, value in content.items() if key not in stale}


def pickle_of(file: InputFile) -> PickleFile:
    """The content of a pickle.

    Raises:
        UnsafeFileError: It could run code.
        DataFormatError: It is damaged, or no pickle.
    """
    return file.pickled or read_pickle(file.content, f"'{file.path}'")


def check_dict(value: Any, path: Path, what: str) -> dict[Any, Any]:
    """A dict of a document.

    Raises:
        DataFormatError: It is something else.
    """
    if not isinstance(value, dict):
        raise DataFormatError(f"'{path}', {what}: expected a dict, got {type(value).__name__}.")
    return value
