"""Smooth a stream of frames, frame by frame: :func:`smooth_stream`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

from ..errors import ConfigError, DataFormatError
from ..io import InputFile
from ..io.mmpose_lines import LineStream
from ..io.table_stream import TableStream, open_table
from ..smoothers import build_smoother
from ..structures import PoseFrame
from ..utils.files import STANDARD_STREAM, atomic_write, is_stream


def smooth_stream(source: str | Path, out: str | Path, smoother: Any = 'default', *,
                  track_ids: bool = False, **options: Any) -> int:
    """Smooth JSON lines or a table live, as they arrive; only unfinished frames are in memory.

    Args:
        source: A file of the format ``mmpose_lines``, ``csv`` or ``deeplabcut``, or ``'-'`` for
            standard input. The frames must be in order, and in a table the lines of a frame must
            follow one another: it is complete when the next frame begins, or with DeepLabCut's row
            per frame at once.
        out: Where to write the same format: a file, which appears when it is complete, or ``'-'``
            for standard output, where each finished frame appears at once. New coordinates of a
            table get the decimals of its rows so far.
        smoother: As in :func:`~smoothnet_plugin.smooth`. Defaults to ``'default'``.
        track_ids: Whether to write the ids that people got into JSON lines. Defaults to False.
        **options: Of :func:`~smoothnet_plugin.smoothers.build_smoother`: ``fps``, ``lookahead``
            (the delay in frames; the usual one is the longest that the filter can use), ...

    Returns:
        Number of frames.

    Raises:
        SmoothNetError: A line or an option cannot be used.
    """
    count = 0
    with _reading(source) as lines:
        stream = _opened(lines, Path(source), track_ids)
        if stream.skeleton is not None:
            options.setdefault('skeleton', stream.skeleton)
        built = build_smoother(smoother, **options)
        with _writing(out) as file:
            def write(frames: Sequence[PoseFrame]) -> int:
                for frame in frames:
                    file.write(stream.text_of(frame))
                if frames and is_stream(out):
                    file.flush()
                return len(frames)

            file.write(stream.head)
            for frame in stream.frames():
                count += write(built.step(frame))
            count += write(built.flush())
    return count


def _opened(lines: Iterable[bytes], path: Path, track_ids: bool) -> LineStream | TableStream:
    """The frames of lines, in the format that the first line is of."""
    lines = iter(lines)
    first = next(lines, b'')
    lines = chain([first], lines)
    # JSON that is no object is named as such.
    if first.removeprefix(b'\xef\xbb\xbf').lstrip()[:1] in (b'{', b'[', b''):
        return LineStream(lines, path, track_ids)
    table = open_table(lines, path)
    if table is None:
        raise DataFormatError(
            f"'{path}' is not a stream of poses: its first line is neither a JSON object with "
            "'frame_id' and 'instances' nor a header of CSV with columns <name>_x, <name>_y.")
    if track_ids:
        raise ConfigError('track_ids is for JSON lines: a table has its ids in a separate column.')
    return table


@contextmanager
def _reading(source: str | Path) -> Iterator[IO[bytes]]:
    if str(source) == STANDARD_STREAM:
        yield sys.stdin.buffer
        return
    with InputFile(source).path.open('rb') as file:
        yield file


@contextmanager
def _writing(out: str | Path) -> Iterator[IO[bytes]]:
    if str(out) == STANDARD_STREAM:
        yield sys.stdout.buffer
    elif is_stream(out):
        with Path(out).open('wb') as file:
            yield file
    else:
        with atomic_write(out, 'wb') as file:
            yield file
