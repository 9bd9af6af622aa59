"""The arguments backend and precision, and smoothers that name an ONNX file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import CheckpointError, ConfigError
from smoothnet_plugin.filters import DefaultFilter, LearnedFilter, SmoothNetFilter, _engines
from smoothnet_plugin.filters._engines import engines_for
from smoothnet_plugin.models import SmoothNet, TrajectoryTransformer, linear, save_safetensors
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseTracks

SIZES: dict[str, Any] = dict(window_size=8, hidden_size=12, res_hidden_size=6, num_blocks=1)


@pytest.fixture
def installed(monkeypatch):
    """Pretends that both runtimes are installed, and that bf16 is fast."""
    monkeypatch.setattr(_engines, 'find_spec', lambda name: name)
    monkeypatch.setattr(linear, 'has_fast_bfloat16', lambda device: True)


@pytest.mark.parametrize(('given', 'expected'), [
    ((None, 'fp32', 'cpu'), 'torch fp32'),
    ((None, 'auto', 'cpu'), 'torch bf16'),
    ((None, 'fp32', 'cpu', 'a.onnx'), 'openvino fp32, onnxruntime fp32, torch fp32'),
    (('torch', 'fp32', 'cpu', 'a.onnx'), 'torch fp32'),
    (('auto', 'fp32', 'cpu'), 'openvino fp32, onnxruntime fp32, torch fp32'),
    (('auto', 'bf16', 'cpu'), 'openvino bf16, torch bf16'),
    (('auto', 'auto', 'cpu'), 'openvino bf16, torch bf16'),
    (('auto', 'fp32', 'cuda:0'), 'torch fp32'),
    (('onnxruntime', 'auto', 'cpu'), 'onnxruntime fp32'),
    (('openvino', 'auto', 'cpu'), 'openvino bf16'),
])
def test_order_of_preference(given, expected, installed):
    found = engines_for(object(), *given)
    assert ', '.join(f'{backend} {precision}' for backend, precision in found) == expected


def test_without_runtimes_auto_is_torch(monkeypatch):
    monkeypatch.setattr(_engines, 'find_spec', lambda name: None)
    assert engines_for(object(), 'auto', 'fp32', 'cpu') == (('torch', 'fp32'),)


@pytest.mark.parametrize(('given', 'message'), [
    (('tensorrt', 'fp32', 'cpu'), "backend is 'tensorrt'. Known: auto, onnxruntime"),
    (('openvino', 'fp64', 'cpu'), "precision is 'fp64'. Did you mean 'fp32'"),
    (('openvino', 'fp32', 'cuda'), "use device='cpu' or backend='torch'"),
    (('onnxruntime', 'bf16', 'cpu'), "backend='onnxruntime' has no precision='bf16'"),
])
def test_what_does_not_go_together(given, message):
    with pytest.raises(ConfigError, match=message):
        engines_for(object(), *given)


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A SmoothNet as weights and as an ONNX file."""
    pytest.importorskip('onnxscript', reason='needs the extra onnxruntime')
    pytest.importorskip('onnxruntime', reason='needs the extra onnxruntime')
    from smoothnet_plugin.models import export_onnx
    torch.manual_seed(0)
    network = SmoothNet(**SIZES).eval().requires_grad_(False)
    folder = tmp_path_factory.mktemp('networks')
    save_safetensors(folder / 'net.safetensors', network.state_dict(),
                     dict(type='SmoothNet', **SIZES))
    (folder / 'net.onnx').write_bytes(export_onnx(network))
    return str(folder / 'net.safetensors'), str(folder / 'net.onnx')


def smoothed(config, coords):
    tracks = PoseTracks.from_array(coords, fps=30)
    return build_smoother(config, fps=30).smooth(tracks).tracks[0].coords


def test_an_onnx_file_is_a_smoother(files, jittery):
    weights, exported = files
    coords = jittery[1]
    expected = smoothed(dict(type='SmoothNetFilter', checkpoint=weights), coords)
    for backend in ('onnxruntime', 'auto', None):
        config = dict(type='SmoothNetFilter', checkpoint=exported, backend=backend)
        np.testing.assert_allclose(smoothed(config, coords), expected, rtol=0, atol=1e-3)
    entry = SmoothNetFilter(exported, backend='onnxruntime')
    assert entry.describe()['backend'] == 'onnxruntime'
    assert entry.weights == SmoothNetFilter(weights).weights and entry.network == 'SmoothNet'
    with pytest.raises(ConfigError, match='PyTorch does not run'):
        SmoothNetFilter(exported, backend='torch')


def test_live_is_offline(files, jittery):
    coords = jittery[1][:30, :5]
    smoother = build_smoother(
        dict(type='SmoothNetFilter', checkpoint=files[1]), fps=30, lookahead=7)
    frames = [frame for pose in coords for frame in smoother.step(pose)] + smoother.flush()
    live = np.stack([frame.instances[0].keypoints for frame in frames])
    offline = smoother.smooth(PoseTracks.from_array(coords, fps=30)).tracks[0].coords
    np.testing.assert_allclose(live, offline, rtol=0, atol=1e-3)


@pytest.mark.slow
def test_learned_filter_of_an_onnx_file(files, tmp_path, jittery):
    from smoothnet_plugin.models import export_onnx
    torch.manual_seed(0)
    sizes = dict(window_size=16, dim=2, hidden_size=24, num_blocks=1, num_heads=2)
    network = TrajectoryTransformer(**sizes).eval().requires_grad_(False)
    save_safetensors(tmp_path / 'net.safetensors', network.state_dict(),
                     dict(type='TrajectoryTransformer', **sizes))
    (tmp_path / 'net.onnx').write_bytes(export_onnx(network))
    coords = jittery[1]
    expected = LearnedFilter(tmp_path / 'net.safetensors').filter(coords, fps=30)
    entry = LearnedFilter(tmp_path / 'net.onnx')
    np.testing.assert_allclose(entry.filter(coords, fps=30), expected, rtol=0, atol=1e-3)
    assert entry.backend in ('onnxruntime', 'openvino')
    # More keypoints than are refined together.
    many = np.concatenate([coords, coords + 9, coords - 9], axis=1)
    np.testing.assert_allclose(
        entry.filter(many, fps=30),
        LearnedFilter(tmp_path / 'net.safetensors').filter(many, fps=30), rtol=0, atol=1e-3)
    with pytest.raises(CheckpointError, match='are a SmoothNet'):
        LearnedFilter(files[1])


def test_default_filter_hands_the_choice_on():
    entry = DefaultFilter(backend='torch', precision='bf16')
    assert (entry.network.backend, entry.network.precision) == ('torch', 'bf16')
