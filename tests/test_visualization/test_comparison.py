from __future__ import annotations

import itertools

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.io.base import SourceDocument
from smoothnet_plugin.structures import PoseSequence, PoseTracks
from smoothnet_plugin.visualization import (
    draw_clip,
    read_video,
    video_info,
    write_comparison,
    write_video,
)
from smoothnet_plugin.visualization.palette import BACKGROUND, PERSON_COLORS, SIDE_COLORS
from smoothnet_plugin.visualization.panels import _GAP, _STRIP


def panels_of(frame: np.ndarray, count: int = 2) -> list[np.ndarray]:
    """The panels of a picture, without title and caption."""
    width = (frame.shape[1] - (count - 1) * _GAP) // count
    return [frame[_STRIP:-_STRIP - 2, i * (width + _GAP):][:, :width] for i in range(count)]


def is_blank(picture: np.ndarray) -> bool:
    return bool((picture == BACKGROUND).all())


def test_same_tracks_give_same_panels(clip):
    raw, _ = clip
    for frame in draw_clip({'raw': raw, 'smoothed': raw}, fps=30):
        left, right = panels_of(frame)
        np.testing.assert_array_equal(left, right)
        assert not is_blank(left)


def test_view_stays_while_the_person_moves(rng):
    coords = np.tile(rng.uniform(0, 50, (1, 5, 2)), (3, 1, 1))
    coords[1] += [100, 0]
    clip = PoseTracks.from_array(coords, fps=10)
    first, second, third = (panels_of(f, 1)[0] for f in draw_clip({'raw': clip}, fps=10))
    np.testing.assert_array_equal(first, third)
    inked = [np.flatnonzero((p != BACKGROUND).any(axis=(0, 2))).mean() for p in (first, second)]
    assert inked[1] - inked[0] > 0.3 * first.shape[1]


def test_frames_without_people_are_blank(clip):
    raw, smooth = clip
    gappy = PoseTracks({7: raw[7].select(np.arange(30) % 10 != 5)}, frame_ids=np.arange(30), fps=30)
    blank = [tuple(map(is_blank, panels_of(f)))
             for f in draw_clip({'raw': gappy, 'smoothed': smooth}, fps=30)]
    assert blank == [(i % 10 == 5, False) for i in range(30)]


def test_numbering_with_a_stride_keeps_the_time(tmp_path, clip):
    raw, _ = clip
    sparse = PoseTracks({7: raw[7].replace(frame_ids=np.arange(30) * 5 + 100)}, fps=50)
    assert write_comparison(tmp_path / 'a.mp4', sparse) == 30
    assert video_info(tmp_path / 'a.mp4')[1] == pytest.approx(10)


def test_bridged_and_doubtful_look_different(clip):
    raw, _ = clip
    sequence = raw[7]
    bridged = PoseTracks({7: sequence.replace(filled=np.ones((30, 17), bool))}, fps=30)
    doubtful = PoseTracks({7: sequence.replace(scores=np.full((30, 17), 0.1))}, fps=30)
    amount = []
    for other in (raw, bridged, doubtful):
        frame = next(draw_clip({'raw': raw, 'smoothed': other}, fps=30))
        amount.append(np.abs(panels_of(frame)[1].astype(int) - BACKGROUND).sum())
    assert amount[1] < 0.8 * amount[0] and amount[2] < 0.5 * amount[0]


def test_over_a_video(tmp_path, clip):
    raw, smooth = clip
    background = np.full((360, 640, 3), (40, 90, 40), dtype=np.uint8)
    write_video(tmp_path / 'in.mp4', itertools.repeat(background, 30), 30)
    assert write_comparison(tmp_path / 'out.mp4', raw, smooth, video=tmp_path / 'in.mp4') == 30
    frame = next(read_video(tmp_path / 'out.mp4'))
    left, _ = panels_of(frame)
    assert left.shape[1] == 640
    corner = left[2:12, -12:-2].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(corner, (40, 90, 40), atol=8)


@pytest.mark.parametrize('base', [0, 1])
def test_frame_number_is_the_videos(tmp_path, clip, base):
    late = clip[0][7].replace(frame_ids=np.arange(30) + 10 + base).select(slice(20))
    late = PoseTracks({7: late}, fps=30,
                      source=SourceDocument('any', tmp_path, None, frame_base=base))
    shades = [np.full((64, 64, 3), 8 * i, dtype=np.uint8) for i in range(30)]
    write_video(tmp_path / 'in.mp4', shades, 30)
    frames = draw_clip({'raw': late}, fps=30, video=tmp_path / 'in.mp4')
    corners = [panels_of(frame, 1)[0][-8:, :8].mean() for frame in frames]
    np.testing.assert_array_equal(np.round(np.divide(corners, 8)), np.arange(10, 30))


def test_scaled_copy_of_the_video(tmp_path, clip):
    raw = clip[0].replace(image_size=(1280, 720))
    for name, size in (('whole', (1280, 720)), ('half', (640, 360))):
        write_video(tmp_path / f'{name}.mp4', [np.zeros((*size[::-1], 3), np.uint8)] * 2, 30)
    two = {'raw': raw.map(lambda s: s.select(slice(2)))}
    half = next(draw_clip(two, fps=30, video=tmp_path / 'half.mp4'))
    unknown = {'raw': two['raw'].replace(image_size=(640, 360)).map(
        lambda s: s.replace(coords=s.coords / 2))}
    np.testing.assert_array_equal(half, next(draw_clip(unknown, fps=30,
                                                       video=tmp_path / 'half.mp4')))
    far = {'raw': two['raw'].replace(image_size=None).map(
        lambda s: s.replace(coords=s.coords + 1000))}
    with pytest.warns(UserWarning, match='outside the video.*--image-size W H'):
        next(draw_clip(far, fps=30, video=tmp_path / 'whole.mp4'))


def test_video_that_is_too_short_warns(tmp_path, clip):
    raw, _ = clip
    write_video(tmp_path / 'in.mp4', [np.zeros((64, 64, 3), np.uint8)] * 12, 30)
    with pytest.warns(UserWarning, match='ends before frame 12'):
        frames = list(draw_clip({'raw': raw}, fps=30, video=tmp_path / 'in.mp4'))
    assert len(frames) == 30


def test_rate_of_the_video_serves_where_the_tracks_have_none(tmp_path, clip):
    raw = PoseTracks({0: clip[0][7].replace(fps=None)})
    with pytest.raises(ConfigError, match='frames per second'):
        write_comparison(tmp_path / 'a.mp4', raw)
    write_video(tmp_path / 'in.mp4', [np.zeros((64, 64, 3), np.uint8)] * 30, 24)
    write_comparison(tmp_path / 'a.mp4', raw, video=tmp_path / 'in.mp4')
    assert video_info(tmp_path / 'a.mp4')[1] == pytest.approx(24)


@pytest.mark.slow
def test_colours_tell_sides_unless_two_people_are_seen_at_once(clip):
    raw, _ = clip
    later = raw[7].replace(frame_ids=np.arange(30) + 30)
    beside = raw[7].replace(coords=raw[7].coords + 900)
    bridged = beside.replace(filled=np.ones((30, 17), bool))
    frames = {}
    for name, other in (('one', later), ('one and a ghost', bridged), ('two', beside)):
        tracks = PoseTracks({7: raw[7], 8: other}, fps=30)
        colors = next(draw_clip({'raw': tracks}, fps=30)).reshape(-1, 3)
        frames[name] = {tuple(color) for color in np.unique(colors, axis=0).tolist()}
    assert SIDE_COLORS[0] in frames['one'] and SIDE_COLORS[2] in frames['one']
    assert SIDE_COLORS[2] in frames['one and a ghost']
    assert SIDE_COLORS[2] not in frames['two'] and PERSON_COLORS[1] in frames['two']


def test_3d_and_several_people(rng, tmp_path):
    people = {key: PoseSequence(rng.normal(size=(4, 6, 3)) + [3 * key, 0, 0], fps=10,
                                representation='keypoints_3d') for key in (1, 2)}
    clip = PoseTracks(people, fps=10)
    assert write_comparison(tmp_path / 'a.mp4', clip, clip) == 4
    write_video(tmp_path / 'in.mp4', [np.zeros((64, 64, 3), np.uint8)] * 4, 10)
    with pytest.raises(DataFormatError, match='3D keypoints'):
        write_comparison(tmp_path / 'b.mp4', clip, video=tmp_path / 'in.mp4')
    assert not (tmp_path / 'b.mp4').exists()


def test_nothing_to_draw(tmp_path):
    with pytest.raises(DataFormatError, match='no frame'):
        write_comparison(tmp_path / 'a.mp4', PoseTracks(fps=30))
    assert not list(tmp_path.iterdir())
    assert write_comparison(tmp_path / 'a.mp4', PoseTracks(fps=30, frame_ids=np.arange(2))) == 2
