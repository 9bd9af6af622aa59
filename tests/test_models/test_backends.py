"""Networks as ONNX files, and the backends that run them."""

from __future__ import annotations

import copy
import pickle
import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from smoothnet_plugin.errors import CheckpointError, ConfigError, DataFormatError
from smoothnet_plugin.filters.packaged import PACKAGED
from smoothnet_plugin.models import (
    Engine,
    MotionAwareSmoothNet,
    MotionRefineNet,
    OnnxNetwork,
    SmoothNet,
    TrajectoryTransformer,
    WindowNetwork,
    backends,
    export_onnx,
    load_network,
    load_running,
    save_safetensors,
    start,
)
from smoothnet_plugin.models.onnx_export import largest_difference

pytest.importorskip('onnx', reason='needs the extra onnxruntime')
pytest.importorskip('onnxscript', reason='needs the extra onnxruntime')
SIZES: dict[str, Any] = dict(hidden_size=12, res_hidden_size=6, num_blocks=1)
SMALL: dict[str, Any] = dict(hidden_size=16, res_hidden_size=8, num_blocks=2)


class Convolution(WindowNetwork):
    """A network of a user's own."""

    def __init__(self) -> None:
        super().__init__(8)
        self.layer = nn.Conv1d(1, 1, 3, padding=1)

    def forward_window(self, x):
        return x + self.layer(x.reshape(-1, 1, self.window_size)).reshape(x.shape)


class Branching(Convolution):
    """Has no single graph."""

    def forward_window(self, x):
        return x + 1 if bool(x.mean() > 0) else x


class Mixing(Convolution):
    """Does not say how many channels it takes."""

    mixes_channels = True


NETWORKS = {
    'SmoothNet': lambda: SmoothNet(8, **SIZES),
    'a part of the window': lambda: SmoothNet(8, 5, **SIZES),
    'MotionAwareSmoothNet': lambda: MotionAwareSmoothNet(8, **SIZES),
    'own': Convolution,
    'MotionRefineNet': lambda: MotionRefineNet(14, 3, 8, **SMALL),
    'its reference': lambda: MotionRefineNet(14, 3, 8, protocol='reference', **SMALL),
    # With pairs and corrections: test_packaged_networks.
    'TrajectoryTransformer': lambda: TrajectoryTransformer(16, 2, 24, 1, 2),
}
#: Those that are exported in less than two seconds.
QUICK = ('SmoothNet', 'own')


def made(kind: str) -> WindowNetwork:
    torch.manual_seed(0)
    network = NETWORKS[kind]().eval().requires_grad_(False)
    for parameter in network.parameters():
        if not parameter.any():  # Some layers begin without effect.
            nn.init.normal_(parameter, std=0.1)
    return network


@pytest.fixture(scope='module')
def content() -> bytes:
    return export_onnx(made('SmoothNet'))


@pytest.fixture
def exported_once(content, monkeypatch):
    """Spares the seconds of another export of the same network."""
    monkeypatch.setattr(backends, 'export_onnx', lambda network: content)


@pytest.fixture(params=['onnxruntime', 'openvino'])
def runtime(request) -> str:
    pytest.importorskip(request.param, reason=f'needs the extra {request.param}')
    return request.param


@pytest.mark.parametrize('kind', [
    pytest.param(kind, marks=[pytest.mark.slow] * (kind not in QUICK)) for kind in NETWORKS])
def test_every_network_gives_the_same_results(kind, content):
    network = made(kind)
    content = content if kind == 'SmoothNet' else export_onnx(network)
    for name in ('onnxruntime', 'openvino'):
        pytest.importorskip(name, reason=f'needs the extra {name}')
        exported = OnnxNetwork(content, name)
        assert largest_difference(exported.forward_window, network, (1, 2, 19)) < 2e-6
        assert exported.facts.name == type(network).__name__


@pytest.mark.slow
@pytest.mark.parametrize('dim', [2, 3])
def test_packaged_networks(dim, rng):
    network = load_network(PACKAGED[dim].checked_path())
    content = export_onnx(network)
    # A person far from the origin, whose third keypoint is absent and who has one at a time.
    poses = rng.normal(size=(3, 17, dim, 64)).cumsum(axis=-1) + 40 * rng.normal(
        size=(3, 17, dim, 1))
    tiny = torch.from_numpy(1e-30 * poses).flatten(1, 2)
    poses += 1e6
    poses[0, 2], poses[1, 4, 0, 9] = np.nan, np.inf
    x = torch.from_numpy(poses).flatten(1, 2)
    expected = network.forward_window(x).numpy()
    for name in ('onnxruntime', 'openvino'):
        pytest.importorskip(name, reason=f'needs the extra {name}')
        exported = OnnxNetwork(content, name)
        result = exported.forward_window(x)
        assert result.dtype == torch.float64
        np.testing.assert_allclose(result.numpy(), expected, rtol=0, atol=2e-4)
        assert largest_difference(exported.forward_window, network) < 2e-6
        np.testing.assert_allclose(exported.forward_window(tiny).numpy() * 1e30,
                                   network.forward_window(tiny).numpy() * 1e30, atol=2e-4)


@pytest.mark.slow
def test_packaged_network_of_rotations(rng):
    network = load_network(PACKAGED[4].checked_path())
    curves = rng.normal(size=(3, 17, 4, 1)) + 0.05 * rng.normal(size=(3, 17, 4, 64)).cumsum(axis=-1)
    curves /= np.linalg.norm(curves, axis=2, keepdims=True)
    # A joint that is absent, and one that is at one time.
    curves[0, 2], curves[1, 4, 0, 9] = np.nan, np.inf
    x = torch.from_numpy(curves).flatten(1, 2)
    expected = network.forward_window(x).numpy()
    content = export_onnx(network)
    for name in ('onnxruntime', 'openvino'):
        pytest.importorskip(name, reason=f'needs the extra {name}')
        exported = OnnxNetwork(content, name)
        np.testing.assert_allclose(exported.forward_window(x).numpy(), expected, rtol=0, atol=2e-6)
        assert largest_difference(exported.forward_window, network) < 2e-6


def test_one_number_of_windows_after_another(content, runtime):
    network, exported = made('SmoothNet'), OnnxNetwork(content, runtime)
    for windows, channels in ((1, 1), (7, 3), (2, 266), (1, 1)):
        x = torch.randn(windows, channels, 8)
        torch.testing.assert_close(exported.forward_window(x), network.forward_window(x),
                                   atol=1e-6, rtol=0)


def test_from_several_threads(content, runtime):
    network, exported = made('SmoothNet'), OnnxNetwork(content, runtime)
    faults = []

    def work(seed):
        x = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(seed))
        expected = network.forward_window(x)
        for _ in range(50):
            if not torch.allclose(exported.forward_window(x), expected, atol=1e-6):
                faults.append(seed)

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_copies(content, runtime):
    exported, x = OnnxNetwork(content, runtime), torch.randn(2, 3, 8)
    for other in (copy.deepcopy(exported), pickle.loads(pickle.dumps(exported))):
        assert torch.equal(other.forward_window(x), exported.forward_window(x))


def test_half_precision(content):
    pytest.importorskip('openvino', reason='needs the extra openvino')
    exported = OnnxNetwork(content, 'openvino', 'bf16')
    assert largest_difference(exported.forward_window, made('SmoothNet')) < 0.05


def test_shapes_are_checked(content, runtime):
    with pytest.raises(DataFormatError, match=r'\(2, 3, 9\); expected \(N, a multiple of 1, 8\)'):
        OnnxNetwork(content, runtime).forward_window(torch.zeros(2, 3, 9))


def test_an_onnx_file_loads_like_weights(content, runtime, tmp_path):
    path = tmp_path / 'net.onnx'
    path.write_bytes(content)
    running = load_running(path, [('torch', 'fp32'), (runtime, 'fp32')], window_size=8)
    assert running.engine == Engine(runtime, 'fp32') and running.facts.name == 'SmoothNet'
    with pytest.raises(ConfigError, match=r"window_size=9 was given, but '.*' has window_size=8"):
        load_running(path, [(runtime, 'fp32')], window_size=9)
    with pytest.raises(ConfigError, match=r'pip install "smoothnet_plugin\[onnxruntime\]"'):
        load_running(path, [('torch', 'fp32')])


@pytest.mark.parametrize(('damage', 'message'), [
    (lambda b: b[:len(b) // 2], 'damaged or not an ONNX file'),
    (lambda b: b'weights', 'damaged or not an ONNX file'),
    (lambda b: b.replace(b'smoothnet_plugin', b'another__project'),
     'does not identify its network'),
])
def test_bad_files(damage, message, content, runtime, tmp_path):
    path = tmp_path / 'net.onnx'
    path.write_bytes(damage(content))
    with pytest.raises(CheckpointError, match=message):
        load_running(path, [(runtime, 'fp32')])


def test_only_equal_backends_are_used(exported_once, runtime, monkeypatch):
    network = made('SmoothNet')
    engines = [Engine(runtime, 'fp32'), Engine('torch', 'fp32')]
    assert start(network, engines).engine == engines[0]
    monkeypatch.setattr(OnnxNetwork, 'forward_window', lambda self, x: x + 0.01)
    assert start(network, engines).engine == engines[1]
    with pytest.raises(ConfigError, match=r"results that differ by .* use backend='torch'"):
        start(network, engines[:1])


def test_a_runtime_that_is_missing_or_cannot_load(content, runtime, monkeypatch, tmp_path):
    path = tmp_path / 'net.onnx'
    path.write_bytes(content)

    def fail(kind):
        def load(content, precision):
            raise kind('no such thing\nmore')
        monkeypatch.setattr(f'smoothnet_plugin.models.onnx_network._{runtime}', load)

    fail(ImportError)
    with pytest.raises(ConfigError, match=rf'pip install "smoothnet_plugin\[{runtime}\]"'):
        load_running(path, [(runtime, 'fp32')])
    fail(RuntimeError)
    with pytest.raises(CheckpointError, match=r'\(no such thing\); update it'):
        load_running(path, [(runtime, 'fp32')])


RELEASED_IN_ORDER = '''
import faulthandler, gc, signal, subprocess, sys
from pathlib import Path
from smoothnet_plugin.models import OnnxNetwork
faulthandler.enable()
signal.signal(signal.SIGCHLD, lambda *_: None)
content = Path(sys.argv[1]).read_bytes()
first, second = (OnnxNetwork(content, 'openvino') for _ in range(2))
del first
gc.collect()
del second
gc.collect()
subprocess.run([sys.executable, '-c', ''], check=True)
print('alive')
'''


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, 'SIGCHLD'), reason='needs the signals of POSIX')
def test_signals_are_handled_after_networks_are_released(content, tmp_path):
    pytest.importorskip('openvino', reason='needs the extra openvino')
    path = tmp_path / 'net.onnx'
    path.write_bytes(content)
    done = subprocess.run([sys.executable, '-c', RELEASED_IN_ORDER, str(path)],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, 'alive\n'), done.stderr


def test_networks_that_do_not_export_name_the_fix():
    with pytest.raises(ConfigError, match=r'no Python `if` .*\(use torch.where\)'):
        export_onnx(Branching().eval())
    with pytest.raises(ConfigError, match='num_channels'):
        export_onnx(Mixing().eval())


def test_weights_file(exported_once, runtime, tmp_path):
    network = made('SmoothNet')
    save_safetensors(tmp_path / 'net.safetensors', network.state_dict(),
                     dict(type='SmoothNet', window_size=8, **SIZES))
    running = load_running(tmp_path / 'net.safetensors', [(runtime, 'fp32')])
    assert running.engine.backend == runtime
    x = torch.randn(2, 3, 8)
    torch.testing.assert_close(running.module.forward_window(x), network.forward_window(x))


def test_without_the_exporter_torch_runs(monkeypatch):
    def missing(network):
        raise ConfigError('onnxscript is missing')
    monkeypatch.setattr(backends, 'export_onnx', missing)
    engines = [Engine('openvino', 'bf16'), Engine('torch', 'bf16')]
    running = start(made('SmoothNet'), engines)
    assert running.engine == engines[1]
    assert isinstance(running.module, SmoothNet)
    assert {p.dtype for p in running.module.parameters()} == {torch.float32, torch.bfloat16}
