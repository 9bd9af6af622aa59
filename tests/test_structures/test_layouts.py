from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.structures import get_skeleton
from smoothnet_plugin.structures.layouts import LAYOUTS, guess_skeleton

from ..walking import walking_person


def in_layout(name: str, dims: int) -> tuple[np.ndarray, str]:
    """The walking person's keypoints in another layout."""
    person = walking_person(60, 30, dims)
    at = {n: person[:, i] for i, n in enumerate(get_skeleton('coco').keypoint_names)}
    for part in ('shoulder', 'hip'):
        at[part] = (at[f'left_{part}'] + at[f'right_{part}']) / 2
    shoulder, hip, nose = at['shoulder'], at['hip'], at['nose']
    at.update(neck=shoulder, thorax=shoulder, mid_hip=hip, root=hip, head=nose,
              spine=(shoulder + hip) / 2, spine2=(shoulder + hip) / 2,
              spine3=(shoulder + hip) / 2, neck_base=(shoulder + nose) / 2,
              head_top=nose + 0.7 * (nose - shoulder))
    for side in ('left', 'right'):
        shank = at[f'{side}_ankle'] - at[f'{side}_knee']
        hand = at[f'{side}_wrist'] + 0.2 * (at[f'{side}_wrist'] - at[f'{side}_elbow'])
        for foot in ('big_toe', 'small_toe', 'heel', 'foot_index', 'foot'):
            at[f'{side}_{foot}'] = at[f'{side}_ankle'] + 0.1 * shank
        for part in ('hand', 'hand_tip', 'thumb', 'index', 'pinky',
                     *(f'hand_{i}' for i in range(21))):
            at[f'{side}_{part}'] = hand
        for part in ('eye_inner', 'eye_outer', 'mouth'):
            at[f'{side}_{part}'] = at[f'{side}_eye']
        at[f'{side}_collar'] = (at[f'{side}_shoulder'] + shoulder) / 2
    at.update({f'face_{i}': nose for i in range(68)})
    if name == 'h36m':
        at.update({f'{side}_foot': at[f'{side}_ankle'] for side in ('left', 'right')})
    names = next(layout for layout in LAYOUTS if layout.name == name).keypoint_names
    return np.stack([at[n] for n in names], axis=1), name


@pytest.mark.parametrize('dims', [2, 3])
@pytest.mark.parametrize('name', [layout.name for layout in LAYOUTS])
def test_every_layout_is_recognised(name, dims):
    coords, expected = in_layout(name, dims)
    found = guess_skeleton(coords)
    assert found is not None and found.name == expected


@pytest.mark.parametrize('dims', [2, 3])
def test_exchanges_gaps_scale_and_axes_do_not_matter(dims, rng):
    coords = walking_person(60, 30, dims)
    flip = get_skeleton('coco').flip_indices
    coords[20:35] = coords[20:35][:, flip]
    coords[rng.random(coords.shape[:2]) < 0.2] = np.nan
    for changed in (coords, 1000 * coords + 5, -coords[..., ::-1]):
        found = guess_skeleton(changed)
        assert found is not None and found.name == 'coco'


def test_no_guess_for_points_that_make_no_body(rng):
    counts = sorted({len(layout.keypoint_names) for layout in LAYOUTS} | {14, 21})
    for count in counts:
        for dims in (2, 3):
            for _ in range(40):
                points = rng.uniform(size=(1, count, dims))
                moving = points + np.cumsum(0.01 * rng.normal(size=(10, count, dims)), axis=0)
                assert guess_skeleton(moving) is None


def test_no_guess_for_a_body_in_the_wrong_order(rng):
    coords = walking_person(60, 30)
    for _ in range(100):
        order = rng.permutation(17)
        assert guess_skeleton(coords[:, order]) is None


def test_no_guess_where_too_little_is_seen():
    coords = walking_person(60, 30)
    assert guess_skeleton(coords[:3]) is None
    assert guess_skeleton(coords[:0]) is None
    assert guess_skeleton(coords[..., :1]) is None
    assert guess_skeleton(coords[0]) is None
    coords[3:] = np.nan
    assert guess_skeleton(coords) is None
    hidden = walking_person(60, 30)
    hidden[:, 11:] = np.nan
    assert guess_skeleton(hidden) is None
