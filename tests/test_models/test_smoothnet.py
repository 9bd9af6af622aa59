from __future__ import annotations

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import MotionAwareSmoothNet, SmoothNet
from smoothnet_plugin.registry import MODELS

from .conftest import assert_matches, fill_by_rule, input_by_rule


@pytest.mark.parametrize('index', [0, 1])
def test_reference_vectors(vectors, index):
    case = vectors['smoothnet'][index]
    network = fill_by_rule(SmoothNet(
        case['window'], hidden_size=case['hidden'], res_hidden_size=case['res_hidden'],
        num_blocks=case['blocks']))
    output = network(input_by_rule(2, 42, case['window']))
    assert_matches(output, case['ref_float32'])
    assert_matches(output, case['float64'])


def naive(network: SmoothNet, window: np.ndarray) -> np.ndarray:
    """One channel of one window, in float64, with plain loops over the layers."""
    state = {k: v.double().numpy() for k, v in network.state_dict().items()}

    def linear(name, x):
        return np.array([sum(w * v for w, v in zip(row, x)) + b
                         for row, b in zip(state[f'{name}.weight'], state[f'{name}.bias'])])

    def leaky(x, slope):
        return np.where(x > 0, x, slope * x)

    hidden = leaky(linear('encoder.0', window), 0.1)
    for block in range(network.num_blocks):
        inner = leaky(linear(f'res_blocks.{block}.linear1', hidden), 0.2)
        hidden = hidden + leaky(linear(f'res_blocks.{block}.linear2', inner), 0.2)
    return linear('decoder', hidden)


def test_naive_twin(small_net, generator):
    network = small_net.double()
    x = torch.randn(2, 3, 8, generator=generator, dtype=torch.float64)
    output = network(x).detach().numpy()
    for n, c in np.ndindex(2, 3):
        np.testing.assert_allclose(output[n, c], naive(network, x[n, c].numpy()), atol=1e-12)


def test_channels_are_independent(small_net, generator):
    x = torch.randn(1, 4, 8, generator=generator)
    changed = x.clone()
    changed[:, 2] += 1
    difference = (small_net(x) - small_net(changed)).abs().sum(-1)[0]
    assert (difference > 0).tolist() == [False, False, True, False]


@pytest.mark.parametrize('frames', [0, 1, 2, 7, 8, 9, 30])
@pytest.mark.parametrize('output_size', [3, 8])
def test_any_length_in_same_length_out(frames, output_size, generator):
    network = SmoothNet(8, output_size, hidden_size=12, res_hidden_size=6, num_blocks=1).eval()
    output = network(torch.randn(2, 3, frames, generator=generator))
    assert output.shape == (2, 3, frames)
    assert torch.isfinite(output).all()


def test_published_parameter_count():
    def parameters(*sizes):
        return sum(p.numel() for p in SmoothNet(*sizes).parameters())
    assert parameters(32, None, 512, 128, 5) == 691_872
    assert parameters(8, None, 512, 16, 1) == 25_624


def test_float64_input_is_cast(small_net):
    assert small_net(torch.zeros(1, 2, 8, dtype=torch.float64)).dtype == torch.float32


@pytest.mark.parametrize('arguments, named', [
    (dict(window_size=0), 'window_size is 0'),
    (dict(window_size=8, output_size=9), 'output_size is 9'),
    (dict(window_size=8, num_blocks=0), 'num_blocks is 0'),
    (dict(window_size=8, hidden_size=2.5), 'hidden_size is 2.5'),
    (dict(window_size=8, dropout=1.0), 'dropout is 1.0'),
])
@pytest.mark.parametrize('cls', [SmoothNet, MotionAwareSmoothNet])
def test_bad_arguments(cls, arguments, named):
    with pytest.raises(ConfigError, match=named):
        cls(**arguments)


def test_bad_input(small_net):
    with pytest.raises(DataFormatError, match=r'expected \(N, channels, T\)'):
        small_net(torch.zeros(8, 3))
    with pytest.raises(DataFormatError, match=r'expected \(N, channels, 8\)'):
        small_net.forward_window(torch.zeros(1, 3, 9))


def test_motion_aware_starts_as_its_position_branch(generator):
    network = MotionAwareSmoothNet(8, hidden_size=12, res_hidden_size=6, num_blocks=1).eval()
    x = torch.randn(2, 3, 8, generator=generator)
    torch.testing.assert_close(network(x), network.position(x), rtol=0, atol=1e-6)


def test_motion_aware_branches_see_the_differences(generator):
    network = MotionAwareSmoothNet(6, 4, hidden_size=12, res_hidden_size=6, num_blocks=1)
    network = network.eval().double()
    torch.nn.init.normal_(network.aggregation.weight, generator=generator)
    x = torch.randn(1, 2, 6, generator=generator, dtype=torch.float64)
    output = network.forward_window(x).detach().numpy()[0]
    for c, window in enumerate(x[0].numpy()):
        velocity = np.array([0.0] + [window[t] - window[t - 1] for t in range(1, 6)])
        accel = np.array([0.0, 0.0] + [window[t] - 2 * window[t - 1] + window[t - 2]
                                       for t in range(2, 6)])
        parts = np.concatenate([naive(network.position, window),
                                naive(network.velocity, velocity),
                                naive(network.acceleration, accel)])
        weight = network.aggregation.weight.detach().numpy()
        np.testing.assert_allclose(output[c], weight @ parts, atol=1e-12)


def test_motion_aware_learns_from_every_branch(generator):
    network = MotionAwareSmoothNet(8, hidden_size=12, res_hidden_size=6, num_blocks=1)
    torch.nn.init.normal_(network.aggregation.weight, generator=generator)
    network(torch.randn(4, 3, 8, generator=generator)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0
               for name, p in network.named_parameters() if name.endswith('encoder.0.weight'))


def test_registered():
    for name in ('SmoothNet', 'MotionAwareSmoothNet'):
        assert MODELS.build(dict(type=name, window_size=8)).window_size == 8
