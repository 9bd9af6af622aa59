from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import (
    REPRESENTATIONS,
    BodySequence,
    PoseSequence,
    PoseTracks,
    default_unit,
    get_skeleton,
    representation_of,
    skeleton_names,
)


def test_defaults_of_a_sequence():
    coords = np.zeros((4, 3, 2), dtype=np.float32)
    coords[1, 2] = np.nan
    sequence = PoseSequence(coords)
    assert sequence.unit == 'px' and sequence.coords.dtype == np.float32
    assert sequence.frame_ids.tolist() == [0, 1, 2, 3]
    assert not sequence.valid[1, 2] and sequence.valid.sum() == 11
    assert not sequence.filled.any()
    assert PoseSequence(np.zeros((1, 3, 3)), representation='keypoints_3d').unit == 'm'
    assert PoseSequence(np.zeros((1, 3, 6), int), representation='rot6d').coords.dtype == float


@pytest.mark.parametrize(('fields', 'words'), [
    (dict(coords=np.zeros((4, 2))), ['(4, 2)', '(T, K, C)']),
    (dict(coords=np.zeros((4, 3, 3))), ['C = 2', 'C = 3']),
    (dict(representation='euler'), ['euler', 'axis_angle']),
    (dict(scores=np.ones((4, 2))), ['scores', '(4, 2)', '(4, 3)']),
    (dict(frame_ids=[0, 2, 2, 3]), ['strictly increasing']),
    (dict(fps=0), ['fps', '0']),
    (dict(skeleton=get_skeleton('coco')), ["'coco'", '17', 'K = 3']),
    (dict(refs=[1]), ['refs']),
])
def test_a_wrong_field_is_named(fields, words):
    with pytest.raises(DataFormatError) as info:
        PoseSequence(**{'coords': np.zeros((4, 3, 2)), **fields})
    for word in words:
        assert word in str(info.value)


@pytest.mark.parametrize('rows', [slice(1, 3), np.array([1, 2]), np.array([False, True, True])])
def test_select(rows):
    sequence = PoseSequence(np.arange(18.).reshape(3, 3, 2), scores=np.ones((3, 3)),
                            frame_ids=[2, 5, 9], refs=list('abc'))
    part = sequence.select(rows)
    assert part.frame_ids.tolist() == [5, 9] and part.refs == ['b', 'c'] and len(part) == 2


def test_clip_knows_frames_without_people():
    sequence = PoseSequence(np.zeros((2, 3, 2)), frame_ids=[3, 4])
    tracks = PoseTracks({'a': sequence}, frame_ids=np.arange(6))
    assert tracks.num_frames == 6 and len(tracks) == 1 and tracks['a'] is sequence
    assert PoseTracks({'a': sequence}).frame_ids.tolist() == [3, 4]
    assert PoseTracks().num_frames == 0


def test_clip_refuses_what_does_not_belong_together():
    one = PoseSequence(np.zeros((2, 3, 2)))
    other = PoseSequence(np.zeros((2, 4, 2)))
    with pytest.raises(DataFormatError, match='share keypoints'):
        PoseTracks({0: one, 1: other})
    with pytest.raises(DataFormatError, match='the first is 1'):
        PoseTracks({0: one}, frame_ids=[0, 2])


@pytest.mark.parametrize('name', skeleton_names())
def test_skeletons_are_whole(name):
    skeleton = get_skeleton(name)
    names = skeleton.keypoint_names
    assert len(set(names)) == len(names)
    assert all(0 <= a < len(names) and 0 <= b < len(names) for a, b in skeleton.link_indices)
    flip = skeleton.flip_indices
    assert [flip[i] for i in flip] == list(range(len(names)))
    assert all(('left' in names[i]) == ('right' in names[j]) for i, j in enumerate(flip))
    assert len(skeleton.sigmas) in (0, len(names)) and skeleton.root_indices


def test_misspelt_skeleton_gets_an_offer():
    with pytest.raises(ConfigError, match="'coco'"):
        get_skeleton('coca')


@pytest.mark.parametrize('representation', REPRESENTATIONS)
def test_width_and_unit_of_a_representation(representation):
    assert representation_of(REPRESENTATIONS[representation], representation) == representation
    with pytest.raises(DataFormatError, match=rf'{representation} has C = .* the poses have C = 5'):
        representation_of(5, representation)
    units = {'keypoints_2d': 'px', 'keypoints_3d': 'm'}
    assert default_unit(representation) == units.get(representation, '')


def test_representation_that_the_width_leaves_open():
    assert [representation_of(width) for width in (2, 3)] == ['keypoints_2d', 'keypoints_3d']
    with pytest.raises(DataFormatError, match=r'C = 6 .*rot6d'):
        representation_of(6)


@pytest.mark.parametrize('dtype', ['U3', 'S3', object, complex, 'M8[s]'])
@pytest.mark.parametrize('name', ['scores', 'spread'])
def test_values_of_other_types_are_refused(name, dtype):
    """A pickle may hold scores of text; filters would fail on them one after the other."""
    values = np.zeros((4, 3), dtype=dtype)
    with pytest.raises(DataFormatError, match=f'{name} has values of type .* expected numbers'):
        PoseSequence(np.zeros((4, 3, 2)), **{name: values})


@pytest.mark.parametrize(('values', 'words'), [
    (np.zeros((4, 0)), r'shape \(4, 0\)'), (np.zeros((3, 2)), r'shape \(3, 2\)'),
    (np.zeros(4), r'shape \(4,\)'), (np.full((4, 3), 'x'), 'type <U1')])
def test_points_and_shapes_of_body_models(values, words):
    fields = dict(coords=np.zeros((4, 24, 3)), representation='axis_angle')
    with pytest.raises(DataFormatError, match=f'trans has .*{words}'):
        BodySequence(**fields, points={'trans': values})
    with pytest.raises(DataFormatError, match=f'betas has .*{words}'):
        BodySequence(**fields, betas=values)
