import numpy as np
import pytest
import torch

from smoothnet_plugin.engine import ExtendedRefiner
from smoothnet_plugin.models import PoseRefiner

NETWORK = {'type': 'SmoothNet', 'window_size': 8, 'hidden_size': 16, 'res_hidden_size': 4,
           'num_blocks': 1}


@pytest.fixture
def refiner():
    torch.manual_seed(0)
    return ExtendedRefiner(NETWORK).eval()


def clip(frames, rng):
    coords = torch.from_numpy(rng.normal(size=(frames, 3, 3)).astype(np.float32))
    return {'inputs': coords, 'target': coords + 1, 'mask': torch.ones(frames, 3, dtype=torch.bool),
            'meta': {'name': str(frames)}}


@pytest.mark.parametrize('frames', [0, 1, 2, 7, 8, 9, 30])
def test_every_frame_is_the_mean_of_as_many_windows(refiner, rng, frames):
    item = clip(frames, rng)
    with torch.no_grad():
        result, = refiner.predict([item])
        # 0 1 2 1 0 1 2 ...: the distance to the nearest multiple of a there-and-back.
        period = max(2 * frames - 2, 1)
        rows = [min(i % period, -i % period) for i in range(-7, frames + 7)]
        longer = item['inputs'][rows if frames else []].flatten(1).T
        sums = torch.zeros(9, frames + 14)
        for first in range(frames + 7 if frames else 0):
            sums[:, first:first + 8] += refiner.network.forward_window(
                longer[None, :, first:first + 8])[0]
    expected = (sums[:, 7:7 + frames] / 8).T.reshape(frames, 3, 3)
    np.testing.assert_allclose(result['pred'], expected, atol=1e-5)
    np.testing.assert_array_equal(result['inputs'], item['inputs'])
    np.testing.assert_array_equal(result['target'], item['target'])
    assert result['mask'].shape == (frames, 3)


def test_inside_and_by_the_reference_nothing_changes(refiner, rng):
    plain = PoseRefiner(refiner.network)
    item = clip(40, rng)
    with torch.no_grad():
        np.testing.assert_allclose(refiner.predict([item])[0]['pred'][7:-7],
                                   plain.predict([item])[0]['pred'][7:-7], atol=1e-6)
        reference = ExtendedRefiner(refiner.network, protocol='reference')
        np.testing.assert_array_equal(
            reference.predict([clip(5, rng)])[0]['mask'].shape, (8, 3))
