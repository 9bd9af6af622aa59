import numpy as np
import pytest
import torch

from smoothnet_plugin.engine import FilterRefiner, filter_refiner
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.filters import GaussianFilter


def test_refines_as_the_filter_does(rng):
    coords = rng.normal(size=(30, 4, 3)).astype(np.float32)
    item = {'inputs': torch.from_numpy(coords), 'meta': {'name': 'a', 'fps': 50.0}}
    result, = FilterRefiner({'type': 'GaussianFilter'})(item, mode='predict')
    np.testing.assert_allclose(result['pred'], GaussianFilter().filter(coords, fps=50.0),
                               atol=1e-6)
    assert result['target'] is None and result['mask'].all()
    assert not list(FilterRefiner('savgol').parameters())


def test_normalisation_is_undone_first(rng):
    pixels = rng.uniform(0, 1000, (20, 3, 2)).astype(np.float32)
    undo = {'scale': np.array([500.0, 500.0]), 'offset': np.array([500.0, 500.0])}
    item = {'inputs': torch.from_numpy((pixels - 500) / 500), 'meta': {
        'name': 'a', 'fps': 30.0, 'denormalise': undo, 'representation': 'keypoints_2d',
        'unit': 'px'}}
    result, = FilterRefiner('median')(item)
    np.testing.assert_allclose(result['inputs'], pixels, atol=1e-3)
    assert 0 < np.abs(result['pred'] - pixels).max() < 1000


def test_has_nothing_to_train():
    with pytest.raises(ConfigError, match='nothing to train'):
        FilterRefiner('gaussian')(mode='loss', inputs=torch.zeros(1, 8, 2, 3))


def test_takes_whole_clips():
    with pytest.raises(DataFormatError, match=r'\(T, K, C\)'):
        FilterRefiner('gaussian')({'inputs': torch.zeros(1, 8, 2, 3)})


@pytest.mark.parametrize('smoother', ['butterworth', 'one_euro', ['hampel', 'whittaker']], ids=str)
def test_a_long_clip_in_pieces_is_the_whole(rng, monkeypatch, smoother):
    coords = np.cumsum(rng.normal(0, 0.01, (1500, 2, 3)), axis=0)
    item = {'inputs': torch.from_numpy(coords), 'meta': {'name': 'a', 'fps': 30.0}}
    whole, = FilterRefiner(smoother)(item)
    monkeypatch.setattr(filter_refiner, '_PIECE', 400)
    pieces, = FilterRefiner(smoother)(item)
    np.testing.assert_allclose(pieces['pred'], whole['pred'], rtol=0, atol=1e-5)
