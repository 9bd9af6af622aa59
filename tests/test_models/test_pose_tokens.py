from __future__ import annotations

import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import (
    DeciWatch,
    KinematicAttentionNet,
    PoseRefiner,
    build_network,
    load_network,
    save_safetensors,
)

NETWORKS = [dict(type='DeciWatch', num_keypoints=5, dim=3, window_size=11, interval=5,
                 hidden_size=16, num_layers=1),
            dict(type='KinematicAttentionNet', num_keypoints=5, dim=3, window_size=12,
                 hidden_size=16, num_layers=1)]


@pytest.fixture(params=NETWORKS, ids=lambda config: config['type'])
def config(request):
    torch.manual_seed(0)
    return request.param


def trained(config):
    """The network with weights that have an effect."""
    network = build_network(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def test_a_constant_added_to_a_channel_is_added_to_the_result(config):
    network = trained(config)
    x = torch.randn(3, 15, network.window_size)
    shift = torch.randn(3, 15, 1)
    torch.testing.assert_close(network(x + shift), network(x) + shift, rtol=1e-4, atol=1e-4)


def test_sequences_of_any_length_and_shorter_outputs(config):
    network = trained(config)
    for frames in (1, 5, network.window_size, 40):
        assert network(torch.randn(2, 15, frames)).shape == (2, 15, frames)
    short = build_network({**config, 'output_size': 4}).eval()
    x = torch.randn(2, 15, network.window_size)
    assert short.forward_window(x).shape == (2, 15, 4)
    with pytest.raises(DataFormatError, match='16 channels'):
        network(torch.randn(2, 16, network.window_size))


def test_weights_return_from_a_file(config, tmp_path):
    network = trained(config)
    save_safetensors(tmp_path / 'w.safetensors', network.state_dict(), config)
    loaded = load_network(tmp_path / 'w.safetensors')
    x = torch.randn(2, 15, network.window_size)
    torch.testing.assert_close(loaded(x), network(x))


def test_training_lowers_the_loss(config):
    model = PoseRefiner(dict(config, dropout=0.0)).train()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    time = torch.arange(model.network.window_size)[None, :, None, None] / 6
    truth = torch.sin(time + torch.rand(64, 1, 5, 3) * 6)
    losses = []
    for _ in range(120):
        noisy = truth + 0.3 * torch.randn_like(truth)
        loss = sum(model.loss(noisy, truth).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) < 0.85 * sum(losses[:5])


def test_deciwatch_reads_sampled_frames_only():
    network = trained(NETWORKS[0])
    x = torch.randn(1, 15, 11)
    other = x.clone()
    other[..., 3] += 1
    other[..., 7] -= 1  # The mean of the window stays.
    torch.testing.assert_close(network(x), network(other), rtol=1e-4, atol=1e-4)
    other[..., 5] += 1
    assert not torch.allclose(network(x), network(other), atol=1e-2)


def test_new_networks_begin_with_the_line_and_the_identity():
    x = torch.randn(2, 15, 11).cumsum(-1)
    lines = DeciWatch(5, 3, 11, interval=5).eval()(x)
    torch.testing.assert_close(lines[..., ::5], x[..., ::5])
    torch.testing.assert_close(lines[..., 1], 0.8 * x[..., 0] + 0.2 * x[..., 5])
    x = torch.randn(2, 15, 12)
    torch.testing.assert_close(KinematicAttentionNet(5, 3, 12).eval()(x), x)


@pytest.mark.parametrize(('network', 'arguments', 'message'), [
    (DeciWatch, dict(window_size=32, interval=10), 'multiple of interval = 10 plus 1'),
    (DeciWatch, dict(hidden_size=30), 'multiple of num_heads = 4'),
    (KinematicAttentionNet, dict(window_size=30), 'multiple of 4'),
    (KinematicAttentionNet, dict(num_scales=0), 'num_scales = 0'),
])
def test_sizes_that_do_not_fit(network, arguments, message):
    with pytest.raises(ConfigError, match=message):
        network(5, 3, **arguments)
