from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.visualization.timed_video import write_timed
from smoothnet_plugin.visualization.video import frame_times, read_timed, video_info


def pictures(count, width=64, height=48):
    for number in range(count):
        picture = np.full((height, width, 3), 40, np.uint8)
        picture[:, :8] = (10 * number) % 250
        yield picture


def write_source(path, times, sound='aac', width=64, height=48):
    """A video with uneven times and a tone whose loudness is the time."""
    with av.open(str(path), 'w') as container:
        video = container.add_stream('libx264', rate=60)
        video.width, video.height, video.pix_fmt = width, height, 'yuv420p'
        video.codec_context.time_base = Fraction(1, 1000)
        audio = None
        if sound:
            audio = container.add_stream(sound, rate=8000, layout='mono')
        for time, picture in zip(times, pictures(len(times), width, height)):
            frame = av.VideoFrame.from_ndarray(picture, 'bgr24')
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            count = int(8000 * (times[-1] + 0.1))
            tone = np.sin(np.arange(count) * 0.3) * np.linspace(0.1, 0.9, count)
            for start in range(0, count, 1000):
                block = (tone[start:start + 1000] * 32767).astype(np.int16)[None]
                frame = av.AudioFrame.from_ndarray(block, 's16', 'mono')
                frame.sample_rate, frame.pts = 8000, start
                frame.time_base = Fraction(1, 8000)
                container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


def streams(path):
    with av.open(str(path)) as container:
        sound = [s for s in container.streams if s.type == 'audio']
        seconds = sum(frame.samples for frame in container.decode(audio=0)
                      ) / sound[0].codec_context.sample_rate if sound else 0.0
        return [s.codec_context.name for s in container.streams], seconds


UNEVEN = np.cumsum([0, *np.tile([0.02, 0.05, 0.033, 0.1], 6)])


def test_uneven_times_are_kept(tmp_path):
    source = write_source(tmp_path / 'in.mp4', UNEVEN)
    np.testing.assert_allclose(frame_times(source), UNEVEN, atol=2e-3)
    count = write_timed(tmp_path / 'out.mp4', read_timed(source), sound=source)
    assert count == len(UNEVEN)
    np.testing.assert_allclose(frame_times(tmp_path / 'out.mp4'), UNEVEN, atol=2e-3)


@pytest.mark.parametrize(('sound', 'suffix', 'kept'), [
    ('aac', '.mp4', 'aac'), ('pcm_s16le', '.mov', 'aac')])
def test_sound_is_kept(tmp_path, sound, suffix, kept):
    source = write_source(tmp_path / f'in{suffix}', UNEVEN, sound)
    write_timed(tmp_path / 'out.mp4', read_timed(source), sound=source)
    names, seconds = streams(tmp_path / 'out.mp4')
    assert names == ['h264', kept]
    assert seconds == pytest.approx(UNEVEN[-1], abs=0.2)


def test_without_sound_there_is_none(tmp_path):
    source = write_source(tmp_path / 'in.mp4', UNEVEN, None)
    write_timed(tmp_path / 'out.mp4', read_timed(source), sound=source)
    assert streams(tmp_path / 'out.mp4') == (['h264'], 0.0)


def test_an_interruption_leaves_a_playable_file(tmp_path):
    source = write_source(tmp_path / 'in.mp4', UNEVEN)

    def interrupted():
        for number, item in enumerate(read_timed(source)):
            if number == 9:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        write_timed(tmp_path / 'out.mp4', interrupted(), sound=source)
    np.testing.assert_allclose(frame_times(tmp_path / 'out.mp4'), UNEVEN[:9], atol=2e-3)
    assert streams(tmp_path / 'out.mp4')[0] == ['h264', 'aac']
    assert {p.name for p in tmp_path.iterdir()} == {'in.mp4', 'out.mp4'}


def test_errors_leave_no_file(tmp_path):
    def failing():
        yield 0.0, np.zeros((48, 64, 3), np.uint8)
        yield 0.1, np.zeros((50, 64, 3), np.uint8)

    with pytest.raises(DataFormatError, match='all must have one size'):
        write_timed(tmp_path / 'out.mp4', failing())
    with pytest.raises(DataFormatError, match='no frame'):
        write_timed(tmp_path / 'out.mp4', iter(()))
    with pytest.raises(DataFormatError, match='suffix'):
        write_timed(tmp_path / 'out.gif', failing())
    assert not list(tmp_path.iterdir())


def test_same_times_do_not_stop_the_writing(tmp_path):
    items = ((0.0, picture) for picture in pictures(3))
    assert write_timed(tmp_path / 'out.mp4', items) == 3
    assert len(frame_times(tmp_path / 'out.mp4')) == 3


def test_a_phones_portrait_video_stands_upright(tmp_path, monkeypatch):
    from smoothnet_plugin.visualization import video
    source = write_source(tmp_path / 'in.mp4', UNEVEN[:4], None)
    [wide] = {picture.shape for _, picture in read_timed(source)}
    monkeypatch.setattr(video, '_rotation', lambda frame: -90.0)
    [tall] = {picture.shape for _, picture in read_timed(source)}
    assert wide == (48, 64, 3) and tall == (64, 48, 3)
    assert video_info(source)[0] == (48, 64)
    picture = next(read_timed(source))[1]
    # The dark edge was on the left; turned clockwise by a quarter it is at the top.
    assert picture[2, 24].mean() < picture[-2, 24].mean() - 20
