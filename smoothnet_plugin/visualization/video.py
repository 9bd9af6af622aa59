"""Reading and writing video files frame by frame with PyAV."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError

from ..errors import DataFormatError
from ..utils.files import check_output_path, temporary_beside

VIDEO_SUFFIXES = ('.mp4', '.mov', '.mkv')
#: Quality of x264: 18 is nearly lossless, 23 its default. Thin lines need more than the default.
CRF = 20


def write_video(path: str | os.PathLike[str], frames: Iterable[np.ndarray], fps: float) -> int:
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
    count, stream, size = 0, None, (0, 0)
    with temporary_beside(path) as temporary, av.open(str(temporary), 'w') as container:
        for frame in frames:
            frame = frame[:frame.shape[0] // 2 * 2, :frame.shape[1] // 2 * 2]
            if stream is None:
                stream = container.add_stream('libx264', rate=rate, options={'crf': str(CRF)})
                size = frame.shape[:2]
                stream.height, stream.width = size
                stream.pix_fmt = 'yuv420p'
            elif frame.shape[:2] != size:
                raise DataFormatError(
                    f'Frame {count} is {frame.shape[1]}x{frame.shape[0]} pixels, the first '
                    f'is {size[1]}x{size[0]}; all frames of a video need one size.')
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format='bgr24')
            container.mux(stream.encode(picture))
            count += 1
        if stream is None:
            raise DataFormatError(f"There is no frame to write into '{path}'.")
        container.mux(stream.encode())
    return count


def check_video_path(path: str | os.PathLike[str]) -> Path:
    """Check that a video can be written, before any work is done.

    Args:
        path: The file.

    Returns:
        The path.

    Raises:
        DataFormatError: The suffix is not that of a video, or nothing can be written there.
    """
    path = check_output_path(path)
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise DataFormatError(
            f"The video '{path}' has the suffix '{path.suffix}'; expected one of "
            f"{', '.join(VIDEO_SUFFIXES)}.")
    return path


def read_video(path: str | os.PathLike[str]) -> Iterator[np.ndarray]:
    """Decode a video, one picture at a time.

    Args:
        path: File to read.

    Yields:
        Pictures, each (H, W, 3), uint8, BGR, upright where the file says how it was filmed.

    Raises:
        DataFormatError: The file is missing, damaged or not a video.
    """
    for _, picture in read_timed(path):
        yield picture


def read_timed(path: str | os.PathLike[str]) -> Iterator[tuple[float, np.ndarray]]:
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


def _timed_frames(path: str | os.PathLike[str]) -> Iterator[tuple[float, av.VideoFrame]]:
    with open_video(path) as container:
        step = 1 / float(container.streams.video[0].average_rate or 30)
        first, last = None, -step
        try:
            for frame in container.decode(video=0):
                time = last + step if frame.time is None else frame.time
                first = time if first is None else first
                last = max(time - first, last, 0.0)
                yield last, frame
        except FFmpegError as error:
            raise DataFormatError(
                f"The video '{path}' is damaged ({error.strerror}); check that it is "
                'complete.') from error


def frame_times(path: str | os.PathLike[str]) -> np.ndarray:
    """Times of all pictures of a video.

    Args:
        path: File to read.

    Returns:
        Seconds from the first picture, shape (N,), not decreasing.

    Raises:
        DataFormatError: The file is missing, damaged or not a video.
    """
    return np.array([time for time, _ in _timed_frames(path)])


def video_info(path: str | os.PathLike[str]) -> tuple[tuple[int, int], float | None]:
    """Size and rate of a video, from its header.

    Args:
        path: File to read.

    Returns:
        (width, height) in pixels, and frames per second, or None where the header has none.

    Raises:
        DataFormatError: The file is missing or not a video.
    """
    with open_video(path) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate) if stream.average_rate else None
        size = stream.width, stream.height
        # Only pictures tell how a phone was held.
        frame = next(container.decode(video=0), None)
        turned = frame is not None and round(_rotation(frame) / 90) % 2
        return (size[1], size[0]) if turned else size, rate


def _rotation(frame: av.VideoFrame) -> float:
    """Degrees, counterclockwise, by which a picture is to be turned; PyAV 12 does not know them."""
    return float(getattr(frame, 'rotation', 0) or 0)


def open_video(path: str | os.PathLike[str]) -> InputContainer:
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
    except (FFmpegError, OSError) as error:
        raise DataFormatError(
            f"'{path}' cannot be opened as a video ({error.strerror}); check that it is a "
            'complete video.') from error
    if not container.streams.video:
        container.close()
        raise DataFormatError(f"'{path}' has no video stream.")
    return container
