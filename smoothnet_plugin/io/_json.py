"""Reading JSON and writing it in the same layout."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from ..errors import DataFormatError
from ..utils.files import StrPath, atomic_write

_SAMPLE = 1 << 16
_ITEMS = 1000
_SURROGATE = re.compile('[\ud800-\udfff]')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def parse_json(text: str, path: StrPath) -> Any:
    """Parse a document; ``NaN`` and ``Infinity`` are understood.

    Args:
        text: The document.
        path: Its file, for messages.

    Returns:
        Its content.

    Raises:
        DataFormatError: It is truncated or not JSON; the message names line and column.
    """
    try:
        return json.loads(text.removeprefix('\ufeff'))
    except json.JSONDecodeError as error:
        whole = text.rstrip()
        cut = error.pos >= len(whole) or error.msg.startswith('Unterminated')
        raise DataFormatError(
            f"'{path}' is not valid JSON: {error.msg} at line {error.lineno}, column "
            f"{error.colno}{'; the file is cut off' if cut else ''}.") from error
    except (RecursionError, ValueError) as error:
        raise DataFormatError(f"'{path}' is not usable JSON: {error}.") from error


@dataclass(frozen=True)
class JsonStyle:
    """White space of a document.

    Attributes:
        indent: Indentation of one level, or None for everything on one line.
        item_separator: Between items where nothing is indented.
        key_separator: Between key and value.
        item_per_line: Whether a top-level list has one item per line.
        ensure_ascii: Other characters are escaped.
        newline: Line end.
        end: What follows the document.
        byte_order_mark: Whether the file starts with one.
    """

    indent: str | None = None
    item_separator: str = ', '
    key_separator: str = ': '
    item_per_line: bool = False
    ensure_ascii: bool = True
    newline: str = '\n'
    end: str = ''
    byte_order_mark: bool = False

    @classmethod
    def of(cls, text: str) -> JsonStyle:
        """The style of a document, from its beginning and end."""
        bare = text.removeprefix('\ufeff')
        head = bare[:_SAMPLE]
        opening = re.match(r'\s*[\[{](?:\r?\n([ \t]*))?', head)
        margin = opening and opening.group(1)
        punctuation = _STRING.sub('""', head)
        item = re.search(r',( ?)', punctuation)
        key = re.search(r'"":( ?)', punctuation)
        return cls(
            indent=margin or None,
            item_separator=',' + (item.group(1) if item else ' '),
            key_separator=':' + (key.group(1) if key else ' '),
            item_per_line=margin == '',
            # JSON escapes DEL, too, which is an ASCII character.
            ensure_ascii=bare.isascii() and '\x7f' not in bare,
            newline='\r\n' if '\r\n' in head else '\n',
            end=bare[len(bare.rstrip()):],
            byte_order_mark=text.startswith('\ufeff'))

    def dumps(self, document: Any) -> str:
        """Serialise a document."""
        return ''.join(self.pieces(document))

    def pieces(self, document: Any) -> Iterator[str]:
        """Serialise a document in pieces, so that a long one is never one string.

        Args:
            document: A JSON value, or an iterator over the items of a list; also an
                object in which one value is such an iterator.

        Yields:
            The pieces in order.
        """
        before, after, margin = '\ufeff' if self.byte_order_mark else '', self.end, ''
        if isinstance(document, dict):
            key = next((key for key, value in document.items() if isinstance(value, Iterator)),
                       None)
            if key is not None:
                place = uuid4().hex
                text = self._dumps({**document, key: place}, self.indent)
                head, _, tail = text.partition(f'"{place}"')
                before, after = before + self._lines(head), self._lines(tail) + after
                document, margin = document[key], self.indent or ''
        if isinstance(document, (list, Iterator)):
            yield before
            for piece in self._list_pieces(document, margin):
                yield self._lines(piece)
            yield after
        else:
            yield before + self._lines(self._dumps(document, self.indent)) + after

    def _list_pieces(self, items: Iterable[Any], outer: str) -> Iterator[str]:
        """A list in an object with a margin."""
        separator, margin = self.item_separator, ''
        if self.item_per_line or self.indent is not None:
            separator, margin = ',\n', outer + (self.indent or '')
        indent = None if self.item_per_line else self.indent
        opening = '[' if separator == self.item_separator else '[\n'
        empty = True
        for number, item in enumerate(items, 1):
            text = self._dumps(item, indent)
            if number % _ITEMS == 0 and indent is not None:
                # Indentation by the standard library leaves reference cycles behind, and the
                # collector is paused while a file is written.
                gc.collect(0)
            yield ((opening if empty else separator) + margin
                   + (text.replace('\n', f'\n{margin}') if margin else text))
            empty = False
        yield '[]' if empty else ']' if opening == '[' else f'\n{outer}]'

    def _lines(self, text: str) -> str:
        return text if self.newline == '\n' else text.replace('\n', self.newline)

    def _dumps(self, value: Any, indent: str | None) -> str:
        separator = self.item_separator if indent is None else ','
        text = json.dumps(value, indent=indent, separators=(separator, self.key_separator),
                          ensure_ascii=self.ensure_ascii, default=plain)
        if self.ensure_ascii:
            return text
        # Half a pair of surrogates can be escaped only.
        return _SURROGATE.sub(lambda match: f'\\u{ord(match.group()):04x}', text)


#: Layout of files by MMPose's inferencers.
MMPOSE_STYLE = JsonStyle(indent='  ')
#: Layout of other new files.
COMPACT_STYLE = JsonStyle()


def plain(value: Any) -> Any:
    """A JSON value that represents a value that JSON cannot hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, set):
        return sorted(value)
    return str(value)


def write_json(path: Path, document: Any, style: JsonStyle) -> None:
    """Write a document in a style; the file appears only when it is complete.

    Args:
        path: The file.
        document: See :meth:`JsonStyle.pieces`.
        style: The style.
    """
    with atomic_write(path, 'wb') as file:
        for piece in style.pieces(document):
            file.write(piece.encode('utf-8'))
