from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from smoothnet_plugin.visualization import video_info, write_video


@pytest.fixture
def visualize(repo_dir, monkeypatch, capsys):
    """Runs the tool's main; returns its exit status and what it printed."""
    monkeypatch.syspath_prepend(repo_dir / 'tools')
    import visualize

    def run(*args):
        status = visualize.main([str(arg) for arg in args])
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
    assert (status, printed) == (0, f'wrote {out} (40 frames)\n')
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
    ('a.mp4', ['--fps', 30, '--keypoint', 'nose'], 'are for plots'),
    ('a.png', ['--fps', 30, '--video', 'missing.mp4'], '--video is for videos'),
    ('a.mp4', ['--video', 'missing.mp4'], "no video file 'missing.mp4'"),
    ('a.mp4', ['--skeleton', 'cocoo'], "Did you mean 'coco'"),
])
def test_refusals(visualize, sample, tmp_path, out, options, message):
    status, printed = visualize(sample, '-o', tmp_path / out, *options)
    assert status == 2 and message in printed
    assert [path.name for path in tmp_path.iterdir()] == ['sample.json']


def test_runs_as_a_script(repo_dir):
    result = subprocess.run([sys.executable, repo_dir / 'tools' / 'visualize.py', '--help'],
                            capture_output=True, text=True, env={'PYTHONPATH': str(repo_dir)})
    assert result.returncode == 0 and '--skeleton' in result.stdout
