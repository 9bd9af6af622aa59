from __future__ import annotations

import pytest
import torch

from smoothnet_plugin.models import GroupedJoints, TrajectoryTransformer
from smoothnet_plugin.models.grouped_joints import MOST_TOGETHER, groups_of

W = 16


@pytest.fixture(scope='module')
def net() -> TrajectoryTransformer:
    torch.manual_seed(0)
    network = TrajectoryTransformer(W, 2, hidden_size=12, num_blocks=1, num_heads=2, num_filters=3,
                                    num_mixtures=1, pair_size=4, num_corrections=1)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.double().eval().requires_grad_(False)


def windows(joints: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(joints)
    place = torch.randn(2, 2 * joints, 1, generator=generator, dtype=torch.float64)
    return place + torch.randn(2, 2 * joints, W, generator=generator,
                               dtype=torch.float64).cumsum(dim=-1) / 20


@pytest.mark.parametrize('joints', [41, 68, 133, 300])
def test_every_joint_is_in_one_group(net, joints):
    members = [joint for group in groups_of(joints) for joint in range(joints)[group]]
    assert members == list(range(17, joints))
    assert all(len(range(joints)[group]) <= 23 for group in groups_of(joints))
    x = windows(joints)
    result = GroupedJoints(net, net.dim).forward_window(x)
    assert result.shape == x.shape
    torch.testing.assert_close(result[:, :34], net.forward_window(x[:, :34]))
    for group in groups_of(joints):
        channels = slice(2 * group.start, 2 * group.stop)
        if group.stop - group.start < 12:
            alone = net.forward_window(torch.cat([x[:, :34], x[:, channels]], dim=1))[:, 34:]
        else:
            alone = net.forward_window(x[:, channels])
        torch.testing.assert_close(result[:, channels], alone)


def test_parts_of_a_whole_body():
    assert groups_of(133)[0] == slice(17, 23)
    assert groups_of(133)[-2:] == [slice(91, 112), slice(112, 133)]


def test_few_joints_are_refined_together(net):
    x = windows(MOST_TOGETHER)
    torch.testing.assert_close(GroupedJoints(net, net.dim).forward_window(x), net.forward_window(x))


def test_missing_joints_stay_in_their_group(net):
    x = windows(133)
    holed = x.clone()
    holed[:, 2 * 91:2 * 133] = float('nan')     # both hands
    result = GroupedJoints(net, net.dim).forward_window(holed)
    torch.testing.assert_close(result[:, :2 * 91],
                               GroupedJoints(net, net.dim).forward_window(x)[:, :2 * 91])
    assert bool(result[:, 2 * 91:].isnan().all())
