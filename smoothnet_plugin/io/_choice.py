"""Choice of the format of a file: by name, by content, by suffix."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError, DataFormatError, SmoothNetError, check_known
from ..registry import FORMATS
from ..structures import BodySequence, PoseTracks
from ..utils.files import check_output_path, is_stream
from ._unknown import looks_like
from .base import Format, SourceDocument
from .body_format import BodyFormat
from .input_file import InputFile

_SHOWN = 5


def known_formats() -> dict[str, Format]:
    """The registered formats by name, in the order of their registration."""
    known: dict[str, Format] = {}
    for kind in FORMATS.module_dict.values():
        if not (isinstance(kind, type) and issubclass(kind, Format)
                and isinstance(getattr(kind, 'name', None), str)):
            raise ConfigError(f'{kind!r} is registered as a format, but is not a subclass of '
                              'smoothnet_plugin.io.Format with a name.')
        if kind.name in known:
            raise ConfigError(f'{kind.__name__} and {type(known[kind.name]).__name__} are both '
                              f'formats of the name {kind.name!r}; rename one.')
        try:
            known[kind.name] = kind()
        except TypeError as error:  # An abstract method is missing, or __init__ has arguments.
            raise ConfigError(f'The format {kind.__name__} cannot be built without arguments: '
                              f'{error}.') from None
    return known


def formats() -> list[str]:
    """Names of the registered formats, in alphabetical order."""
    return sorted(known_formats())


def get_format(name: str) -> Format:
    """A format by name.

    Raises:
        ConfigError: The name is unknown; the message suggests the closest ones.
    """
    known = known_formats()
    check_known('Unknown format', name, known)
    return known[name]


def recognised(file: InputFile) -> Format:
    """The format of a file or folder, from its content.

    Raises:
        DataFormatError: It is in no known format; the message describes it.
    """
    known = known_formats()
    for part in dict.fromkeys((file.beginning, file)):
        for one in reversed(known.values()):
            if _is_of(one, part):
                return one
    hint = _folder_hint(file) if file.is_dir else looks_like(file)
    raise DataFormatError(f"'{file.path}' has no known format. {hint} Known formats, described by "
                          f"'smoothnet list': {', '.join(sorted(known))}.")


def _folder_hint(folder: InputFile) -> str:
    """What a folder of no known format holds, and what to give instead."""
    inner = sorted(path.name + '/' * path.is_dir() for path in folder.path.iterdir())
    if not inner:
        return 'It is an empty folder.'
    if len(folder.json_files) == 1:
        return f"Its only JSON file is '{folder.json_files[0].path.name}'; give that file."
    shown = ', '.join(inner[:_SHOWN]) + ', ...' * (len(inner) > _SHOWN)
    return (f'It is a folder of {shown}; give one of these, or smooth each of them: smoothnet '
            f"smooth-many '{folder.path}/*' -o FOLDER.")


def _is_of(known: Format, file: InputFile) -> bool:
    try:
        return known.sniff(file)
    except (SmoothNetError, OSError):
        raise
    except Exception:  # A structure that a format does not expect is not of that format.
        return False


def format_for(path: Path, tracks: PoseTracks) -> Format:
    """The format of an output: the source's if the path fits it, else by the path's suffix.

    Raises:
        DataFormatError: The path is a folder, or no format has its suffix.
    """
    known = known_formats()
    suffix = path.suffix.lower()
    own = known.get(tracks.source.format) if isinstance(tracks.source, SourceDocument) else None
    if own is not None and is_stream(path) and (own.suffixes or suffix == '.json'):
        return own
    if own is not None and (suffix in own.suffixes or (not own.suffixes and (
            path.is_dir() or suffix in ('', '.json')))):
        return own
    if path.is_dir():
        check_output_path(path)
    able = [one for one in known.values() if suffix in one.suffixes]
    # Of a body model, other formats hold the rotations only.
    bodies = any(isinstance(sequence, BodySequence) for _, sequence in tracks)
    for one in sorted(able, key=lambda one: (
            bodies and (one.needs_source or not isinstance(one, BodyFormat)),
            suffix not in one.usual_for)):
        return one
    endings = sorted({ending for one in known.values() for ending in one.suffixes})
    raise DataFormatError(
        f"The format of '{path}' is not clear from its name; give format= (--output-format), one "
        f"of {', '.join(sorted(known))}, or a name that ends in {', '.join(endings)}.")
