import contextlib
import importlib
import io
import json
import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

REPO = Path(__file__).resolve().parents[2]

CONFIG = """
_base_ = '{repo}/configs/_base_/default_runtime.py'
model = dict(type='PoseRefiner', network=dict(
    type='SmoothNet', window_size=8, hidden_size=16, res_hidden_size=4, num_blocks=1, dropout=0.3))
loader = dict(num_workers=0, collate_fn=dict(type='pose_collate'))
train_dataloader = dict(
    batch_size=16, sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='PairedPoseDataset', ann_file='train.npz', data_root='{root}',
                 dataset_name='tiny', window_size=8,
                 transforms=[dict(type='GaussianPoseNoise', std=5.0)]), **loader)
val_dataloader = dict(
    batch_size=1, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='PairedPoseDataset', ann_file='val.npz', data_root='{root}',
                 dataset_name='tiny'), **loader)
test_dataloader = val_dataloader
val_evaluator = test_evaluator = [dict(type='PoseErrorMetric', root_align=False)]
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-2))
param_scheduler = [dict(type='ExponentialLR', gamma=0.8, by_epoch=True)]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=3, val_interval=1)
val_cfg = test_cfg = dict()
custom_hooks = [dict(type='EMAHook', momentum=0.1)]
auto_scale_lr = dict(base_batch_size=16, enable=False)
default_hooks = dict(logger=dict(interval=5))
"""


def write_pairs(path: Path, clips: int, seed: int) -> None:
    """Clips of unequal length, the estimate a noisy truth."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(6, 30, clips)
    time = np.concatenate([np.arange(n) for n in lengths])[:, None, None] / 30
    truth = 0.3 * np.sin(2 * np.pi * time + rng.uniform(0, 6, (1, 5, 3)))
    estimate = truth + rng.normal(0, 0.02, truth.shape)
    np.savez(path, estimate=estimate.astype(np.float32), ground_truth=truth.astype(np.float32),
             lengths=lengths, fps=30.0, names=np.array([f'clip_{i}' for i in range(clips)]),
             joints=np.array(['pelvis', 'left_hand', 'right_hand', 'left_foot', 'right_foot']))


@pytest.fixture(scope='session')
def data_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('tiny')
    write_pairs(root / 'train.npz', 6, 0)
    write_pairs(root / 'val.npz', 5, 1)
    return root


@pytest.fixture
def config(data_root, tmp_path) -> Path:
    path = tmp_path / 'tiny.py'
    path.write_text(CONFIG.format(repo=REPO, root=f'{data_root}/'))
    return path


@pytest.fixture
def run_tool(tmp_path, monkeypatch):
    """Run a tool in this process; a user's mistake is a SystemExit with the line on stderr."""
    def run(tool: str, *args) -> None:
        # MMEngine names these by the second, so that quick runs would share them.
        for shared in (MMLogger, MessageHub, Visualizer, DefaultScope):
            shared._instance_dict.clear()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, 'argv', [f'{tool}.py', *map(str, args)])
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                runpy.run_path(str(REPO / 'tools' / f'{tool}.py'), run_name='__main__')
        except SystemExit as ended:
            if ended.code:
                assert ended.code == 2
                raise SystemExit(said.getvalue().splitlines()[-1]) from None
        finally:
            sys.stderr.write(said.getvalue())
    return run


@pytest.fixture(scope='session')
def converter():
    """Import a script of tools/dataset_converters by its name, as if it were run there."""
    folder = str(REPO / 'tools' / 'dataset_converters')
    sys.path.insert(0, folder)
    yield importlib.import_module
    sys.path.remove(folder)


@pytest.fixture
def environment() -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get('PATH', '')])
    return {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(REPO), 'PATH': search,
            'PYTHONWARNINGS': 'ignore', 'PORT': str(port)}


@pytest.fixture
def run_process(tmp_path, environment):
    """Run a command to its end; fails with its output."""
    def run(*command) -> str:
        done = subprocess.run([str(part) for part in command], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return done.stdout
    return run


def metrics_of(path: Path) -> dict[str, float]:
    return json.loads(Path(path).read_text())
