"""Writing videos with the time of every picture, with the sound of another file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

from ..errors import DataFormatError
from ..utils.files import StrPath, temporary_beside
from .video import Encoder, check_video_path, open_video

#: Times are kept to a microsecond.
_CLOCK = Fraction(1, 1_000_000)
#: Codecs that mp4, mov and mkv all support; other sound is encoded again.
_COPIED = frozenset({'aac', 'mp3', 'ac3', 'eac3', 'alac'})


def write_timed(path: StrPath, pictures: Iterable[tuple[float, np.ndarray]],
                sound: StrPath | None = None) -> int:
    """Write pictures at their times as an H.264 video (yuv420p).

    An interruption (Ctrl-C) ends the video with the pictures so far: the file is complete and can
    be played, and the interruption is raised again. Any other error leaves no file.

    Args:
        path: File to write; ``.mp4``, ``.mov`` or ``.mkv``.
        pictures: Seconds, not decreasing, and a picture (H, W, 3), uint8, BGR; all of one size.
            An odd last row or column is left out.
        sound: File whose first audio stream is copied, up to the last picture. Defaults to None; a
            file without sound adds none.

    Returns:
        The number of pictures written.

    Raises:
        DataFormatError: ``path`` cannot be written, there is no picture, the pictures differ in
            size, or ``sound`` cannot be read.
        KeyboardInterrupt: The user interrupted; the file is written.
    """
    path = check_video_path(path)
    encoder, track, last = None, None, -1
    interrupt: KeyboardInterrupt | None = None
    with temporary_beside(path) as temporary, av.open(str(temporary), 'w') as container:
        try:
            for time, picture in pictures:
                if encoder is None:
                    # B-frames would need decoding times before zero, which some players show as a
                    # delay.
                    encoder = Encoder(container, picture, 60, bf='0')
                    encoder.stream.time_base = encoder.stream.codec_context.time_base = _CLOCK
                    track = None if sound is None else _Sound.of(sound, container)
                # Two pictures at the same time would be refused.
                last = max(round(time / _CLOCK), last + 1)
                encoder.write(picture, last, _CLOCK)
                if track is not None:
                    track.write_until(time)
        except KeyboardInterrupt as error:
            interrupt = error
        if encoder is None:
            raise interrupt or DataFormatError(
                f"There is no frame to write into '{path}'.")
        encoder.close()
        if track is not None:
            track.close()
    if interrupt is not None:
        raise interrupt
    return encoder.count


class _Sound:
    """Copies the sound of a file, in step with the pictures.

    Args:
        source: The open file, which this closes.
        container: The file that is written.
    """

    def __init__(self, source: InputContainer, container: OutputContainer) -> None:
        self._source, self._container = source, container
        video, audio = source.streams.video[0], source.streams.audio[0]
        # The times of the pictures start at zero, so those of the sound are shifted as well.
        self._start = float((video.start_time or 0) * video.time_base) if video.time_base else 0.0
        self._copies = audio.codec_context.name in _COPIED
        self._stream: Any
        if not self._copies:
            self._stream = container.add_stream('aac', rate=audio.codec_context.sample_rate)
        elif hasattr(container, 'add_stream_from_template'):
            self._stream = container.add_stream_from_template(audio)
        else:  # PyAV before 14
            self._stream = container.add_stream(template=audio)  # type: ignore[call-overload]
        self._items = self._read(audio)
        self._next = next(self._items, None)

    @classmethod
    def of(cls, path: StrPath, container: OutputContainer) -> _Sound | None:
        """The sound of a file, or None where it has none."""
        source = open_video(Path(path))
        if not source.streams.audio:
            source.close()
            return None
        return cls(source, container)

    def write_until(self, time: float) -> None:
        """Write the sound up to a time in seconds."""
        while self._next is not None and float(self._next.pts * self._next.time_base) <= time:
            item = self._next
            if self._copies:
                item.stream = self._stream
                self._container.mux(item)
            else:
                self._container.mux(self._stream.encode(item))
            self._next = next(self._items, None)

    def close(self) -> None:
        """Write what the encoder still holds."""
        if not self._copies:
            self._container.mux(self._stream.encode())
        self._source.close()

    def _read(self, audio: Any) -> Iterator[Any]:
        """The packets of the sound to copy, or its frames to encode."""
        try:
            for item in (self._source.demux if self._copies else self._source.decode)(audio):
                if (not self._copies or item.dts is not None) and self._shift(item):
                    if self._copies:
                        item.dts = item.pts
                    yield item
        except FFmpegError:  # Damaged sound is no reason to lose the pictures.
            return

    def _shift(self, item: Any) -> bool:
        """Move an item to the zero of the pictures; returns whether it is not before it."""
        if item.pts is None:
            return False
        item.pts -= round(self._start / float(item.time_base))
        return item.pts >= 0
