from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import RotationTransformer, build_network

W, K = 16, 7


@pytest.fixture
def net() -> RotationTransformer:
    """A network with weights that leave nothing at its start value."""
    torch.manual_seed(0)
    network = RotationTransformer(W, hidden_size=24, num_blocks=2, num_heads=4, num_bands=4)
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network.double().eval().requires_grad_(False)


def curves(samples=2, joints=K, seed=0) -> torch.Tensor:
    """Quaternions that wander, (samples, joints * 4, W)."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(samples, joints, 4, 1, generator=generator, dtype=torch.float64)
    steps = torch.randn(samples, joints, 4, W, generator=generator, dtype=torch.float64)
    values = start + 0.05 * steps.cumsum(dim=-1)
    return (values / values.norm(dim=2, keepdim=True)).flatten(1, 2)


def turned(x: torch.Tensor, seed: int) -> torch.Tensor:
    """Every joint's rotations turned from the left and from the right by turns of its own."""
    values = x.unflatten(1, (-1, 4)).movedim(2, 3).numpy()
    result = torch.empty_like(x.unflatten(1, (-1, 4)))
    for joint in range(values.shape[1]):
        left, right = Rotation.random(2, np.random.default_rng(seed + joint))
        for sample in range(len(values)):
            rows = (left * Rotation.from_quat(values[sample, joint]) * right).as_quat()
            # The sign of the product, which scipy may flip.
            rows *= ((rows * (left * Rotation.from_quat(values[sample, joint, :1]) * right)
                      .as_quat()).sum(axis=1, keepdims=True) > 0) * 2.0 - 1
            result[sample, joint] = torch.from_numpy(rows.T.copy())
    return result.flatten(1, 2)


def angles(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Distances of rotations, whatever the signs of their quaternions."""
    one, other = (v.unflatten(1, (-1, 4)) / v.unflatten(1, (-1, 4)).norm(dim=2, keepdim=True)
                  for v in (x, y))
    return torch.minimum((one - other).norm(dim=2), (one + other).norm(dim=2))


def test_does_not_depend_on_axes(net):
    x = curves()
    y = net(x)
    assert angles(x, y).max() > 1e-3
    assert angles(turned(y, 5), net(turned(x, 5))).max() < 1e-6


def test_signs_of_quaternions_do_not_matter(net):
    x = curves()
    sign = torch.tensor([1.0, -1, 1, -1, -1, 1, 1], dtype=x.dtype).repeat_interleave(4)[:, None]
    torch.testing.assert_close(net(sign * x), sign * net(x))


def test_any_order_and_number_of_joints(net):
    x = curves().unflatten(1, (K, 4))
    order = torch.randperm(K, generator=torch.Generator().manual_seed(1))
    result = net(x.flatten(1, 2)).unflatten(1, (K, 4))
    permuted = net(x[:, order].flatten(1, 2)).unflatten(1, (K, 4))
    torch.testing.assert_close(permuted, result[:, order])
    assert net(curves(joints=24)).shape == (2, 96, W)


def test_joints_learn_from_one_another(net):
    x = curves()
    other = x.clone()
    other[:, :4] = curves(seed=3)[:, :4]
    assert (net(x) - net(other))[:, 4:].abs().max() > 1e-6


def test_an_absent_joint_changes_no_other(net):
    x = curves()
    absent = x.clone()
    absent[:, 0, 3] = float('nan')
    result = net(absent)
    torch.testing.assert_close(result[:, 4:], net(x[:, 4:]))
    torch.testing.assert_close(result[:, :4], absent[:, :4], equal_nan=True)


def test_what_stands_still_is_left_alone(net):
    still = curves()[..., :1].expand(-1, -1, W)
    torch.testing.assert_close(net(still), still, rtol=0, atol=1e-9)


def test_windows_do_not_influence_one_another(net):
    x = curves(samples=3)
    torch.testing.assert_close(net(x)[1:2], net(x[1:2]))


def test_a_new_network_smooths():
    torch.manual_seed(0)
    net = build_network(dict(type='RotationTransformer', window_size=W)).eval()
    x = curves().float()
    with torch.no_grad():
        y = net(x)
    assert torch.diff(y, n=2).abs().mean() < 0.7 * torch.diff(x, n=2).abs().mean()


def test_wrong_sizes_are_refused():
    with pytest.raises(ConfigError, match='num_heads'):
        RotationTransformer(W, hidden_size=25)
    with pytest.raises(ConfigError, match='at least 4'):
        RotationTransformer(3)
    with pytest.raises(DataFormatError, match='multiple of dim = 4'):
        RotationTransformer(W, hidden_size=8, num_heads=2)(torch.zeros(1, 6, W))
