"""The scripts of benchmarks/ that check what they measure, at their smallest."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch


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
@pytest.mark.parametrize('gaps', ['0', '0.2'])
def test_metrics_script(repo_dir, gaps):
    done = run_script(repo_dir, 'bench_metrics.py', '--frames', '3000', '--loop-frames', '200',
                      '--gaps', gaps)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'pa_mpjpe' in done.stdout and 'peak_attenuation' in done.stdout


@pytest.mark.slow
def test_files_script(repo_dir):
    done = run_script(repo_dir, 'bench_files.py', '--frames', '200', '--files', '4',
                      '--frames-per-file', '50', '--against', str(repo_dir))
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'largest difference of the results 0 px' in done.stdout
    assert 'results equal' in done.stdout
