"""Long JSON documents without their tree: a parsed list takes ten times its text in memory."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

#: Documents of at least so many bytes are split; a shorter one is parsed once and kept.
LONG = 1 << 22
#: Where MMPose's demo scripts have the frames.
_KEY = 'instance_info'
_MARK = b'\xef\xbb\xbf'
_SPACE = b' \t\r\n'
_FIRST_KEY = rb'\s*\[\s*(\{\s*"[^"\\]*"\s*:)'
#: The beginning of a list up to the first key of its first object, at the top or under the key.
_LIST = re.compile(_FIRST_KEY)
_MEMBER = re.compile(rb'"%s"\s*:%s' % (_KEY.encode(), _FIRST_KEY))


class JsonItems(Sequence[Any]):
    """Items of a document by number, each parsed anew on every access.

    Args:
        content: The document, UTF-8.
        spans: Where each item starts and ends, all of them JSON.
    """

    def __init__(self, content: bytes, spans: Iterable[tuple[int, int]]) -> None:
        self._content = content
        self._places = array('q', (place for span in spans for place in span))

    def __len__(self) -> int:
        return len(self._places) // 2

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        return json.loads(self._content[self._places[2 * number]:self._places[2 * number + 1]])


@dataclass(frozen=True)
class SplitDocument:
    """A document with one list that is not parsed.

    Attributes:
        items: The list.
        outer: The object that has it under ``instance_info``, with an empty list in its place;
            None where the list is the document.
    """

    items: JsonItems
    outer: dict[str, Any] | None

    def around(self, items: Sequence[Any]) -> Any:
        """The document with a list in the place of its own."""
        return items if self.outer is None else {**self.outer, _KEY: items}


def split_document(content: bytes) -> SplitDocument | None:
    """Split a list of objects that all begin with the same key, as programs write them.

    An object ends where the text before the next such beginning ends. Whether that is so is
    checked by parsing: no object is the beginning of another one, so a piece that is an object is
    the right one.

    Args:
        content: The document, UTF-8, perhaps with a byte order mark.

    Returns:
        Its parts, or None if the document is something else, or damaged.
    """
    start = len(_MARK) if content.startswith(_MARK) else 0
    first = _LIST.match(content, start) or _MEMBER.search(content, start)
    if first is None:
        return None
    opening, at, starts = first[1], first.start(1), []
    while at >= 0:
        starts.append(at)
        at = content.find(opening, at + len(opening))
    spans = []
    for here, following in pairwise(starts):
        end = content.rfind(b',', here, following)
        if end < 0 or content[end + 1:following].strip(_SPACE):
            return None
        spans.append((here, end))
    try:
        last = content[starts[-1]:].decode()
        _, length = json.JSONDecoder().raw_decode(last)
        end = starts[-1] + len(last[:length].encode())
        items = JsonItems(content, [*spans, (starts[-1], end)])
        rest = content[end:].lstrip(_SPACE)
        opened = content[start:first.start(1)].rstrip(_SPACE)
        outer = json.loads(opened + rest)
        if not all(isinstance(item, dict) for item in items):
            return None
    except (ValueError, RecursionError):
        return None
    if outer == []:
        return SplitDocument(items, None)
    return SplitDocument(items, outer) if outer.get(_KEY) == [] else None
