from __future__ import annotations

import pytest

from smoothnet_plugin.io._names import frame_numbers, name_like, named_skeleton
from smoothnet_plugin.structures import get_skeleton
from smoothnet_plugin.utils.files import natural_key


@pytest.mark.parametrize('names, numbers', [
    (['clip_000000000012_keypoints.json', 'clip_000000000007_keypoints.json'], [12, 7]),
    (['0.jpg', '12.jpg', '3.jpg'], [0, 12, 3]), (['cam1_frame003.json'], [3]),
    (['cam1_007_2.png', 'cam1_008_2.png'], [7, 8]), (['a/1/05.jpg', 'a/1/06.jpg'], [5, 6]),
    (['a1.jpg', 'b2.jpg'], None), (['1_1.jpg', '1_2.jpg', '2_1.jpg'], None),
    (['walk.jpg'], None), (['01.jpg', '1.jpg'], None), ([], None),
])
def test_frame_numbers(names, numbers):
    assert frame_numbers(names) == numbers


def test_natural_order():
    assert sorted(['f10', 'f9', 'e', 'f9b'], key=natural_key) == ['e', 'f9', 'f9b', 'f10']


@pytest.mark.parametrize('name, old, new, expected', [
    ('clip_0009_keypoints.json', 9, 10, 'clip_0010_keypoints.json'), ('9.jpg', 9, 10, '10.jpg'),
    ('cam1_1.jpg', 1, 2, 'cam1_2.jpg'), ('a.jpg', 0, 3, 'a_3.jpg')])
def test_name_of_a_new_frame(name, old, new, expected):
    assert name_like(name, old, new) == expected


def test_skeletons_by_names():
    coco = get_skeleton('coco')
    assert named_skeleton(list(coco.keypoint_names), 'x') is coco
    assert named_skeleton(['a', 'b'], 'x').name == 'x'
    assert named_skeleton(['a', 'a'], 'x') is None and named_skeleton(['a', ''], 'x') is None
