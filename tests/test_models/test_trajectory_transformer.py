from __future__ import annotations

import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import TrajectoryTransformer, build_network
from smoothnet_plugin.models.trajectory_transformer import whittaker_bank

W, K, C = 16, 7, 3


SIZES = dict(hidden_size=24, num_blocks=2, num_heads=4, num_filters=4, num_mixtures=2)
PAIRS = dict(pair_size=5, num_corrections=2)


@pytest.fixture(params=[{}, PAIRS], ids=['alone', 'pairs'])
def net(request) -> TrajectoryTransformer:
    """A network with weights that leave nothing at its start value."""
    torch.manual_seed(0)
    network = TrajectoryTransformer(W, C, **SIZES, **request.param)
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network.double().eval().requires_grad_(False)


def poses(samples=2, joints=K, width=C, seed=0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    place = torch.randn(samples, joints, width, 1, generator=generator, dtype=torch.float64)
    steps = torch.randn(samples, joints, width, W, generator=generator, dtype=torch.float64)
    return (place + 0.02 * steps.cumsum(dim=-1)).flatten(1, 2)


def test_does_not_depend_on_place_or_unit(net):
    x = poses()
    moved = 1000 * x + torch.arange(C, dtype=x.dtype).repeat(K)[:, None] * 500 - 3000
    expected = 1000 * net(x) + (moved - 1000 * x)
    assert not torch.allclose(net(x), x, rtol=0, atol=1e-4)
    torch.testing.assert_close(net(moved), expected, rtol=1e-9, atol=1e-6)


def test_any_order_and_number_of_joints(net):
    x = poses().unflatten(1, (K, C))
    order = torch.randperm(K, generator=torch.Generator().manual_seed(1))
    result = net(x.flatten(1, 2)).unflatten(1, (K, C))
    permuted = net(x[:, order].flatten(1, 2)).unflatten(1, (K, C))
    torch.testing.assert_close(permuted, result[:, order])
    assert net(poses(joints=31)).shape == (2, 31 * C, W)


def test_joints_learn_from_one_another(net):
    x = poses()
    other = x.clone()
    other[:, :C] += 0.05 * torch.randn(C, W, dtype=x.dtype)
    assert (net(x) - net(other))[:, C:].abs().max() > 1e-5


def test_an_absent_joint_changes_nobody(net):
    x = poses()
    without = net(x[:, C:])
    absent = x.clone()
    absent[:, 0, 3] = float('nan')
    result = net(absent)
    torch.testing.assert_close(result[:, C:], without)
    torch.testing.assert_close(result[:, :C], absent[:, :C], equal_nan=True)


@pytest.mark.parametrize('joints', [1, K])
def test_what_stands_still_is_left_alone(net, joints):
    still = poses(joints=joints)[..., :1].expand(-1, -1, W)
    torch.testing.assert_close(net(still), still, rtol=0, atol=1e-9)


def test_all_in_one_point_stays_finite(net):
    assert bool(torch.isfinite(net(torch.zeros(1, K * C, W, dtype=torch.float64))).all())


def test_windows_do_not_influence_one_another(net):
    x = poses(samples=3)
    torch.testing.assert_close(net(x)[1:2], net(x[1:2]))


def test_bank_passes_ramps_and_grows_smoother():
    bank = whittaker_bank(W, 5)
    line = torch.arange(W, dtype=torch.float32)
    torch.testing.assert_close(bank @ line, line.expand(5, -1), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(bank[0], torch.eye(W))
    noise = bank @ torch.randn(W, generator=torch.Generator().manual_seed(0))
    rough = (noise[:, 2:] - 2 * noise[:, 1:-1] + noise[:, :-2]).abs().mean(dim=1)
    assert bool((rough.diff() < 0).all())


def test_pairs_begin_without_effect():
    torch.manual_seed(0)
    alone = TrajectoryTransformer(W, C, **SIZES).double()
    pairs = TrajectoryTransformer(W, C, **SIZES, **PAIRS).double()
    left_out = pairs.load_state_dict(alone.state_dict(), strict=False)
    assert left_out.missing_keys and not left_out.unexpected_keys
    torch.testing.assert_close(pairs(poses()), alone(poses()))


def test_wrong_sizes_are_told():
    with pytest.raises(ConfigError, match='num_corrections is -1'):
        TrajectoryTransformer(W, C, num_corrections=-1)
    with pytest.raises(ConfigError, match='divisible'):
        TrajectoryTransformer(W, C, hidden_size=10, num_heads=4)
    with pytest.raises(ConfigError, match='at least 4'):
        TrajectoryTransformer(3)
    with pytest.raises(DataFormatError, match='multiple of dim = 3'):
        TrajectoryTransformer(W, 3)(torch.zeros(1, 7, W))


def test_is_built_by_name():
    built = build_network(dict(type='TrajectoryTransformer', window_size=W, dim=2, hidden_size=12,
                               num_heads=2))
    assert isinstance(built, TrajectoryTransformer) and built.mixes_channels
