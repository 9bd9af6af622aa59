from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from smoothnet_plugin.models import SmoothNet
from smoothnet_plugin.utils.command import run_command

pytest.importorskip('onnxscript', reason='needs the extra onnxruntime')
ort = pytest.importorskip('onnxruntime', reason='needs the extra onnxruntime')
SIZES: dict[str, Any] = dict(window_size=8, hidden_size=12, res_hidden_size=6, num_blocks=1)
NETWORK = '''
import torch
from smoothnet_plugin.models import WindowNetwork
from smoothnet_plugin.registry import MODELS
from smoothnet_plugin.utils.command import run_command


@MODELS.register_module(force=True)
class Scaled(WindowNetwork):
    def __init__(self, window_size):
        super().__init__(window_size)
        self.factor = torch.nn.Parameter(torch.tensor(0.5))

    def forward_window(self, x):
        return x * self.factor
'''


@pytest.fixture
def run(repo_dir, monkeypatch):
    monkeypatch.syspath_prepend(str(repo_dir / 'tools'))
    import export
    return lambda *arguments: run_command(export.main, [str(a) for a in arguments])


@pytest.fixture
def source(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / 'source.pth.tar'
    torch.save({'state_dict': SmoothNet(**SIZES).state_dict()}, path)
    return path


def test_file_stands_alone(run, source, tmp_path, capsys):
    target = tmp_path / 'out' / 'net.onnx'
    assert run(source, target, '--opset', '18') == 0
    said = capsys.readouterr().out
    assert 'SmoothNet' in said and '(batch, channels, 8)' in said and 'opset 18' in said
    [difference] = re.findall(r'largest difference from PyTorch (\S+) of', said)
    assert float(difference) < 2e-6
    session = ort.InferenceSession(target)
    network = SmoothNet(**SIZES)
    network.load_state_dict(torch.load(source)['state_dict'])
    x = torch.randn(9, 4, 8)
    [refined] = session.run(None, {'windows': x.numpy()})
    torch.testing.assert_close(torch.from_numpy(refined), network.eval().forward_window(x),
                               atol=1e-6, rtol=0)


def test_network_of_a_user(run, tmp_path, capsys):
    (tmp_path / 'scaled.py').write_text(NETWORK)
    from smoothnet_plugin.models import save_safetensors
    save_safetensors(tmp_path / 'scaled.safetensors', {'factor': torch.tensor(2.0)},
                     dict(type='Scaled', window_size=4))
    assert run(tmp_path / 'scaled.safetensors', tmp_path / 'scaled.onnx',
               '--import', tmp_path / 'scaled.py') == 0
    assert 'Scaled' in capsys.readouterr().out
    session = ort.InferenceSession(tmp_path / 'scaled.onnx')
    [refined] = session.run(None, {'windows': torch.ones(1, 2, 4).numpy()})
    assert (refined == 2).all()


def test_faults_leave_no_file(run, source, tmp_path, monkeypatch, capsys):
    assert run(source, tmp_path / 'net.pt') == 2
    assert 'does not end with .onnx' in capsys.readouterr().err
    assert run(tmp_path / 'absent.pth', tmp_path / 'net.onnx') == 2
    assert 'not found' in capsys.readouterr().err
    import export
    monkeypatch.setattr(export, 'largest_difference', lambda run, network: 0.5)
    assert run(source, tmp_path / 'net.onnx') == 2
    assert 'differs from PyTorch by 0.5' in capsys.readouterr().err
    assert not list(tmp_path.glob('net.*'))
