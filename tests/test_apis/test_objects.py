"""Results of rtmlib, supervision, Ultralytics and movement in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pytest
import torch

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseFrame, PoseInstance

FRAMES, K = 40, 17


@pytest.fixture
def people(rng):
    """Two people who walk to the right, shape (T, 2, K, 2), and their confidences."""
    start = rng.uniform(0, 100, (2, K, 2)) + np.array([0, 400])[:, None, None]
    path = start + np.arange(FRAMES)[:, None, None, None] * [3.0, 0.5]
    return (path + rng.normal(0, 2, path.shape)).astype(np.float32), np.full(
        (FRAMES, 2, K), 0.8, np.float32)


def expected(people, ids=None, name='gaussian'):
    coords, scores = people
    frames = [PoseFrame(t, [PoseInstance(coords[t, p], scores[t, p],
                                         track_id=None if ids is None else ids[p])
                            for p in range(2)]) for t in range(FRAMES)]
    return np.array([[i.keypoints for i in frame.instances]
                     for frame in smooth(frames, name, fps=30)])


def test_rtmlib(people):
    coords, scores = people
    scores = scores * 7  # SimCC's are not limited to 1.
    source = [(coords[t], scores[t]) for t in range(FRAMES)]
    result = smooth(source, 'gaussian', fps=30)
    assert all(type(frame) is tuple and frame[0].dtype == np.float32 for frame in result)
    np.testing.assert_array_equal([frame[0] for frame in result], expected((coords, scores)))
    assert all(frame[1] is scores_of for frame, (_, scores_of) in zip(result, source))


def test_rtmlib_people_come_and_go(people):
    coords, scores = people
    source: list[Any] = [(coords[t, :1 + (t < 20 or t > 24)], scores[t, :1 + (t < 20 or t > 24)],
                          'more') for t in range(FRAMES)]
    source[7] = ([], [], 'nothing')
    result = smooth(source, 'gaussian', fps=30)
    assert [np.shape(frame[0]) for frame in result] == [np.shape(frame[0]) for frame in source]
    assert result[7] is source[7] and all(frame[2] == given[2]
                                          for frame, given in zip(result, source))


def test_rtmlib_missing_points_stay_zero(people):
    coords, scores = people
    coords[:, 0, 4] = 0
    result = smooth([(coords[t], scores[t]) for t in range(FRAMES)], 'gaussian', fps=30)
    assert all((frame[0][0, 4] == 0).all() and (frame[0][0, 3] > 0).all() for frame in result)


@dataclass
class KeyPoints:
    """The attributes of supervision's class."""

    xy: np.ndarray
    class_id: Any = None
    keypoint_confidence: Any = None
    data: dict = field(default_factory=dict)


@dataclass
class OldKeyPoints:
    xy: np.ndarray
    class_id: Any = None
    confidence: Any = None


@pytest.mark.parametrize('kind', ['new', 'old', 'real'])
def test_supervision(people, kind):
    coords, scores = people
    if kind == 'real':
        supervision = pytest.importorskip('supervision')
        frames = [supervision.KeyPoints(coords[t], keypoint_confidence=scores[t],
                                        data={'tracker_id': np.array([7, 3])})
                  for t in range(FRAMES)]
    elif kind == 'new':
        frames = [KeyPoints(coords[t], keypoint_confidence=scores[t],
                            data={'tracker_id': np.array([7, 3])}) for t in range(FRAMES)]
    else:
        frames = [OldKeyPoints(coords[t], confidence=scores[t]) for t in range(FRAMES)]
    result = smooth(frames, 'gaussian', fps=30)
    assert all(type(frame) is type(frames[0]) and frame.xy.dtype == np.float32
               for frame in result)
    np.testing.assert_array_equal([frame.xy for frame in result],
                                  expected(people, None if kind == 'old' else [7, 3]))
    np.testing.assert_array_equal([frame.xy for frame in frames], coords)


class Tensors:
    """Keypoints of Ultralytics: derived values are computed once."""

    def __init__(self, data):
        self.data = data

    @cached_property
    def xy(self):
        return self.data[..., :2]


@dataclass
class Results:
    keypoints: Any
    boxes: Any
    orig_shape: tuple[int, int] = (480, 640)


@dataclass
class Boxes:
    id: Any


@pytest.mark.parametrize('tracked', [True, False])
def test_ultralytics(people, tracked):
    coords, scores = people
    data = torch.from_numpy(np.concatenate([coords, scores[..., None]], axis=-1))
    ids = torch.tensor([4.0, 2.0]) if tracked else None
    frames = [Results(Tensors(data[t]), Boxes(ids)) for t in range(FRAMES)]
    assert all(frame.keypoints.xy.shape == (2, K, 2) for frame in frames)
    result, report = smooth_with_report(frames, 'gaussian', fps=30)
    assert report.tracks == 2
    wanted = expected(people, [4, 2] if tracked else None)
    for frame, given, pose in zip(result, frames, wanted):
        assert frame.boxes is given.boxes and frame.keypoints.data.dtype == torch.float32
        np.testing.assert_array_equal(frame.keypoints.xy.numpy(), pose)
        np.testing.assert_array_equal(frame.keypoints.data[..., 2].numpy(), scores[0])
    np.testing.assert_array_equal(data.numpy()[..., :2], coords)


def test_ultralytics_without_people(people):
    coords, _ = people
    frames = [Results(Tensors(torch.from_numpy(coords[t])), None) for t in range(FRAMES)]
    frames[5] = Results(Tensors(torch.zeros(0, K, 2)), None)
    frames[6] = Results(None, None)
    result = smooth(frames, 'gaussian', fps=30)
    assert result[5] is frames[5] and result[6] is frames[6]
    assert result[7].keypoints.data.shape == (2, K, 2)


def test_scores_that_do_not_fit_are_named(people):
    coords, scores = people
    frames = [KeyPoints(coords[t], keypoint_confidence=scores[t, :, :-1]) for t in range(FRAMES)]
    with pytest.raises(DataFormatError, match=r'Frame 0: .*\(2, 16\)'):
        smooth(frames, 'gaussian')


def dataset(people, names=('keypoint', 'individual'), seconds=True, **attrs):
    xarray = pytest.importorskip('xarray')
    coords, scores = people
    keypoint, individual = names
    dims = ('time', 'space', keypoint, individual)
    return xarray.Dataset(
        {'position': (dims, coords.transpose(0, 3, 2, 1), {'units': 'px'}),
         'confidence': ((dims[0], *dims[2:]), scores.transpose(0, 2, 1)),
         'velocity': (('time',), np.zeros(FRAMES))},
        coords={'time': np.arange(FRAMES) / 30 if seconds else np.arange(FRAMES) + 100,
                'space': ['x', 'y'], keypoint: [f'k{k}' for k in range(K)],
                individual: ['ann', 'bob']},
        attrs={'source_software': 'DeepLabCut', 'ds_type': 'poses',
               'time_unit': 'seconds' if seconds else 'frames', **attrs})


@pytest.mark.parametrize('names', [('keypoint', 'individual'), ('keypoints', 'individuals')])
@pytest.mark.parametrize('seconds', [True, False])
def test_movement(people, names, seconds):
    coords, _ = people
    coords[10, 1] = coords[20, 0, 3] = np.nan
    data = dataset(people, names, seconds)
    result = smooth(data, 'gaussian', fps=None if seconds else 30, max_gap=0)
    assert list(result.data_vars) == list(data.data_vars) and result.attrs == data.attrs
    assert result.position.dims == data.position.dims and result.position.dtype == np.float32
    assert result.position.attrs == {'units': 'px'}
    moved = result.position.values.transpose(0, 3, 2, 1)
    np.testing.assert_array_equal(np.isnan(moved), np.isnan(coords))
    for person in range(2):
        alone = smooth(coords[:, person], 'gaussian', fps=30, max_gap=0, scores=people[1][:, 0])
        np.testing.assert_allclose(moved[:, person], alone, atol=1e-4)
    assert result.velocity is not None and (result.confidence == data.confidence).all()


def test_movement_fills_gaps_of_people(people):
    coords, _ = people
    coords[10, 1] = np.nan
    result, report = smooth_with_report(dataset(people, fps=30), 'gaussian')
    assert np.isfinite(result.position.values).all() and report.filled_poses == 1


def test_movement_clock_and_orders(people):
    data = dataset(people)
    stamps = np.cumsum(np.random.default_rng(0).integers(20, 48, FRAMES)) / 1000
    uneven = data.assign_coords(time=stamps)
    expect = smooth(people[0][:, 0], 'gaussian', timestamps=stamps, scores=people[1][:, 0])
    result = smooth(uneven, 'gaussian').position.sel(individual='ann').transpose(
        'time', 'keypoint', 'space')
    np.testing.assert_allclose(result.values, expect, atol=1e-4)
    turned = data.transpose('individual', 'keypoint', 'space', 'time')
    assert smooth(turned, 'gaussian').position.dims == turned.position.dims


def test_data_sets_of_other_dimensions_are_refused(people):
    data = dataset(people)
    with pytest.raises(DataFormatError, match='views'):
        smooth(data.expand_dims('views'), 'gaussian')
    with pytest.raises(DataFormatError, match='space'):
        smooth(data.assign_coords(space=['y', 'x']), 'gaussian')
    with pytest.raises(ConfigError, match='representation'):
        smooth(data, 'gaussian', representation='keypoints_2d')
