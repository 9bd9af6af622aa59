"""Smooth a stream of frames, line by line: :func:`smooth_stream`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..io import InputFile
from ..io.mmpose_lines import line_of, read_frames
from ..smoothers import build_smoother
from ..structures import PoseFrame
from ..utils.files import STANDARD_STREAM, atomic_write, is_stream


def smooth_stream(source: str | Path, out: str | Path, smoother: Any = 'default', *,
                  track_ids: bool = False, **options: Any) -> int:
    """Smooth JSON lines as they come, live, with the memory of the frames that wait.

    Args:
        source: A file of the format ``mmpose_lines``, or ``'-'`` for standard input.
        out: Where to write the lines: a file, which appears when it is complete, or ``'-'`` for
            standard output, where each finished frame appears at once.
        smoother: As in :func:`~smoothnet_plugin.smooth`. Defaults to ``'default'``.
        track_ids: Whether to write the ids that people got. Defaults to False.
        **options: Of :func:`~smoothnet_plugin.smoothers.build_smoother`: ``fps``, ``lookahead``
            (the delay in frames; the usual one is the longest that the filter can use), ...

    Returns:
        Number of frames.

    Raises:
        SmoothNetError: A line or an option cannot be used.
    """
    built = build_smoother(smoother, **options)
    count = 0
    with _reading(source) as lines, _writing(out) as file:
        def write(frames: Sequence[PoseFrame]) -> int:
            for frame in frames:
                file.write(line_of(frame, track_ids))
            if frames and is_stream(out):
                file.flush()
            return len(frames)

        for frame in read_frames(lines, source):
            count += write(built.step(frame))
        count += write(built.flush())
    return count


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
