from __future__ import annotations

import pytest

from smoothnet_plugin.datasets.keypoints import limb_groups, mirror_indices
from smoothnet_plugin.structures import get_skeleton, skeleton_names

CMU = ['root', 'lfemur', 'ltibia', 'rfemur', 'rtibia', 'lowerback', 'lowerneck', 'lhand', 'rhand']
BVH = ['Hips', 'LHipJoint', 'RHipJoint', 'LowerBack', 'LeftForeArm', 'RightForeArm', 'LThumb',
       'RThumb']


@pytest.mark.parametrize(('names', 'mirror'), [
    (CMU, [0, 3, 4, 1, 2, 5, 6, 8, 7]),
    (BVH, [0, 2, 1, 3, 5, 4, 7, 6]),
    (['wrist_l', 'wrist_r', 'root'], [1, 0, 2]),
    (['hand.L', 'hand.R', 'rearL'], [1, 0, 2]),
    (['left_eye', 'nose'], [0, 1]),
    ([], []),
])
def test_mirror(names, mirror):
    assert mirror_indices(names).tolist() == mirror


@pytest.mark.parametrize('name', skeleton_names())
def test_mirror_agrees_with_the_skeletons(name):
    skeleton = get_skeleton(name)
    assert mirror_indices(skeleton.keypoint_names).tolist() == skeleton.flip_indices


def test_limbs():
    def named(names):
        return sorted(sorted(names[i] for i in group) for group in limb_groups(names))

    assert named(CMU) == [['lfemur', 'ltibia'], ['lhand'], ['rfemur', 'rtibia'], ['rhand']]
    coco = get_skeleton('coco').keypoint_names
    assert [len(group) for group in named(coco)] == [3, 3, 3, 3]
    assert [group.tolist() for group in limb_groups(['a', 'b'])] == [[0], [1]]
