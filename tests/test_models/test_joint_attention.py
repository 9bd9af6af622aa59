from __future__ import annotations

import pytest
import torch

from smoothnet_plugin.models.joint_pairs import (
    DistanceCorrection,
    PairValues,
    pair_features,
    pair_geometry,
    ways,
)

FRAMES = 20


def forearm() -> torch.Tensor:
    """Elbow at rest, wrist on a circle of radius 1 around it, a bystander; (1, 3, 2, FRAMES)."""
    angle = torch.linspace(0, 3, FRAMES, dtype=torch.float64)
    poses = torch.zeros(1, 3, 2, FRAMES, dtype=torch.float64)
    poses[0, 1] = torch.stack([angle.cos(), angle.sin()])
    poses[0, 2, 0] = 3
    return poses


def all_present(number: int = 3) -> torch.Tensor:
    return torch.ones(1, number, dtype=torch.bool)


def correction(num: int = 1) -> DistanceCorrection:
    torch.manual_seed(0)
    return DistanceCorrection(num).double().requires_grad_(False)


def trust(layer: DistanceCorrection) -> DistanceCorrection:
    """Weights that go to the pairs whose distance changes least."""
    layer.linear1.weight.zero_()
    layer.linear1.weight[0, 1] = -1
    layer.linear1.bias.zero_()
    layer.linear2.weight.zero_()
    layer.linear2.weight[0, 0] = 100
    return layer


def test_ways_lead_from_row_to_column():
    way, apart = ways(forearm())
    torch.testing.assert_close(torch.stack(way, dim=3)[0, 0, 1], forearm()[0, 1])
    torch.testing.assert_close(apart[0, 0, 1], torch.ones(FRAMES, dtype=torch.float64))
    torch.testing.assert_close(apart, apart.transpose(1, 2))


def test_features_tell_bones_from_other_pairs():
    features = pair_features(ways(forearm())[1])
    assert features.shape == (1, 3, 3, 2)
    assert features[0, 0, 1, 1] < features[0, 1, 2, 1] - 1


def test_a_pose_that_keeps_its_distances_is_not_corrected():
    still = torch.randn(2, 4, 3, 1, dtype=torch.float64).expand(-1, -1, -1, FRAMES)
    way, apart = ways(still)
    moved = correction(2)(way, apart, pair_features(apart), all_present(4).expand(2, -1))
    assert moved.shape == (2, 4, 2, 3, FRAMES)
    torch.testing.assert_close(moved, torch.zeros_like(moved))


def test_a_stretched_bone_is_pulled_back_along_itself():
    poses = forearm()
    poses[0, 1, :, 7] *= 1.2
    way, apart = ways(poses)
    # What joints are to one another is known from elsewhere, so that one frame does not hide it.
    features = pair_features(ways(forearm())[1])
    moved = trust(correction())(way, apart, features, all_present())[0, 1, 0]
    outward = poses[0, 1] / poses[0, 1].norm(dim=0)
    along = (moved * outward).sum(dim=0)
    assert along[7] < -0.05 and along[:7].abs().max() < 0.02
    across = moved[0] * outward[1] - moved[1] * outward[0]
    assert across[7].abs() < 0.1 * along[7].abs()


def test_absent_joints_pull_no_other():
    poses = forearm() + 0.01 * torch.randn(1, 3, 2, FRAMES, dtype=torch.float64)
    way, apart = ways(poses)
    features, layer = pair_features(apart), correction()
    without = layer([part[:, :2, :2] for part in way], apart[:, :2, :2], features[:, :2, :2],
                    all_present(2))
    present = torch.tensor([[True, True, False]])
    torch.testing.assert_close(layer(way, apart, features, present)[:, :2], without)


def test_pair_values_of_one_point_are_finite():
    posture = torch.zeros(1, 3, 2)
    features = pair_features(torch.zeros(1, 3, 3, 4))
    values = PairValues(2, 4)(features, posture)
    assert values.shape == (1, 3, 3, 4) and bool(torch.isfinite(values).all())


@pytest.mark.parametrize('values', [1, 100, 1000, 1 << 20])
@pytest.mark.parametrize('with_correction', [True, False])
def test_pairs_in_blocks_are_pairs_at_once(monkeypatch, values, with_correction):
    monkeypatch.setattr('smoothnet_plugin.models.joint_pairs._PAIR_VALUES', values)
    poses = torch.randn(5, 4, 3, FRAMES, dtype=torch.float64)
    present = all_present(4).repeat(5, 1)
    present[1, 2] = False
    layer = correction(2) if with_correction else None
    whole = pair_geometry(poses, present, 4, layer)
    with torch.no_grad():
        parts = pair_geometry(poses, present, 4, layer)
    for part, expected in zip(parts, whole):
        if with_correction or expected is not None:
            torch.testing.assert_close(part, expected)
    assert (parts[1] is None) == (not with_correction)
