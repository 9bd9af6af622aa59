from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.processing.kinematics import forward_kinematics
from smoothnet_plugin.processing.robust_mean import robust_mean
from smoothnet_plugin.structures.body_joints import BODY_JOINTS, body_tree


@pytest.mark.parametrize('joints', BODY_JOINTS)
def test_trees_of_the_body_models(joints):
    names = BODY_JOINTS[joints]
    tree = body_tree(names)
    assert tree.parents[0] == -1 and (tree.parents[1:] >= 0).all()
    assert (tree.parents < np.arange(joints)).all()
    rest = forward_kinematics(np.tile(np.eye(3), (1, joints, 1, 1)), tree.parents, tree.offsets)[0]
    left = [i for i, name in enumerate(names) if name.startswith('left_')]
    right = [names.index(f'right_{names[i][5:]}') for i in left]
    np.testing.assert_allclose(rest[left] * [-1, 1, 1], rest[right])
    height = rest[:, 1].max() - rest[:, 1].min()
    assert 1.4 < height < 1.7
    assert rest[names.index('left_wrist'), 0] > 0.7


def test_smpl_parents_are_those_of_the_model():
    known = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
    assert body_tree(BODY_JOINTS[24]).parents.tolist() == known
    hands = body_tree(BODY_JOINTS[52]).parents[22:].tolist()
    assert hands[:6] == [20, 22, 23, 20, 25, 26] and hands[15:17] == [21, 37]


def test_forward_kinematics_by_hand_and_by_products(rng):
    tree = body_tree(BODY_JOINTS[24])
    turns = Rotation.random(3 * 24, random_state=0).as_matrix().reshape(3, 24, 3, 3)
    found = forward_kinematics(turns, tree.parents, tree.offsets)
    for frame in range(3):
        for joint in range(24):
            place, at = tree.offsets[joint], tree.parents[joint]
            while at >= 0:
                place = turns[frame, at] @ place + tree.offsets[at]
                at = tree.parents[at]
            np.testing.assert_allclose(found[frame, joint], place, atol=1e-12)
    moved = np.tile(tree.offsets, (3, 1, 1))
    moved[:, 0] += [[1, 2, 3]]
    np.testing.assert_allclose(forward_kinematics(turns.reshape(3, 24, 9), tree.parents, moved),
                               found + [1, 2, 3], atol=1e-12)


def test_it_agrees_with_smplx():
    torch = pytest.importorskip('torch')
    lbs = pytest.importorskip('smplx.lbs')
    tree = body_tree(BODY_JOINTS[24])
    turns = Rotation.random(2 * 24, random_state=1).as_matrix().reshape(2, 24, 3, 3)
    rest = forward_kinematics(np.tile(np.eye(3), (2, 24, 1, 1)), tree.parents, tree.offsets)
    joints, _ = lbs.batch_rigid_transform(*(torch.from_numpy(np.array(a)) for a in (turns, rest)),
                                          torch.from_numpy(tree.parents))
    np.testing.assert_allclose(forward_kinematics(turns, tree.parents, tree.offsets),
                               joints.numpy(), atol=1e-9)


def test_wrong_trees(rng):
    turns = np.tile(np.eye(3), (2, 2, 1, 1))
    with pytest.raises(DataFormatError, match='before its parent'):
        forward_kinematics(turns, [1, -1], np.zeros((2, 3)))
    with pytest.raises(DataFormatError, match='rotations have shape'):
        forward_kinematics(turns, [-1, 0, 1], np.zeros((3, 3)))
    with pytest.raises(DataFormatError, match='offsets have shape'):
        forward_kinematics(turns, [-1, 0], np.zeros((3, 3)))


def test_robust_mean(rng):
    values = rng.normal(0, 0.1, (50, 10)) + np.arange(10)
    values[:5] += 20
    values[7] = np.nan
    mean = robust_mean(values)
    assert np.abs(mean - np.arange(10)).max() < 0.08
    assert np.abs(np.nanmean(values, axis=0) - np.arange(10)).min() > 1
    np.testing.assert_array_equal(robust_mean(np.ones((4, 2))), [1, 1])
    assert np.isnan(robust_mean(np.full((3, 2), np.nan))).all()
    only = robust_mean(np.array([[1.0], [2.0], [9.0]]), np.array([1.0, 1, 0]))
    assert only == pytest.approx(1.5)
