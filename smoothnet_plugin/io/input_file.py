"""A file or folder to be read."""

from __future__ import annotations

import copy
import json
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..utils.files import STANDARD_STREAM, StrPath, is_stream, natural_key
from ..utils.npz import MAGIC, array_names
from ..utils.pickle_files import PickleFile, looks_pickled, read_pickle
from ._json import JsonStyle, parse_json
from ._json_items import LONG, SplitDocument, split_document

_HEAD_BYTES = 4096
#: A line of JSON lines that is longer is not recognised.
_LONGEST_LINE = 1 << 22
#: Items of a long list by which its format is recognised.
_FIRST_ITEMS = 1000


class InputFile:
    """A file or folder to be read; nothing of it is read or parsed twice.

    Args:
        path: The file or folder; a pipe or a device is read to its end, and ``'-'`` is standard
            input.

    Attributes:
        path: As given.
        is_dir: Whether it is a folder.

    Raises:
        DataFormatError: It does not exist or is empty.
    """

    def __init__(self, path: StrPath) -> None:
        self.path = Path(path)
        self._stream = is_stream(path)
        if not self._stream and not self.path.exists():
            raise DataFormatError(f"The file '{self.path}' does not exist.")
        self.is_dir = not self._stream and self.path.is_dir()
        if not self.is_dir and not self.head:
            raise DataFormatError(f"The file '{self.path}' is empty (0 bytes); expected poses in "
                                  'one of the known formats.')

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file, at most 4096; empty for a folder."""
        if self.is_dir:
            return b''
        if self._stream:
            return self.content[:_HEAD_BYTES]
        return self._start(_HEAD_BYTES)

    def _start(self, size: int = -1) -> bytes:
        """The first bytes of the file, or all of them."""
        try:
            with self.path.open('rb') as file:
                return file.read(size)
        except OSError as error:
            raise DataFormatError(f"'{self.path}' cannot be read: {error}.") from error

    @cached_property
    def content(self) -> bytes:
        """All bytes of the file."""
        if str(self.path) == STANDARD_STREAM:
            return sys.stdin.buffer.read()
        return self._start()

    @cached_property
    def text(self) -> str:
        """The file as UTF-8 text; a byte order mark is kept."""
        for mark, name in _OTHER_ENCODINGS.items():
            if self.head.startswith(mark):
                raise DataFormatError(f"'{self.path}' is {name} text; save it as UTF-8.")
        try:
            return self.content.decode('utf-8')
        except UnicodeDecodeError as error:
            raise DataFormatError(f"'{self.path}' is not UTF-8 text: {error}.") from error

    @property
    def looks_like_text(self) -> bool:
        """Whether the first bytes are text without control characters."""
        return bool(self.head) and b'\0' not in self.head

    @property
    def looks_like_json(self) -> bool:
        """Whether the first character opens a JSON list or object, and it is one document."""
        return (self.head.removeprefix(b'\xef\xbb\xbf').lstrip()[:1] in (b'[', b'{')
                and not self.is_json_lines)

    @cached_property
    def is_json_lines(self) -> bool:
        """Whether the first line is a JSON object, and another line with one follows."""
        if not self.head.removeprefix(b'\xef\xbb\xbf').startswith(b'{'):
            return False
        start = self.content[:_LONGEST_LINE] if self._stream else self._start(_LONGEST_LINE)
        line, _, rest = start.partition(b'\n')
        if rest[:1] != b'{':
            return False
        try:
            return isinstance(json.loads(line.decode('utf-8-sig')), dict)
        except (ValueError, RecursionError):
            return False

    @cached_property
    def json(self) -> Any:
        """The parsed document."""
        self.json_style  # noqa: B018  It is read off the text, which is dropped now.
        document = parse_json(self.text, self.path)
        for name in ('text',) if self._stream else ('text', 'content', '_split'):
            vars(self).pop(name, None)
        return document

    @property
    def document(self) -> Any:
        """The parsed document; None of a file that is not JSON, and of a folder."""
        return self.json if self.looks_like_json else None

    @property
    def lazy_json(self) -> Any:
        """The document, with the frames of a long one as :class:`JsonItems`, parsed on access."""
        return self.json if self._split is None else self._split.around(self._split.items)

    @property
    def beginning(self) -> InputFile:
        """The file itself, or of a long document one that has its first frames only."""
        if self.is_dir or self._split is None:
            return self
        beginning = copy.copy(self)
        vars(beginning)['json'] = self._split.around(self._split.items[:_FIRST_ITEMS])
        return beginning

    @cached_property
    def _split(self) -> SplitDocument | None:
        if not self.looks_like_json or len(self.content) < LONG:
            return None
        split = split_document(self.content)
        if split is not None:
            self.json_style  # noqa: B018  As above.
            vars(self).pop('text', None)
        return split

    @cached_property
    def json_style(self) -> JsonStyle:
        """How the document is laid out."""
        return JsonStyle.of(self.text)

    @cached_property
    def pickled(self) -> PickleFile | None:
        """The content of a pickle of plain data, also of joblib; None of any other file.

        Damaged and unsafe pickles give None, too: what they are is said when no format is found.
        """
        # Dumps of test runs hold other objects, and are large.
        if not looks_pickled(self.head) or b'pred_instances' in self.content:
            return None
        try:
            return read_pickle(self.content, f"'{self.path}'")
        except DataFormatError:
            return None

    @cached_property
    def npz_names(self) -> list[str]:
        """Names of the arrays of an npz file; none of any other file."""
        return array_names(self.content) if self.head.startswith(MAGIC) else []

    def files(self, suffix: str) -> list[InputFile]:
        """The files of a folder that have a suffix, in natural order and without empty ones."""
        return [InputFile(path) for path in self._paths(suffix) if path.stat().st_size]

    @cached_property
    def json_files(self) -> list[InputFile]:
        """The JSON files of a folder in natural order; none of a file."""
        return [InputFile(path) for path in self._paths('.json')]

    def _paths(self, suffix: str) -> list[Path]:
        found = self.path.glob(f'*{suffix}') if self.is_dir else ()
        return sorted((path for path in found if path.is_file()),
                      key=lambda path: natural_key(path.name))


_OTHER_ENCODINGS = {b'\xff\xfe\0\0': 'UTF-32', b'\0\0\xfe\xff': 'UTF-32', b'\xff\xfe': 'UTF-16',
                    b'\xfe\xff': 'UTF-16'}
