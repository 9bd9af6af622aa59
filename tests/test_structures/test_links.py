from __future__ import annotations

from itertools import pairwise

import pytest

from smoothnet_plugin.structures import get_skeleton, skeleton_names
from smoothnet_plugin.structures.links import finger_of, links_between, part_of

#: Faces, and MediaPipe's mouth, lie apart from the rest.
WHOLE = [name for name in skeleton_names()
         if name not in ('coco_wholebody133', 'halpe136', 'mediapipe33')]


@pytest.mark.parametrize('name', skeleton_names())
def test_lines_of_every_skeleton_reach_every_keypoint_and_mirror_one_another(name):
    skeleton = get_skeleton(name)
    links = {frozenset(link) for link in skeleton.link_indices}
    assert {i for link in links for i in link} == set(range(len(skeleton.keypoint_names)))
    assert all(len(link) == 2 for link in links)
    if 'face_0' not in skeleton.keypoint_names:  # The points of a face have no sides.
        flip = skeleton.flip_indices
        assert {frozenset(flip[i] for i in link) for link in links} == links


@pytest.mark.parametrize('name', WHOLE)
def test_a_skeleton_is_in_one_piece(name):
    skeleton = get_skeleton(name)
    reached, new = {0}, {0}
    while new:
        new = {b for link in skeleton.link_indices for a, b in (link, link[::-1])
               if a in reached} - reached
        reached |= new
    assert len(reached) == len(skeleton.keypoint_names)


def test_published_lines():
    links = {frozenset(link) for link in get_skeleton('h36m').links}
    chains = ('root spine thorax neck_base head', 'root left_hip left_knee left_foot',
              'root right_hip right_knee right_foot',
              'thorax left_shoulder left_elbow left_wrist',
              'thorax right_shoulder right_elbow right_wrist')
    assert links == {frozenset(pair) for chain in chains for pair in pairwise(chain.split())}
    ap10k = {frozenset(link) for link in get_skeleton('ap10k17').links}
    assert {frozenset(('neck', 'root_of_tail')), frozenset(('left_elbow', 'left_front_paw')),
            frozenset(('root_of_tail', 'right_hip'))} <= ap10k


@pytest.mark.parametrize(('names', 'links'), [
    (['Hip', 'RHip', 'LHip', 'RKnee', 'LKnee'],
     ['Hip-LHip', 'Hip-RHip', 'LHip-LKnee', 'RHip-RKnee']),
    (['LeftUpLeg', 'RightUpLeg', 'LeftLeg', 'RightLeg', 'LeftFoot', 'RightFoot'],
     ['LeftUpLeg-LeftLeg', 'LeftLeg-LeftFoot', 'RightUpLeg-RightLeg', 'RightLeg-RightFoot',
      'LeftUpLeg-RightUpLeg']),
    (['left_hip', 'left_ankle'], ['left_hip-left_ankle']),
    (['wrist', 'index_finger_mcp', 'index_finger_tip'],
     ['wrist-index_finger_mcp', 'index_finger_mcp-index_finger_tip']),
    (['led', 'box_corner'], []),
    ([], []),
])
def test_other_spellings(names, links):
    assert {frozenset(link) for link in links_between(names)} == {
        frozenset(link.split('-')) for link in links}


def test_parts_and_fingers():
    assert part_of(['mixamorig:LeftArm', 'mixamorig:RightArm', 'Spine Shoulder']) == [
        ('left', 'arm'), ('right', 'arm'), ('', 'thorax')]
    assert [finger_of(name) for name in ('hand_0', 'hand_1', 'hand_20', 'hand_21', 'thumb2',
                                         'forefinger4', 'pinky_dip', 'wrist')] == [
        None, 0, 4, None, 0, 1, 4, None]
