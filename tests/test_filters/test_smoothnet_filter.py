from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import CheckpointError, ConfigError, DataFormatError
from smoothnet_plugin.filters.smoothnet_filter import SmoothNetFilter
from smoothnet_plugin.models import (
    MotionRefineNet,
    SmoothNet,
    refine_sequence,
    save_safetensors,
    weights_hash,
)
from smoothnet_plugin.models.window_inference import CentredWindows
from smoothnet_plugin.registry import SMOOTHERS
from smoothnet_plugin.smoothers.pose_smoother import PoseSmoother
from smoothnet_plugin.structures import PoseTracks

W = 8


@pytest.fixture
def network() -> SmoothNet:
    torch.manual_seed(0)
    return SmoothNet(W, hidden_size=12, res_hidden_size=6, num_blocks=1).eval()


@pytest.fixture
def checkpoint(network, tmp_path) -> str:
    torch.save({'state_dict': network.state_dict(), 'meta': {}}, tmp_path / 'net.pth')
    return str(tmp_path / 'net.pth')


def plain(network, coords):
    flat = torch.tensor(coords, dtype=torch.float32).flatten(1)
    with torch.inference_mode():
        return refine_sequence(network, flat).numpy().reshape(coords.shape)


@pytest.mark.parametrize('frames', [0, 1, 2, W - 1, W, W + 1, 40])
def test_without_normalisation_the_network_gets_what_comes(frames, network, checkpoint, rng):
    coords = rng.normal(size=(frames, 5, 3))
    smoother = SmoothNetFilter(checkpoint, normalize='none')
    result = smoother.filter(coords, fps=30)
    assert result.dtype == np.float64 and result.shape == coords.shape
    np.testing.assert_allclose(result, plain(network, coords), atol=1e-6)


def test_windows_are_centred_by_default(network, checkpoint, rng):
    coords = rng.normal(size=(30, 5, 2))
    smoother = SmoothNetFilter(checkpoint)
    assert smoother.normalize == 'bbox'
    np.testing.assert_allclose(smoother.filter(coords, fps=30),
                               plain(CentredWindows(network), coords), atol=1e-6)
    rotations = rng.normal(size=(30, 5, 6))
    np.testing.assert_allclose(smoother.filter(rotations, fps=30), plain(network, rotations),
                               atol=1e-6)


def test_shift_scale_and_rest(checkpoint, rng):
    smoother = PoseSmoother(SmoothNetFilter(checkpoint), fps=30)

    def smoothed(coords):
        return smoother.smooth(PoseTracks.from_array(coords, fps=30)).tracks[0].coords

    coords = 50 * rng.normal(size=(30, 5, 2))
    np.testing.assert_allclose(smoothed(3 * coords + 700), 3 * smoothed(coords) + 700, atol=0.02)
    np.testing.assert_allclose(smoothed(np.repeat(coords[:1], 30, 0)),
                               np.repeat(coords[:1], 30, 0), atol=1e-3)


def test_live_is_offline_where_the_look_ahead_suffices(checkpoint, rng):
    coords = 50 * rng.normal(size=(40, 5, 2))
    smoother = PoseSmoother(SmoothNetFilter(checkpoint), fps=30)
    assert smoother.latency == W - 1
    frames = [f for row in coords for f in smoother.step(row)] + smoother.flush()
    live = np.stack([f.instances[0].keypoints for f in frames])
    offline = smoother.smooth(PoseTracks.from_array(coords, fps=30)).tracks[0].coords
    np.testing.assert_allclose(live, offline, atol=1e-3)


def test_one_missing_frame_changes_the_support_only(checkpoint, rng):
    coords = rng.normal(size=(60, 5, 2))
    smoother = SmoothNetFilter(checkpoint)
    clean = smoother.filter(coords, fps=30)
    broken = coords.copy()
    broken[30, 2] = np.nan
    result = smoother.filter(broken, fps=30)
    past, future = smoother.support(30)
    rows, joints, _ = np.nonzero(result != clean)
    assert np.isfinite(result).all() and set(joints) == {2}
    assert rows.min() >= 30 - future and rows.max() <= 30 + past


def test_root_is_taken_off_and_smoothed_too(network, checkpoint, rng):
    coords = rng.normal(size=(30, 4, 3)) + 100
    smoother = SmoothNetFilter(checkpoint, root_index=1, normalize='none')
    result = smoother.filter(coords, fps=30)
    root = coords[:, [1]]
    path = plain(CentredWindows(network), root)
    np.testing.assert_allclose(result[:, [1]], path, atol=1e-4)
    np.testing.assert_allclose(result[:, [3]], plain(network, coords[:, [3]] - root) + path,
                               atol=1e-4)
    assert np.abs(result[:, 1] - coords[:, 1]).max() > 0.1
    moved = smoother.filter(coords + 50, fps=30)
    np.testing.assert_allclose(moved, result + 50, atol=1e-3)


def test_unseen_keypoint_does_not_shift_the_root(checkpoint, rng):
    coords = rng.normal(size=(20, 4, 3))
    coords[:, 0] = np.nan
    smoother = SmoothNetFilter(checkpoint, root_index=2)
    result = smoother.filter(coords, fps=30)
    assert np.isnan(result[:, 0]).all()
    expected = SmoothNetFilter(checkpoint, root_index=1).filter(coords[:, 1:], fps=30)
    np.testing.assert_allclose(result[:, 1:], expected, atol=1e-6)
    with pytest.raises(DataFormatError, match='root_index is 9'):
        SmoothNetFilter(checkpoint, root_index=9).filter(coords, fps=30)


def test_network_that_mixes_the_joints(tmp_path, rng):
    torch.manual_seed(0)
    network = MotionRefineNet(14, 3, W, None, 16, 6, 1, protocol='reference').eval()
    torch.save(network.state_dict(), tmp_path / 'mrn.pth')
    smoother = SmoothNetFilter(tmp_path / 'mrn.pth')
    assert not smoother.joint_wise
    coords = rng.normal(size=(20, 14, 3))
    np.testing.assert_allclose(smoother.filter(coords, fps=30), plain(network, coords), atol=1e-6)
    coords[:, 4] = np.nan
    result = smoother.filter(coords, fps=30)
    assert np.isnan(result[:, 4]).all() and np.isfinite(np.delete(result, 4, 1)).all()
    with pytest.raises(DataFormatError, match='51 channels'):
        smoother.filter(rng.normal(size=(20, 17, 3)), fps=30)
    with pytest.raises(ConfigError, match='root_index cannot be used with MotionRefineNet'):
        SmoothNetFilter(tmp_path / 'mrn.pth', root_index=0)


def test_config_of_mmpose_0x(checkpoint):
    smoother = SMOOTHERS.build(dict(
        type='SmoothNetFilter', window_size=W, output_size=W, checkpoint=checkpoint,
        hidden_size=12, res_hidden_size=6, num_blocks=1, device='cpu', root_index=None))
    assert smoother.support(30) == (W - 1, W - 1) and smoother.joint_wise


def test_config_of_mmhuman3d_with_a_cached_download(checkpoint, tmp_path, monkeypatch):
    config = dict(type='smoothnet', window_size=W, output_size=W,
                  checkpoint='https://example.com/smoothnet_windowsize8.pth.tar?versionId=CAE')
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path / 'hub'))
    with pytest.raises(CheckpointError, match=r'does not download.*smoothnet_windowsize8.pth.tar'):
        SMOOTHERS.build(dict(config))
    target = tmp_path / 'hub' / 'checkpoints' / 'smoothnet_windowsize8.pth.tar'
    target.parent.mkdir(parents=True)
    shutil.copy(checkpoint, target)
    assert SMOOTHERS.build(dict(config)).checkpoint == str(target)


def test_torch_in_torch_out(checkpoint):
    smoother = SmoothNetFilter(checkpoint)
    result = smoother.filter(torch.zeros(10, 3, 2), fps=30)
    assert isinstance(result, torch.Tensor) and result.dtype == torch.float32


def test_describe_holds_the_fingerprint(network, checkpoint):
    described = SmoothNetFilter(checkpoint).describe()
    assert described['weights'] == weights_hash(network.state_dict())
    assert described['network'] == 'SmoothNet' and described['window_size'] == W


@pytest.mark.parametrize('arguments, error, message', [
    (dict(checkpoint=None), CheckpointError, 'needs weights.*convert_checkpoint'),
    (dict(checkpoint=''), CheckpointError, 'needs weights'),
    (dict(checkpoint='none.pth'), CheckpointError, "'none.pth' not found"),
    (dict(window_size=32), CheckpointError, 'window_size=32 was given.*window_size=8'),
    (dict(window_stride=9), ConfigError, 'window_stride is 9'),
    (dict(window_stride=True), ConfigError, 'window_stride is True'),
    (dict(device='abacus'), ConfigError, "device 'abacus'"),
    (dict(normalize='much'), ConfigError, "normalize is 'much'"),
])
def test_bad_arguments(arguments, error, message, checkpoint):
    with pytest.raises(error, match=message):
        SmoothNetFilter(**{'checkpoint': checkpoint, **arguments})


def test_importing_the_filter_does_not_import_the_networks():
    code = ('import sys; import smoothnet_plugin.filters.smoothnet_filter as m; '
            "sys.exit('smoothnet_plugin.models' in sys.modules)")
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0


def test_precision_is_checked(tmp_path):
    path = tmp_path / 'w.safetensors'
    network = SmoothNet(W, hidden_size=8, res_hidden_size=4, num_blocks=1)
    save_safetensors(path, network.state_dict(), dict(
        type='SmoothNet', window_size=W, hidden_size=8, res_hidden_size=4, num_blocks=1))
    x = np.random.default_rng(0).normal(size=(30, 4, 2)).cumsum(axis=0)
    exact = SmoothNetFilter(path).filter(x, fps=30)
    half = SmoothNetFilter(path, precision='bf16').filter(x, fps=30)
    assert 0 < np.abs(half - exact).max() < 0.02 * np.ptp(x)
    assert SmoothNetFilter(path, precision='auto').precision in ('fp32', 'bf16')
    with pytest.raises(ConfigError, match='Known: auto, bf16, fp32'):
        SmoothNetFilter(path, precision='int8')
