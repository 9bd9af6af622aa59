from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.structures import PoseSequence, PoseTracks, Skeleton, get_skeleton
from smoothnet_plugin.visualization.anatomy import anatomy_of, known_skeleton, known_skeletons

from ..walking import walking_person


def test_sides_and_colour_of_lines():
    anatomy = anatomy_of(get_skeleton('coco'), 17)
    assert anatomy.side[:3] == (1, 0, 2)
    assert anatomy.link_side(0, 1) == 0 and anatomy.link_side(2, 0) == 2
    assert anatomy.link_side(5, 6) == 1 and anatomy.link_side(5, 7) == 0


def test_letters_for_sides_count_too():
    anatomy = anatomy_of(Skeleton('file', ('LKnee', 'RKnee', 'Neck')), 3)
    assert anatomy.side == (0, 2, 1)


def test_fingers_have_colours_of_their_own_on_a_single_hand_only():
    hand, body = anatomy_of(get_skeleton('hand21'), 21), anatomy_of(
        get_skeleton('coco_wholebody133'), 133)
    assert hand.finger == (None, *np.repeat(range(5), 4).tolist()) and not any(hand.fine)
    assert set(body.finger) == {None}
    assert body.fine == (False, ) * 23 + (True, ) * 110


@pytest.mark.parametrize('dims', [2, 3])
def test_keypoints_without_names_are_recognised(dims):
    sequence = PoseSequence(walking_person(60, 30, dims),
                            representation=f'keypoints_{dims}d')
    assert known_skeleton(sequence) is get_skeleton('coco')
    named = sequence.replace(skeleton=Skeleton('mine', get_skeleton('coco').keypoint_names))
    skeleton = known_skeleton(named)
    assert skeleton is not None and anatomy_of(skeleton, 17).links == tuple(
        get_skeleton('coco').link_indices)


def test_a_short_track_has_the_skeleton_of_another_person():
    long = PoseSequence(walking_person(60, 30, 2))
    short = long.select(slice(2))
    assert known_skeleton(short) is None
    skeletons = known_skeletons(PoseTracks({'a': short, 'b': long}))
    assert skeletons == {'a': get_skeleton('coco'), 'b': get_skeleton('coco')}
    named = short.replace(skeleton=Skeleton('mine', tuple(map(str, range(17)))))
    assert known_skeletons(PoseTracks({'a': named, 'b': long}))['a'] is None
    assert known_skeletons(PoseTracks({'a': short})) == {'a': None}


def test_unknown_keypoints_have_no_lines(rng):
    sequence = PoseSequence(rng.normal(size=(20, 5, 2)))
    assert known_skeleton(sequence) is None
    names = tuple('abcde')
    assert known_skeleton(sequence.replace(skeleton=Skeleton('x', names))) is None
    assert anatomy_of(None, 5).links == ()
