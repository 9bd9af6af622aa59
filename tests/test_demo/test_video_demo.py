from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from smoothnet_plugin import load
from smoothnet_plugin.visualization.timed_video import write_timed
from smoothnet_plugin.visualization.video import frame_times, read_timed, video_info

from .conftest import FPS, FRAMES, HEIGHT, REPO, WIDTH


def coords(path):
    return load(path)[0].coords


def acceleration(poses):
    return np.linalg.norm(np.diff(poses, 2, axis=0), axis=-1).mean()


@pytest.mark.parametrize('options', [
    (), ('--layout', 'over', '--no-curves'), ('--no-zoom', '--trail', '0', '--height', '200')])
def test_poses_of_a_file(demo, clip, poses_file, noisy, tmp_path, options):
    assert demo('video_demo', clip, '--poses', poses_file, '-o', tmp_path / 'out.mp4', '--quiet',
                '--smoother', 'gaussian', *options) == 0
    smoothed = coords(tmp_path / 'out.json')
    assert acceleration(smoothed) < 0.3 * acceleration(noisy)
    np.testing.assert_allclose(frame_times(tmp_path / 'out.mp4'), np.arange(FRAMES) / FPS,
                               atol=1e-3)
    pictures = np.stack([picture for _, picture in read_timed(tmp_path / 'out.mp4')])
    assert pictures.std(axis=0).max() > 20  # Something moves.


def test_raw_beside_smoothed_differ_and_over_one_another_too(demo, clip, poses_file, tmp_path):
    assert demo('video_demo', clip, '--poses', poses_file, '-o', tmp_path / 'a.mp4', '--quiet',
                '--no-zoom', '--no-curves', '--trail', '0') == 0
    picture = list(read_timed(tmp_path / 'a.mp4'))[FRAMES // 2][1].astype(int)
    half = (picture.shape[1] - 4) // 2
    left, right = picture[44:-44, :half], picture[44:-44, -half:]
    changed = (np.abs(left - right).max(axis=-1) > 60).mean()
    assert 0.002 < changed < 0.2


def test_an_estimator_on_the_pictures(demo, clip, estimator, noisy, tmp_path):
    chosen = estimator()
    assert demo('video_demo', clip, '--estimator', 'mediapipe', '-o', tmp_path / 'out.mp4') == 0
    assert chosen.calls == FRAMES
    assert acceleration(coords(tmp_path / 'out.json')) < 0.5 * acceleration(noisy)


def test_stopping_keeps_what_there_is(demo, clip, estimator, tmp_path, capsys):
    estimator(stop_at=25)
    assert demo('video_demo', clip, '--estimator', 'mediapipe', '-o', tmp_path / 'out.mp4') == 0
    assert 'stopped after 25 frames' in capsys.readouterr().err
    assert len(frame_times(tmp_path / 'out.mp4')) == 25
    assert len(coords(tmp_path / 'out.json')) == 25


def test_stopping_while_drawing_leaves_a_playable_file(demo, clip, poses_file, tmp_path,
                                                       monkeypatch):
    from smoothnet_plugin.visualization import panels
    draw, calls = panels.draw_pose, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 21:  # raw of the 11th picture
            raise KeyboardInterrupt
        draw(*args, **kwargs)

    monkeypatch.setattr(panels, 'draw_pose', interrupted)
    assert demo('video_demo', clip, '--poses', poses_file, '-o', tmp_path / 'out.mp4',
                '--quiet') == 130
    assert len(frame_times(tmp_path / 'out.mp4')) == 10


def test_uneven_times_count_in_smoothing_and_drawing(demo, clip, estimator, noisy, tmp_path):
    times = np.cumsum([0, *np.tile([0.02, 0.06], FRAMES)])[:FRAMES]
    source = tmp_path / 'uneven.mp4'
    write_timed(source, ((t, p) for t, (_, p) in zip(times, read_timed(clip))))
    estimator()
    assert demo('video_demo', source, '--estimator', 'mediapipe', '-o', tmp_path / 'out.mp4',
                '--smoother', 'whittaker', '--quiet') == 0
    np.testing.assert_allclose(frame_times(tmp_path / 'out.mp4'), times, atol=2e-3)
    uneven = coords(tmp_path / 'out.json')
    from smoothnet_plugin import smooth
    by_clock = smooth(noisy, 'whittaker', timestamps=frame_times(source))
    by_rate = smooth(noisy, 'whittaker', fps=FPS)
    assert np.abs(uneven - by_clock).max() < 0.2 < np.abs(uneven - by_rate).max()


def test_results_of_pictures_of_another_size(demo, clip, noisy, tmp_path):
    large = [{'frame_id': n, 'instances': [{'keypoints': (3 * pose).tolist(),
                                            'keypoint_scores': [0.9] * 17}]}
             for n, pose in enumerate(noisy)]
    (tmp_path / 'large.json').write_text(json.dumps(large))
    small = [{**frame, 'instances': [{**p, 'keypoints': (np.array(p['keypoints']) / 3).tolist()}
                                     for p in frame['instances']]} for frame in large]
    (tmp_path / 'small.json').write_text(json.dumps(small))
    common = ('--quiet', '--smoother', 'gaussian', '--no-curves')
    assert demo('video_demo', clip, '--poses', tmp_path / 'large.json', '--poses-size', 3 * WIDTH,
                3 * HEIGHT, '-o', tmp_path / 'l.mp4', *common) == 0
    assert demo('video_demo', clip, '--poses', tmp_path / 'small.json', '-o', tmp_path / 's.mp4',
                *common) == 0
    assert coords(tmp_path / 'l.json').max() > 2.5 * coords(tmp_path / 's.json').max()
    for (_, one), (_, other) in zip(read_timed(tmp_path / 'l.mp4'),
                                    read_timed(tmp_path / 's.mp4')):
        assert np.abs(one.astype(int) - other).mean() < 1


@pytest.mark.parametrize(('arguments', 'message'), [
    ((), 'Give one source of poses'),
    (('--estimator', 'mediapipe', '--pose2d', 'human'), 'not both'),
    (('--estimator', 'rtmlib'), 'needs models'),
    (('--estimator', 'mediapipe', '--model', 'none.task'), "no MediaPipe model 'none.task'"),
    (('--poses', 'none.json'), 'none.json'),
    (('--poses', 'POSES', '-o', 'out.gif'), 'suffix'),
    (('--poses', 'POSES', '--trail', '-1'), 'trail'),
    (('--poses', 'POSES', '--smoother', 'gausian'), 'Did you mean'),
])
def test_errors_are_one_line(demo, clip, poses_file, tmp_path, monkeypatch, capsys, arguments,
                             message):
    if 'mediapipe' in arguments and '--model' in arguments:
        pytest.importorskip('mediapipe')
    if 'rtmlib' in arguments:
        pytest.importorskip('rtmlib')
    monkeypatch.chdir(tmp_path)
    arguments = [poses_file if a == 'POSES' else a for a in arguments]
    assert demo('video_demo', clip, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith('video_demo.py: error: ') and message in error
    assert not list(tmp_path.glob('**/*.mp4'))


def test_results_of_a_longer_video_are_refused(demo, clip, noisy, tmp_path, capsys):
    (tmp_path / 'long.json').write_text(json.dumps([
        {'frame_id': 60, 'instances': [{'keypoints': noisy[0].tolist(),
                                        'keypoint_scores': [1.0] * 17}]}]))
    assert demo('video_demo', clip, '--poses', tmp_path / 'long.json') == 2
    assert 'has poses of frame 60' in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize('name', ['video_demo', 'webcam_demo', 'image_folder_demo'])
def test_help_names_every_option(name):
    result = subprocess.run([sys.executable, REPO / 'demo' / f'{name}.py', '--help'],
                            capture_output=True, text=True, cwd='/')
    assert result.returncode == 0
    for option in ('--pose2d', '--estimator', '--smoother', '--people'):
        assert option in result.stdout


def test_the_sample_fits_its_poses():
    size, fps = video_info(REPO / 'demo/data/sports2d.mp4')
    assert (REPO / 'demo/data/sports2d.mp4').stat().st_size < 600_000
    assert len(frame_times(REPO / 'demo/data/sports2d.mp4')) == 230
    assert fps == pytest.approx(30)
    assert size[0] / size[1] == pytest.approx(1768 / 994, rel=2e-3)
    assert 'BSD 3-Clause' in (REPO / 'demo/data/sports2d_LICENSE').read_text()
