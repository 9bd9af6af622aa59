from __future__ import annotations

import pytest

from smoothnet_plugin.structures import get_skeleton
from smoothnet_plugin.structures.layouts import LAYOUTS
from smoothnet_plugin.structures.left_right import (
    joints_by_name,
    left_right_groups,
    left_right_pairs,
    mirror_indices,
)


def spelt(names: list[str]) -> dict[str, list[tuple[str, str]]]:
    found = left_right_groups(names)
    return {group: [(names[i], names[j]) for i, j in pairs]
            for group, pairs in zip(found.names, found.groups)}


@pytest.mark.parametrize(('left', 'right'), [
    ('left_knee', 'right_knee'), ('LEFT_KNEE', 'RIGHT_KNEE'), ('leftKnee', 'rightKnee'),
    ('KneeLeft', 'KneeRight'), ('Left Knee', 'Right Knee'), ('LKnee', 'RKnee'),
    ('l_knee', 'r_knee'), ('L_Knee', 'R_Knee'), ('knee_l', 'knee_r'), ('knee.L', 'knee.R'),
    ('KneeL', 'KneeR'), ('lknee', 'rknee'), ('mixamorig:LeftKnee', 'mixamorig:RightKnee'),
])
def test_spellings_of_a_side(left, right):
    assert left_right_pairs(['nose', right, left]) == [(2, 1)]
    assert spelt([left, right]) == {'legs': [(left, right)]}


@pytest.mark.parametrize(('names', 'mirror'), [
    (['root', 'lfemur', 'ltibia', 'rfemur', 'rtibia', 'lowerback', 'lowerneck', 'lhand', 'rhand'],
     [0, 3, 4, 1, 2, 5, 6, 8, 7]),
    (['Hips', 'LHipJoint', 'RHipJoint', 'LowerBack', 'LeftForeArm', 'RightForeArm', 'LThumb',
      'RThumb'], [0, 2, 1, 3, 5, 4, 7, 6]),
    (['wrist_l', 'wrist_r', 'root'], [1, 0, 2]),
    (['hand.L', 'hand.R', 'rearL'], [1, 0, 2]),
    (['left_eye', 'nose'], [0, 1]),
    ([], []),
])
def test_mirror(names, mirror):
    assert mirror_indices(names).tolist() == mirror


def test_no_side_is_made_up():
    assert left_right_pairs(['lowerback', 'lowerneck', 'root', 'nose', 'pelvis', 'left_eye']) == []
    nothing = left_right_groups(['root', 'nose'])
    assert nothing.names == nothing.groups == () and not nothing.torso


def test_coco_groups_start_at_the_trunk():
    coco = get_skeleton('coco')
    found = left_right_groups(coco.keypoint_names)
    assert found.names == ('arms', 'legs') and found.torso
    assert found.groups == (((5, 6), (7, 8), (9, 10)), ((11, 12), (13, 14), (15, 16)))
    assert found.head == ((1, 2), (3, 4))


def test_a_forearm_is_no_ear():
    found = left_right_groups(['LeftForeArm', 'RightForeArm', 'LeftEar', 'RightEar'])
    assert found.groups == (((0, 1),),) and found.head == ((2, 3),)


def test_kinect_like_subset_has_no_torso():
    names = ['Pelvis', 'Head', 'LSho', 'LElb', 'LWri', 'RSho', 'RElb', 'RWri', 'LKnee', 'LAnk',
             'RKnee', 'RAnk']
    found = left_right_groups(names)
    assert found.groups == (((2, 5), (3, 6), (4, 7)), ((8, 10), (9, 11)))
    assert not found.torso


def test_motion_capture_names():
    amc = ['root', 'lhipjoint', 'rhipjoint', 'lowerback', 'lfemur', 'rfemur', 'lclavicle',
           'rclavicle', 'lhumerus', 'rhumerus', 'ltoes', 'rtoes']
    assert spelt(amc) == {
        'arms': [('lclavicle', 'rclavicle'), ('lhumerus', 'rhumerus')],
        'legs': [('lhipjoint', 'rhipjoint'), ('lfemur', 'rfemur'), ('ltoes', 'rtoes')]}
    bvh = ['LHipJoint', 'LeftUpLeg', 'RHipJoint', 'RightUpLeg', 'LeftShoulder', 'LeftArm',
           'RightShoulder', 'RightArm', 'LThumb', 'RThumb']
    assert spelt(bvh) == {
        'arms': [('LeftArm', 'RightArm'), ('LeftShoulder', 'RightShoulder'), ('LThumb', 'RThumb')],
        'legs': [('LeftUpLeg', 'RightUpLeg'), ('LHipJoint', 'RHipJoint')]}


@pytest.mark.parametrize('layout', LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout_has_two_groups_that_agree_with_its_flip(layout):
    found = left_right_groups(layout.keypoint_names)
    assert found.names == ('arms', 'legs') and found.torso
    flip = {frozenset(pair) for pair in enumerate(layout.flip_indices) if pair[0] != pair[1]}
    pairs = [pair for group in (*found.groups, found.head) for pair in group]
    assert {frozenset(pair) for pair in pairs} == flip


@pytest.mark.parametrize(('names', 'joints'), [
    (['Head', 'LSho', 'RSho', 'LAnk', 'RAnk'], {'Head': [0], 'Sho': [1, 2], 'Ank': [3, 4]}),
    (['right_knee', 'nose', 'left_knee'], {'knee': [0, 2], 'nose': [1]}),
    (['knee.R', 'knee.L', 'LeftUpLeg', 'RightUpLeg'], {'knee': [0, 1], 'UpLeg': [2, 3]}),
    (['lowerback', 'lfemur', 'rfemur'], {'lowerback': [0], 'femur': [1, 2]}),
    (['left_hip', 'right_elbow'], {'left_hip': [0], 'right_elbow': [1]}),
])
def test_joints_by_name(names, joints):
    assert joints_by_name(names) == joints
