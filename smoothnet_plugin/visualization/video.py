"""Reading and writing video files frame by frame with PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

from ..errors import DataFormatError
from ..utils.files import StrPath, check_output_path, temporary_beside

VIDEO_SUFFIXES = ('.mp4', '.mov', '.mkv')
#: Quality of x264: 18 is nearly lossless, 23 its default. Thin lines need more than the default.
CRF = 20
#: What PyAV raises on damaged files: also on metadata that is no text, and unknown codecs.
_FAULTS = (FFmpegError, UnicodeDecodeError, AttributeError)


def write_video(path: StrPath, frames: Iterable[np.ndarray], fps: float) -> int:
    """Write pictures as an H.264 video (yuv420p), one at a time.

    The file gets its name when it is complete.

    Args:
        path: File to write; ``.mp4``, ``.mov`` or ``.mkv``.
        frames: Pictures of one size, each (H, W, 3), uint8, BGR. The format needs even sizes, so
            the last row of an odd height and the last column of an odd width are left out.
        fps: Frames per second.

    Returns:
        The number of frames written.

    Raises:
        DataFormatError: The suffix is not that of a video, ``path`` is a directory, ``fps`` is
            not positive, there is no frame, or the frames differ in size.
    """
    path = check_video_path(path)
    if not (np.isfinite(fps) and fps > 0):
        raise DataFormatError(f'fps is {fps}; expected a positive number.')
    rate = Fraction(fps).limit_denominator(1001)
    encoder = None
    with temporary_beside(path) as temporary, av.open(str(temporary), 'w') as container:
        for frame in frames:
            encoder = encoder or Encoder(container, frame, rate)
            encoder.write(frame)
        if encoder is None:
            raise DataFormatError(f"There is no frame to write into '{path}'.")
        encoder.close()
    return encoder.count


class Encoder:
    """Encodes pictures of one size into a file that is open for writing, as H.264 in yuv420p.

    Args:
        container: The file.
        first: The first picture, shape (H, W, 3), which sets the size. The format needs even
            sizes, so the last row of an odd height and the last column of an odd width are left
            out.
        rate: Pictures per second.
        **options: Options of x264 besides its quality.

    Attributes:
        stream: The stream of the file.
        count: The number of pictures so far.
    """

    def __init__(self, container: OutputContainer, first: np.ndarray, rate: Fraction | int,
                 **options: str) -> None:
        self._container = container
        self._size = first.shape[0] // 2 * 2, first.shape[1] // 2 * 2
        self.stream: Any = container.add_stream(
            'libx264', rate=rate, options={'crf': str(CRF), **options})
        self.stream.height, self.stream.width = self._size
        self.stream.pix_fmt = 'yuv420p'
        self.count = 0

    def write(self, picture: np.ndarray, ticks: int | None = None,
              clock: Fraction | None = None) -> None:
        """Encode a picture.

        Args:
            picture: Shape (H, W, 3), uint8, BGR.
            ticks: Its time in units of ``clock``. Defaults to None, by the rate.
            clock: The unit of time in seconds. Defaults to None.

        Raises:
            DataFormatError: The picture has another size than the first.
        """
        picture = picture[:picture.shape[0] // 2 * 2, :picture.shape[1] // 2 * 2]
        if picture.shape[:2] != self._size:
            raise DataFormatError(
                f'Frame {self.count} is {picture.shape[1]}x{picture.shape[0]} pixels, the first '
                f'is {self._size[1]}x{self._size[0]}; all must have one size.')
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), 'bgr24')
        if clock is not None:
            frame.pts, frame.time_base = ticks, clock
        self._container.mux(self.stream.encode(frame))
        self.count += 1

    def close(self) -> None:
        """Write the pictures that the encoder still holds."""
        self._container.mux(self.stream.encode())


def check_video_path(path: StrPath) -> Path:
    """Check that a video can be written, before any work is done.

    Args:
        path: The file.

    Returns:
        The path.

    Raises:
        DataFormatError: The suffix is not that of a video, or nothing can be written there.
    """
    return check_output_path(path, 'video', VIDEO_SUFFIXES)


def read_video(path: StrPath) -> Iterator[np.ndarray]:
    """Decode a video, one picture at a time.

    Args:
        path: File to read.

    Yields:
        Pictures, each (H, W, 3), uint8, BGR, upright where the file states its orientation.

    Raises:
        DataFormatError: The file is missing, damaged or not a video.
    """
    for _, picture in read_timed(path):
        yield picture


def read_timed(path: StrPath) -> Iterator[tuple[float, np.ndarray]]:
    """Decode a video with the time of every picture.

    Args:
        path: File to read.

    Yields:
        Seconds from the first picture, not decreasing, and the picture, as :func:`read_video`.
        Where the file has no times they follow from its frame rate.

    Raises:
        DataFormatError: The file is missing, damaged or not a video.
    """
    for time, frame in _timed_frames(path):
        picture = frame.to_ndarray(format='bgr24')
        quarters = round(_rotation(frame) / 90) % 4
        yield time, np.ascontiguousarray(np.rot90(picture, quarters))


def _timed_frames(path: StrPath) -> Iterator[tuple[float, av.VideoFrame]]:
    with _decoded(path) as container:
        step = 1 / float(container.streams.video[0].average_rate or 30)
        first, last = None, -step
        for frame in container.decode(video=0):
            time = last + step if frame.time is None else frame.time
            first = time if first is None else first
            last = max(time - first, last, 0.0)
            yield last, frame


@contextmanager
def _decoded(path: StrPath) -> Iterator[InputContainer]:
    """An open video, whose faults are errors of its user."""
    with open_video(path) as container:
        try:
            yield container
        except _FAULTS as error:
            raise DataFormatError(
                f"The video '{path}' is damaged ({getattr(error, 'strerror', None) or error}); "
                'check that it is complete.') from error


def frame_times(path: StrPath) -> np.ndarray:
    """Times of all pictures of a video.

    Args:
        path: File to read.

    Returns:
        Seconds from the first picture, shape (N,), not decreasing.

    Raises:
        DataFormatError: The file is missing, damaged or not a video.
    """
    return np.array([time for time, _ in _timed_frames(path)])


def video_info(path: StrPath) -> tuple[tuple[int, int], float | None]:
    """Size and rate of a video, from its header.

    Args:
        path: File to read.

    Returns:
        (width, height) in pixels, and frames per second, or None where the header has none.

    Raises:
        DataFormatError: The file is missing or not a video.
    """
    with _decoded(path) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate) if stream.average_rate else None
        size = stream.width, stream.height
        # Only pictures state the orientation of the camera.
        frame = next(container.decode(video=0), None)
        turned = frame is not None and round(_rotation(frame) / 90) % 2
        return (size[1], size[0]) if turned else size, rate


def _rotation(frame: av.VideoFrame) -> float:
    """Degrees, counterclockwise, by which to turn a picture; 0 with PyAV 12, which lacks them."""
    return float(getattr(frame, 'rotation', 0) or 0)


def open_video(path: StrPath) -> InputContainer:
    """Open a file that has a video stream.

    Args:
        path: File to read.

    Returns:
        The container, to be closed by the caller.

    Raises:
        DataFormatError: The file is missing or not a video.
    """
    if not Path(path).is_file():
        raise DataFormatError(f"There is no video file '{path}'.")
    try:
        container = av.open(str(path))
    except (*_FAULTS, OSError) as error:
        raise DataFormatError(
            f"'{path}' cannot be opened as a video ({getattr(error, 'strerror', None) or error}); "
            'check that it is a complete video.') from error
    if not container.streams.video:
        container.close()
        raise DataFormatError(f"'{path}' has no video stream.")
    return container
