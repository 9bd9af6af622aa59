from __future__ import annotations

import itertools
import tracemalloc

import av
import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.visualization import read_video, video_info, write_video


def gradient(value: int, height: int = 48, width: int = 64) -> np.ndarray:
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[..., 0] = np.linspace(0, 200, width)
    picture[..., 2] = value
    return picture


@pytest.mark.parametrize('fps', [30, 29.97, 12.5])
def test_round_trip(tmp_path, fps):
    frames = [gradient(20 * i) for i in range(10)]
    assert write_video(tmp_path / 'deep' / 'a.mp4', iter(frames), fps) == 10
    size, rate = video_info(tmp_path / 'deep' / 'a.mp4')
    assert size == (64, 48)
    assert rate == pytest.approx(fps, rel=1e-3)
    back = list(read_video(tmp_path / 'deep' / 'a.mp4'))
    assert len(back) == 10
    for got, wanted in zip(back, frames):
        assert np.abs(got.astype(int) - wanted).mean() < 4


def test_is_h264_in_yuv420p(tmp_path):
    write_video(tmp_path / 'a.mp4', [gradient(0)], 30)
    with av.open(str(tmp_path / 'a.mp4')) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ('h264', 'yuv420p')


def test_odd_size_loses_a_row(tmp_path):
    write_video(tmp_path / 'a.mp4', [gradient(0, 49, 65)], 30)
    assert video_info(tmp_path / 'a.mp4')[0] == (64, 48)


@pytest.mark.parametrize(('name', 'frames', 'fps', 'message'), [
    ('a.mp4', [], 30, 'no frame'),
    ('a.txt', [gradient(0)], 30, r'\.txt'),
    ('a.mp4', [gradient(0)], 0, 'fps is 0'),
    ('a.mp4', [gradient(0)], float('nan'), 'fps is nan'),
    ('a.mp4', [gradient(0), gradient(0, 32)], 30, 'one size'),
])
def test_refusals_leave_nothing_behind(tmp_path, name, frames, fps, message):
    with pytest.raises(DataFormatError, match=message):
        write_video(tmp_path / name, frames, fps)
    assert not list(tmp_path.iterdir())


def test_failing_source_keeps_the_old_file(tmp_path):
    def frames():
        yield gradient(0)
        raise RuntimeError('camera lost')

    (tmp_path / 'a.mp4').write_bytes(b'old')
    with pytest.raises(RuntimeError, match='camera lost'):
        write_video(tmp_path / 'a.mp4', frames(), 30)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b'old']


@pytest.mark.parametrize('content', [None, b'', b'no video at all'])
def test_reading_what_is_no_video(tmp_path, content):
    if content is not None:
        (tmp_path / 'a.mp4').write_bytes(content)
    with pytest.raises(DataFormatError, match=r'a\.mp4'):
        next(read_video(tmp_path / 'a.mp4'))


def test_the_size_of_a_damaged_video(tmp_path):
    path = tmp_path / 'a.mp4'
    write_video(path, [gradient(i) for i in range(5)], 30)
    content = path.read_bytes()
    start = content.index(b'mdat') + 4
    path.write_bytes(content[:start] + bytes(range(256)) * 2 + content[start + 512:])
    with pytest.raises(DataFormatError, match=r"a\.mp4' is damaged"):
        video_info(path)


@pytest.mark.slow
def test_memory_does_not_grow(tmp_path):
    def peak(count: int) -> int:
        tracemalloc.start()
        write_video(tmp_path / 'a.mp4', (gradient(i % 256) for i in range(count)), 30)
        for _ in itertools.islice(read_video(tmp_path / 'a.mp4'), count):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)
    assert peak(600) < peak(60) + 20 * gradient(0).nbytes
