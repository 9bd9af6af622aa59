from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
import torch

from smoothnet_plugin.models import (
    MotionRefineNet,
    SmoothNet,
    load_network,
    load_state_dict_file,
    weights_hash,
)
from smoothnet_plugin.utils.command import run_command

SIZES = dict(window_size=8, hidden_size=12, res_hidden_size=6, num_blocks=1)


@pytest.fixture
def run(repo_dir, monkeypatch):
    monkeypatch.syspath_prepend(str(repo_dir / 'tools'))
    import convert_checkpoint
    return lambda *arguments: run_command(convert_checkpoint.main, [str(a) for a in arguments])


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SmoothNet(**SIZES).eval()


@pytest.fixture
def source(network, tmp_path):
    path = tmp_path / 'source.pth.tar'
    torch.save({'epoch': 69, 'state_dict': network.state_dict(), 'performance': None,
                'optimizer': {}}, path)
    return path


@pytest.mark.parametrize('name, to, kind, keys', [
    ('a.safetensors', None, 'safetensors', None),
    ('a.pth.tar', None, 'reference', {'epoch', 'state_dict', 'performance', 'optimizer'}),
    ('a.pth.tar', 'mmhuman3d', 'reference', {'epoch', 'state_dict', 'performance', 'optimizer'}),
    ('a.pth', None, 'wrapped', {'meta', 'state_dict'}),
    ('a.ckpt', 'mmpose', 'wrapped', {'meta', 'state_dict'}),
    ('a.pth', 'mmengine', 'wrapped', {'meta', 'state_dict'}),
])
def test_there_and_back(name, to, kind, keys, run, source, network, tmp_path, capsys):
    target, back = tmp_path / 'out' / name, tmp_path / 'back.safetensors'
    assert run(source, target, *(['--to', to] if to else [])) == 0
    assert weights_hash(network.state_dict()) in capsys.readouterr().out
    assert load_state_dict_file(target).kind == kind
    if keys:
        content = torch.load(target, weights_only=True)
        assert set(content) == keys
        prefix = 'network.' if to == 'mmengine' else ''
        assert set(content['state_dict']) == {prefix + k for k in network.state_dict()}
    assert run(target, back) == 0
    assert weights_hash(load_network(back).state_dict()) == weights_hash(network.state_dict())
    assert {p.name for p in target.parent.iterdir()} == {name}


def test_config_supplies_what_weights_do_not_show(run, tmp_path, capsys):
    network = MotionRefineNet(24, 6, 8, None, 16, 6, 1)
    torch.save(network.state_dict(), tmp_path / 'mrn.pth')
    target = tmp_path / 'mrn.safetensors'
    assert run(tmp_path / 'mrn.pth', target) == 2
    assert '--config' in capsys.readouterr().err
    config = tmp_path / 'train.py'
    config.write_text("model = dict(type='PoseRefiner', network=dict(type='MotionRefineNet', "
                      'num_keypoints=24, dim=6, window_size=8, hidden_size=16, '
                      'res_hidden_size=6, num_blocks=1))\n')
    assert run(tmp_path / 'mrn.pth', target, '--config', config) == 0
    assert load_network(target).dim == 6
    config.write_text('model = dict()\n')
    assert run(tmp_path / 'mrn.pth', target, '--config', config) == 2
    assert 'no network found' in capsys.readouterr().err


def test_bad_files_write_nothing(run, source, tmp_path, capsys):
    class Evil:
        def __reduce__(self):
            return print, ('ran',)

    evil, target = tmp_path / 'evil.pth', tmp_path / 'out.safetensors'
    evil.write_bytes(pickle.dumps(Evil()))
    (tmp_path / 'folder.pth').mkdir()
    for arguments, message in [
            ((tmp_path / 'none.pth', target), 'not found'),
            ((evil, target), 'could run any code'),
            ((source, tmp_path / 'folder.pth'), 'is a directory'),
            ((source, tmp_path / 'out.bin'), 'ends with none of'),
            ((source, tmp_path / 'source.pth.tar' / 'out.pth'), 'is a')]:
        assert run(*arguments) == 2
        out, err = capsys.readouterr()
        assert message in err and 'ran' not in out
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        'evil.pth', 'folder.pth', 'source.pth.tar']


@pytest.mark.slow
def test_command_line(source, repo_dir, tmp_path):
    tool = [sys.executable, str(repo_dir / 'tools' / 'convert_checkpoint.py')]
    done = subprocess.run([*tool, source, tmp_path / 'a.safetensors'], capture_output=True,
                          text=True, cwd=repo_dir, env={'PYTHONPATH': str(repo_dir)})
    assert done.returncode == 0, done.stderr
    assert 'SmoothNet(window_size=8, output_size=8' in done.stdout


def test_half_precision_for_matrices(run, source, network, tmp_path):
    target = tmp_path / 'half.safetensors'
    assert run(source, target, '--half') == 0
    weights = load_state_dict_file(target).state_dict
    for name, value in network.state_dict().items():
        assert weights[name].dtype == (torch.float16 if value.ndim == 2 else torch.float32)
    loaded = load_network(target)
    x = torch.randn(2, 3, 8)
    assert all(p.dtype == torch.float32 for p in loaded.parameters())
    torch.testing.assert_close(loaded(x), network(x), rtol=1e-2, atol=1e-2)
