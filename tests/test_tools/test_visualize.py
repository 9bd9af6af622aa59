from __future__ import annotations

import subprocess
import sys

import av
import cv2
import numpy as np
import pytest

from smoothnet_plugin import save
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton
from smoothnet_plugin.utils.command import run_command
from smoothnet_plugin.visualization import read_video, video_info, write_video

from ..body_file import body_arrays
from ..walker import walker


@pytest.fixture
def visualize(repo_dir, monkeypatch, capsys):
    """Runs the tool's main; returns its exit status and what it printed."""
    monkeypatch.syspath_prepend(repo_dir / 'tools')
    import visualize

    def run(*args):
        status = run_command(visualize.main, [str(arg) for arg in args])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


@pytest.fixture
def sample(repo_dir, tmp_path):
    """The first 40 frames of the sample clip."""
    lines = (repo_dir / 'demo/data/sports2d_mediapipe.json').read_text().splitlines()
    path = tmp_path / 'sample.json'
    path.write_text('\n'.join([*lines[:40], lines[40].rstrip(','), ']\n']))
    return path


def test_video(visualize, sample, tmp_path):
    out = tmp_path / 'a.mp4'
    status, printed = visualize(sample, sample, '-o', out, '--fps', 25, '--skeleton', 'coco')
    assert status == 0 and printed.endswith(f'wrote {out} (40 frames)\n')
    assert video_info(out)[1] == pytest.approx(25)


def test_rate_comes_from_the_video(visualize, sample, tmp_path):
    write_video(tmp_path / 'in.mp4', [np.zeros((98, 176, 3), np.uint8)] * 40, 15)
    status, _ = visualize(sample, '-o', tmp_path / 'a.mp4', '--video', tmp_path / 'in.mp4')
    assert status == 0
    assert video_info(tmp_path / 'a.mp4')[1] == pytest.approx(15)


def test_plot(visualize, sample, tmp_path):
    status, _ = visualize(sample, sample, '-o', tmp_path / 'a.png', '--truth', sample, '--fps', 30,
                          '--skeleton', 'coco', '--keypoint', 'left_wrist')
    assert status == 0
    assert (tmp_path / 'a.png').stat().st_size > 10_000


@pytest.mark.parametrize(('out', 'options', 'message'), [
    ('a.mp4', [], 'frames per second'),
    ('a.gif', ['--fps', 30], r'.gif'),
    ('a.mp4', ['--fps', 30, '--keypoint', 'nose'], '--keypoint is for plots'),
    ('a.mp4', ['--fps', 30, '--people', 'Ada'], "no person 'Ada'"),
    ('a.mp4', ['--fps', 30, '--sequence', 2], '--sequence is for configs'),
    ('a.mp4', ['--fps', 30, '--cfg-options', 'a=1'], '--cfg-options is for configs; the'),
    ('a.mp4', ['--fps', 30, '--turn', 20], '3D keypoints only'),
    ('a.gif', ['--fps', 30, '--sheet'], r'.gif'),
    ('a.png', ['--fps', 30, '--video', 'missing.mp4'], '--video is for videos'),
    ('a.mp4', ['--video', 'missing.mp4'], "no video file 'missing.mp4'"),
    ('a.mp4', ['--skeleton', 'cocoo'], "Did you mean 'coco'"),
])
def test_refusals(visualize, sample, tmp_path, out, options, message):
    status, printed = visualize(sample, '-o', tmp_path / out, *options)
    assert status == 2 and message in printed
    assert [path.name for path in tmp_path.iterdir()] == ['sample.json']


@pytest.mark.slow
def test_the_opened_video_has_the_count_the_size_and_the_duration(visualize, sample, tmp_path):
    out = tmp_path / 'a.mp4'
    status, _ = visualize(sample, sample, '-o', out, '--fps', 20, '--truth', sample, '--crop')
    assert status == 0
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format='bgr24') for frame in container.decode(stream)]
        assert stream.average_rate == 20
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0)
    assert len(frames) == 40
    height, width = frames[0].shape[:2]
    assert (width, height) == video_info(out)[0]
    assert width % 2 == height % 2 == 0 and 640 <= width <= 2000
    # Three panels with titles, the curves below, and a caption: the curves end with a time axis.
    shorter = visualize(sample, sample, '-o', tmp_path / 'b.mp4', '--fps', 20, '--truth', sample,
                        '--crop', '--no-curves')
    assert shorter[0] == 0
    assert video_info(tmp_path / 'b.mp4')[0][1] < height - 150


@pytest.mark.slow
def test_the_marked_frame_moves_with_the_figures(visualize, config, tmp_path):
    out = tmp_path / 'a.mp4'
    status, printed = visualize(config, '--sequence', 'clip_1', '-o', out, '--smoother', 'gaussian',
                                '--turn', 0)
    assert status == 0 and 'sequence clip_1, number 1 of 5' in printed
    frames = [frame.astype(int) for frame in read_video(out)]
    assert video_info(out)[1] == pytest.approx(30)
    # The line is dark over the height of a plot.
    strip = slice(frames[0].shape[0] - 210, frames[0].shape[0] - 90)
    places = []
    for frame in frames[1:-1]:
        dark = (frame[strip].sum(axis=-1) < 330).mean(axis=0)
        places.append(np.flatnonzero(dark > 0.6)[-1])
    assert len(places) == len(frames) - 2
    steps = np.diff(places)
    assert (steps > 0).all() and np.ptp(steps) <= 2


def test_one_picture_of_a_sequence(visualize, config, tmp_path):
    status, printed = visualize(config, '--sequence', 2, '-o', tmp_path / 'a.png', '--sheet', 4,
                                '--smoother', 'gaussian')
    picture = cv2.imread(str(tmp_path / 'a.png'))
    assert status == 0 and printed.count(',') >= 4 and picture is not None
    assert picture.shape[0] > 3 * 300 + 190, 'a row for each of input, output, truth, and curves'
    status, printed = visualize(config, '--sequence', 'clip_9', '-o', tmp_path / 'b.png', '--sheet')
    assert status == 2 and "Did you mean 'clip_" in printed


def test_predictions_of_a_dump(visualize, config, run_tool, tmp_path):
    from smoothnet_plugin.models import SmoothNet, save_safetensors
    sizes = {'window_size': 8, 'hidden_size': 16, 'res_hidden_size': 4, 'num_blocks': 1}
    save_safetensors(tmp_path / 'w.safetensors', SmoothNet(**sizes).state_dict(),
                     {'type': 'SmoothNet', **sizes})
    run_tool('test', config, 'w.safetensors', '--dump', 'd.pkl')
    status, printed = visualize(tmp_path / 'd.pkl', '--sequence', 1, '-o', tmp_path / 'a.mp4')
    assert status == 0, printed
    assert video_info(tmp_path / 'a.mp4')[0][0] >= 640
    status, printed = visualize(config, '--checkpoint', tmp_path / 'w.safetensors', '-o',
                                tmp_path / 'b.mp4')
    assert status == 0, printed
    status, printed = visualize(tmp_path / 'd.pkl', '--smoother', 'gaussian', '-o',
                                tmp_path / 'c.mp4')
    assert status == 2 and 'a dump has its output' in printed


def test_rotations_are_drawn_as_a_skeleton(visualize, tmp_path, rng):
    poses = PoseTracks.from_array(0.2 * rng.normal(size=(12, 24, 3)), fps=30,
                                  representation='axis_angle')
    save(tmp_path / 'body.npz', poses)
    status, printed = visualize(tmp_path / 'body.npz', tmp_path / 'body.npz', '-o',
                                tmp_path / 'a.mp4')
    assert status == 0, printed
    assert len(list(read_video(tmp_path / 'a.mp4'))) == 12
    assert 'unknown' not in printed


def test_a_body_model_draws_meshes(visualize, tmp_path, rng):
    pytest.importorskip('smplx')
    np.savez(tmp_path / 'model.npz', **body_arrays())
    poses = PoseTracks.from_array(0.2 * rng.normal(size=(12, 24, 3)), fps=30,
                                  representation='axis_angle')
    save(tmp_path / 'body.npz', poses)
    command = [tmp_path / 'body.npz', tmp_path / 'body.npz', '-o', tmp_path / 'a.mp4', '--crop']
    drawn = {}
    for name, options in (('skeleton', []), ('mesh', ['--body-model', tmp_path / 'model.npz'])):
        status, printed = visualize(*command, *options)
        assert status == 0, printed
        frames = list(read_video(tmp_path / 'a.mp4'))
        assert len(frames) == 12 and video_info(tmp_path / 'a.mp4')[1] == pytest.approx(30)
        drawn[name] = np.mean([(frame[44:600] < 200).all(axis=-1).mean() for frame in frames])
    assert drawn['mesh'] > 3 * drawn['skeleton']
    np.save(tmp_path / 'points.npy', 100 * rng.random((9, 17, 3)))
    for source, out, message in (('points.npy', 'b.mp4', 'tracks hold keypoints'),
                                 ('body.npz', 'b.png', '--body-model is for videos')):
        status, printed = visualize(tmp_path / source, '-o', tmp_path / out, '--fps', 30,
                                    '--body-model', tmp_path / 'model.npz')
        assert status == 2 and message in printed
        assert not (tmp_path / out).exists()


def test_an_unknown_skeleton_is_drawn_as_points_and_said_to_be(visualize, tmp_path, rng):
    np.save(tmp_path / 'led.npy', 100 * rng.random((9, 7, 2)))
    status, printed = visualize(tmp_path / 'led.npy', '-o', tmp_path / 'a.mp4', '--fps', 30)
    assert status == 0 and 'skeleton of person 0 is unknown: points without lines' in printed


def test_people_and_crop_over_a_video(visualize, tmp_path, rng):
    body = walker()[:20]
    both = PoseTracks({key: PoseSequence(body + [shift, 0], fps=30, skeleton=get_skeleton('coco'))
                       for key, shift in ((1, 0), (2, 500))}, fps=30)
    save(tmp_path / 'two.npz', both)
    shades = np.tile(np.linspace(0, 250, 1280).astype(np.uint8)[None, :, None], (720, 1, 3))
    write_video(tmp_path / 'in.mp4', [shades] * 20, 30)
    brightness = []
    for person in (1, 2):
        status, _ = visualize(tmp_path / 'two.npz', '-o', tmp_path / 'a.mp4', '--video',
                              tmp_path / 'in.mp4', '--crop', '--people', person, '--no-curves')
        assert status == 0
        [frame, *_] = read_video(tmp_path / 'a.mp4')
        brightness.append(np.median(frame[60:-60]))
    # The background is brighter to the right, where the second person walks.
    assert brightness[1] - brightness[0] == pytest.approx(500 / 1280 * 250, rel=0.15)


@pytest.mark.slow
def test_runs_as_a_script(repo_dir):
    result = subprocess.run([sys.executable, repo_dir / 'tools' / 'visualize.py', '--help'],
                            capture_output=True, text=True, env={'PYTHONPATH': str(repo_dir)})
    assert result.returncode == 0 and '--skeleton' in result.stdout


@pytest.mark.parametrize('index_first', [False, True], ids=['index_lost', 'pictures_lost'])
def test_a_truncated_video_is_named_and_the_old_output_stays(visualize, sample, tmp_path, rng,
                                                            index_first):
    video, out = tmp_path / 'in.mp4', tmp_path / 'a.mp4'
    write_video(video, rng.integers(0, 255, (40, 96, 128, 3), dtype=np.uint8), 30)
    if index_first:
        whole = tmp_path / 'whole.mp4'
        with av.open(video) as source, av.open(
                whole, 'w', options={'movflags': 'faststart'}) as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        video.write_bytes(whole.read_bytes())
    content = video.read_bytes()
    video.write_bytes(content[:len(content) // 2])
    out.write_text('old')
    status, printed = visualize(sample, '-o', out, '--video', video)
    assert status == 2 and 'in.mp4' in printed and 'complete' in printed
    assert out.read_text() == 'old' and not list(tmp_path.glob('.a-*'))
