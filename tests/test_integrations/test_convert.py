from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseInstance

pytestmark = pytest.mark.mmpose

K = 5


def sample(people=2, width=2, kind='numpy', lifted=False, **fields):
    """A data sample with distinguishable values."""
    import torch
    from mmengine.structures import InstanceData
    from mmpose.structures import PoseDataSample
    shape = (people, 1, K) if lifted else (people, K)
    pred = dict(
        keypoints=np.arange(people * K * width, dtype=np.float32).reshape(*shape, width),
        keypoint_scores=np.linspace(0.5, 0.9, people * K, dtype=np.float32).reshape(shape),
        bboxes=np.tile(np.float32([0, 0, 10, 20]), (people, 1)),
        bbox_scores=np.full(people, 0.7, np.float32),
        keypoints_visible=np.full((people, K), 0.6, np.float32), **fields)
    if kind == 'torch':
        pred = {name: torch.from_numpy(value) for name, value in pred.items()}
    if kind == 'dict':
        return {'pred_instances': pred, 'img_id': 3}
    result = PoseDataSample(metainfo=dict(img_path='a.jpg'))
    result.pred_instances = InstanceData(**pred)
    return result


@pytest.mark.parametrize('lifted', [False, True])
@pytest.mark.parametrize('kind', ['numpy', 'torch', 'dict'])
@pytest.mark.parametrize('width', [2, 3])
def test_round_trip_changes_keypoints_only(kind, width, lifted):
    from smoothnet_plugin.integrations.mmpose.convert import (
        frame_from_samples,
        predictions,
        write_back,
    )
    source, again = sample(2, width, kind, lifted), sample(2, width, kind, lifted)
    frame = frame_from_samples([source], 7)
    assert frame.frame_id == 7
    assert [i.keypoints.shape for i in frame.instances] == [(K, width)] * 2
    for number, person in enumerate(frame.instances):
        person.keypoints, person.track_id = person.keypoints + 1, 4 - number
    [result] = write_back(frame, [source])
    assert result is source
    before, after = predictions(again), predictions(result)
    for name, value in before.items():
        got = after.get(name)
        assert (type(got), got.dtype, got.shape) == (type(value), value.dtype, value.shape)
        np.testing.assert_array_equal(got, value + (name == 'keypoints'))
    assert np.asarray(after.get('track_ids')).tolist() == [4, 3]
    assert not np.asarray(after.get('filled')).any()
    assert [i.track_id for i in frame_from_samples([result], 0).instances] == [4, 3]


@pytest.mark.parametrize('kind', ['numpy', 'torch', 'dict'])
def test_interpolated_people_are_last_without_scores(kind):
    from smoothnet_plugin.integrations.mmpose.convert import (
        frame_from_samples,
        predictions,
        write_back,
    )
    source = sample(1, kind=kind)
    frame = frame_from_samples([source], 0)
    frame.instances[0].track_id = 0
    pose = np.array([[1., 2], [3, 6], [np.nan, np.nan], [5, 4], [3, 4]])
    frame.instances.append(PoseInstance(pose, np.zeros(K), track_id=1, filled=True))
    [result] = write_back(frame, [source])
    pred = predictions(result)
    np.testing.assert_array_equal(pred.get('keypoints')[1],
                                  [[1, 2], [3, 6], [3, 4], [5, 4], [3, 4]])
    np.testing.assert_array_equal(pred.get('keypoint_scores')[1], np.zeros(K))
    np.testing.assert_array_equal(pred.get('keypoints_visible')[1], [1, 1, 0, 1, 1])
    np.testing.assert_allclose(pred.get('bboxes')[1], [0.6, 1.6, 5.4, 6.4], rtol=1e-6)
    assert pred.get('bbox_scores')[1] == 0
    assert (pred.get('filled').tolist(), pred.get('track_ids').tolist()) == ([False, True], [0, 1])


def test_person_by_person_samples_get_another_sample_for_an_interpolated_person():
    from smoothnet_plugin.integrations.mmpose.convert import frame_from_samples, write_back
    samples = [sample(1), sample(1)]
    frame = frame_from_samples(samples, 0)
    for number, person in enumerate(frame.instances):
        person.track_id = number
    frame.instances.append(PoseInstance(
        np.ones((K, 2)), np.zeros(K), np.array([1., 2, 3, 4]), track_id=2, filled=True))
    result = write_back(frame, samples)
    assert [s.pred_instances.track_ids.tolist() for s in result] == [[0], [1], [2]]
    assert result[2].pred_instances.bboxes.tolist() == [[1, 2, 3, 4]]
    assert result[2].img_path == 'a.jpg'


def test_frame_without_people():
    from mmpose.structures import PoseDataSample

    from smoothnet_plugin.integrations.mmpose.convert import (
        frame_from_samples,
        instance_records,
        write_back,
    )
    assert frame_from_samples([PoseDataSample()], 0).instances == []
    empty = sample(0)
    [result] = write_back(frame_from_samples([empty], 0), [empty])
    assert result.pred_instances.track_ids.shape == (0,)
    assert instance_records(result.pred_instances) == instance_records(None) == []


def test_records_are_those_of_mmpose_with_ids():
    from mmpose.structures import split_instances

    from smoothnet_plugin.integrations.mmpose.convert import instance_records
    plain = sample(2).pred_instances
    assert instance_records(plain) == split_instances(plain)
    named = sample(2, track_ids=np.array([5, 2]), filled=np.array([False, True])).pred_instances
    records = instance_records(named)
    assert [r['track_id'] for r in records] == [5, 2]
    assert ['filled' in r for r in records] == [False, True]
    json.dumps([r['track_id'] for r in records])


def test_several_poses_a_person_are_refused():
    from smoothnet_plugin.integrations.mmpose.convert import frame_from_samples
    wrong = {'pred_instances': {'keypoints': np.zeros((2, 3, K, 2))}}
    with pytest.raises(DataFormatError, match=r'\(2, 3, 5, 2\).*one pose per person'):
        frame_from_samples([wrong], 0)
