"""The scripts of benchmarks/ that check what they measure, at their smallest."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from smoothnet_plugin import PoseTracks, save


def run_script(repo_dir, name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, str(repo_dir / 'benchmarks' / name), *arguments], text=True,
        capture_output=True, env={**os.environ, 'PYTHONPATH': str(repo_dir), **environment},
        timeout=300)


@pytest.mark.slow
def test_gpu_script_on_the_cpu(repo_dir, tmp_path):
    done = run_script(repo_dir, 'bench_gpu.py', '--device', 'cpu', '--quick', OUT=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / 'bench_gpu.json').read_text())
    assert report['quick'] and not report['faults']
    measured = [row['what'].partition(',')[0] for row in report['rows']
                if row['difference'] is not None]
    assert set(measured) == {'whole clip', 'live', 'TrajectoryTransformer',
                             'SmoothNet 512/128x5', 'training step'}


@pytest.mark.slow
def test_gpu_script_says_where_there_is_no_gpu(repo_dir, tmp_path):
    if torch.cuda.is_available():
        pytest.skip('for machines without a GPU')
    done = run_script(repo_dir, 'bench_gpu.py', OUT=str(tmp_path))
    assert done.returncode == 1 and 'No CUDA device' in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_metrics_script_with_gaps(repo_dir):
    done = run_script(repo_dir, 'bench_metrics.py', '--frames', '3000', '--loop-frames', '200',
                      '--gaps', '0.2')
    assert done.returncode == 0, done.stdout + done.stderr


#: What the small run of a script must have compared.
COMPARED = {
    'networks': ['torch bf16, other: reference'],
    'live_memory': ['| gaussian, 2D | this |'],
    'filters': [*(f'| {other} | 100 |' for other in (
        'OneEuroFilter package', 'pykalman', 'FilterPy', 'SciPy spsolve')), '| RobustFilter |'],
    'metrics': ['pa_mpjpe', 'peak_attenuation'],
    'files': ['largest difference of the results 0 px', 'results equal'],
    'million_frames': ['naive loop'],
    'busy': ['| network | 2 | one thread |'],
    'growth': ['| gaussian, keypoints | 133 |'],
}


@pytest.mark.slow
@pytest.mark.parametrize('name', COMPARED)
def test_small_run(repo_dir, tmp_path, name):
    done = run_script(repo_dir, 'run.py', '--quick', '--only', name, '--plot',
                      str(tmp_path / 'growth.png'))
    assert done.returncode == 0, done.stdout + done.stderr
    for text in COMPARED[name]:
        assert text in done.stdout
    if name == 'growth':
        assert (tmp_path / 'growth.png').read_bytes().startswith(b'\x89PNG')


def test_every_script_has_a_small_run(repo_dir, monkeypatch):
    monkeypatch.syspath_prepend(str(repo_dir / 'benchmarks'))
    assert set(__import__('run').SCRIPTS) == set(COMPARED)


def test_the_command_that_runs_all_says_what_failed(repo_dir, monkeypatch, capfd):
    monkeypatch.syspath_prepend(str(repo_dir / 'benchmarks'))
    run = __import__('run')
    monkeypatch.setitem(run.SCRIPTS, 'metrics', (['--unknown'], []))
    monkeypatch.setattr('sys.argv', ['run.py', '--only', 'metrics'])
    assert run.main() == 1 and 'FAILED: metrics' in capfd.readouterr().err


@pytest.mark.slow
def test_speed_kept_script(repo_dir, tmp_path):
    time = np.arange(4 * 90)[:, None, None] / 30
    truth = 0.3 * np.sin(4 * time + np.arange(3)[:, None] + np.arange(3))
    np.savez(tmp_path / 'pairs.npz', estimate=truth + np.random.default_rng(0).normal(
        0, 0.004, truth.shape), ground_truth=truth, lengths=np.full(4, 90), fps=30.0,
             joints=np.array(['root', 'left_wrist', 'right_wrist']))
    done = run_script(repo_dir, 'speed_kept.py', str(tmp_path / 'pairs.npz'), '--every', '1')
    assert done.returncode == 0, done.stderr
    rows = [line.split('|')[1:5] for line in done.stdout.splitlines() if line.startswith('| gau')]
    kept = {(name.strip(), joint.strip()): [int(cell.split('%')[0]) for cell in cells]
            for name, joint, *cells in rows}
    weak, strong = (kept[f'gaussian sigma={sigma}', 'wrist'] for sigma in (0.5, 12.0))
    assert min(weak) >= 98 and max(strong) < 50 and abs(strong[0] - strong[1]) <= 3


@pytest.mark.slow
def test_rotations(repo_dir, tmp_path):
    """On two small BVH files in place of the database."""
    rng = np.random.default_rng(0)
    for name in ('01_01', '02_01'):
        t = np.arange(80)[:, None] / 30
        poses = 0.4 * np.sin(2 * t + rng.uniform(0, 6, 72)).reshape(80, 24, 3)
        save(tmp_path / f'{name}.bvh', PoseTracks.from_array(
            poses, fps=30, representation='axis_angle'))
    done = run_script(repo_dir, 'bench_rotations.py', str(tmp_path), '--smoothnet', '2', '-o',
                      str(tmp_path / 'r.json'))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / 'r.json').read_text())
    for kind in ('white', 'correlated', 'bursts'):
        default = next(row for name, row in rows.items() if name.startswith('default (learned'))
        assert 0 < default[kind]['degrees'] < 0.95 * rows['input'][kind]['degrees']
        # A filter that does not depend on axes gives the same in other axes.
        turned = rows['default, other axes'][kind]['degrees']
        assert turned == pytest.approx(default[kind]['degrees'], rel=1e-4)
        assert default[kind]['harmed'] == 0
