from __future__ import annotations

from smoothnet_plugin.datasets.keypoints import limb_groups
from smoothnet_plugin.structures import get_skeleton

CMU = ['root', 'lfemur', 'ltibia', 'rfemur', 'rtibia', 'lowerback', 'lowerneck', 'lhand', 'rhand']


def test_limbs():
    def named(names):
        return sorted(sorted(names[i] for i in group) for group in limb_groups(names))

    assert named(CMU) == [['lfemur', 'ltibia'], ['lhand'], ['rfemur', 'rtibia'], ['rhand']]
    coco = get_skeleton('coco').keypoint_names
    assert [len(group) for group in named(coco)] == [3, 3, 3, 3]
    assert [group.tolist() for group in limb_groups(['a', 'b'])] == [[0], [1]]
