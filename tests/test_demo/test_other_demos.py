from __future__ import annotations

import cv2
import numpy as np
import pytest

from smoothnet_plugin import load
from smoothnet_plugin.visualization.video import frame_times, read_timed

from .conftest import FPS, FRAMES


def test_a_file_plays_the_camera(demo, clip, estimator, tmp_path):
    chosen = estimator()
    assert demo('webcam_demo', '--camera', clip, '--estimator', 'mediapipe', '--lookahead', '4',
                '--no-window', '-o', tmp_path / 'out.mp4') == 0
    assert chosen.calls == FRAMES
    np.testing.assert_allclose(frame_times(tmp_path / 'out.mp4'), np.arange(FRAMES) / FPS,
                               atol=1e-3)


def test_the_live_picture_belongs_to_the_pose(demo, clip, estimator, noisy, monkeypatch,
                                              tmp_path):
    from smoothnet_plugin.visualization.live_view import LiveView
    seen, draw = [], LiveView.draw

    def noted(self, raw, smoothed, delay, frames):
        seen.append((raw[0].frame_id, smoothed and smoothed[0].frame_id, delay, frames,
                     smoothed and smoothed[0].instances[0].keypoints,
                     smoothed and smoothed[1].sum()))
        return draw(self, raw, smoothed, delay, frames)

    monkeypatch.setattr(LiveView, 'draw', noted)
    estimator()
    assert demo('webcam_demo', '--camera', clip, '--estimator', 'mediapipe', '--lookahead', '4',
                '--smoother', 'gaussian', '--frames', '20', '--no-window', '-o',
                tmp_path / 'out.mp4') == 0
    assert [new for new, *_ in seen] == list(range(20))
    assert [old for _, old, *_ in seen] == [None] * 4 + list(range(16))
    assert seen[-1][2] == pytest.approx(4 / FPS, abs=1e-3) and seen[-1][3] == 4
    sums = [picture.sum() for _, picture in read_timed(clip)]
    assert [entry[5] for entry in seen[4:]] == sums[:16]
    from smoothnet_plugin import smooth
    live = np.stack([entry[4] for entry in seen[4:]])
    expected = smooth(noisy, 'gaussian', fps=FPS, lookahead=4)[:16]
    assert np.median(np.abs(live - expected)) < 0.1


def test_webcam_without_a_camera_says_so(demo, estimator, capfd, tmp_path):
    estimator()
    assert demo('webcam_demo', '--camera', '73', '--estimator', 'mediapipe', '--no-window', '-o',
                tmp_path / 'out.mp4') == 2
    assert 'Camera 73 cannot be opened' in capfd.readouterr().err
    assert demo('webcam_demo', '--no-window', '--estimator', 'mediapipe') == 2


@pytest.mark.parametrize('out', ['drawn', 'drawn.mp4'])
def test_folder_of_pictures(demo, clip, estimator, noisy, tmp_path, out):
    folder = tmp_path / 'frames'
    folder.mkdir()
    for number, (_, picture) in enumerate(read_timed(clip)):
        cv2.imwrite(str(folder / f'{number}.png'), picture)  # 9.png comes before 10.png
    chosen = estimator()
    assert demo('image_folder_demo', folder, '--fps', FPS, '--estimator', 'mediapipe', '-o',
                tmp_path / out, '--quiet', '--no-curves') == 0
    assert chosen.calls == FRAMES
    smoothed = load(tmp_path / 'drawn.json')[0].coords
    assert np.linalg.norm(np.diff(smoothed, 2, axis=0), axis=-1).mean() < 0.5 * np.linalg.norm(
        np.diff(noisy, 2, axis=0), axis=-1).mean()
    if out == 'drawn':
        assert {p.name for p in (tmp_path / out).iterdir()} == {f'{n}.png' for n in range(FRAMES)}
    else:
        assert len(frame_times(tmp_path / out)) == FRAMES


def test_folder_without_pictures(demo, estimator, tmp_path, capsys):
    estimator()
    assert demo('image_folder_demo', tmp_path, '--fps', 25, '--estimator', 'mediapipe') == 2
    assert 'holds no image' in capsys.readouterr().err
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((40, 60, 3), np.uint8))
    cv2.imwrite(str(tmp_path / '2.png'), np.zeros((40, 64, 3), np.uint8))
    assert demo('image_folder_demo', tmp_path, '--fps', 25, '--estimator', 'mediapipe') == 2
    assert '64x40' in capsys.readouterr().err
