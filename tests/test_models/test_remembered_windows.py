from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from smoothnet_plugin.models import RememberedWindows

W = 6


class Halved:
    """Keeps count of the windows it refines."""

    window_size = output_size = W

    def __init__(self):
        self.batches = []

    def forward_window(self, x):
        self.batches.append(len(x))
        return x / 2


def windows(frames=20, channels=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    path = torch.randn(frames, channels, generator=generator, dtype=torch.float64)
    return path.unfold(0, W, 1)


def test_refines_every_window_once():
    network = Halved()
    remembered = RememberedWindows(network)
    x = windows()
    torch.testing.assert_close(remembered.forward_window(x[:8]), x[:8] / 2)
    torch.testing.assert_close(remembered.forward_window(x[3:12]), x[3:12] / 2)
    assert network.batches == [8, 4]
    torch.testing.assert_close(remembered.forward_window(x[2:5]), x[2:5] / 2)
    assert network.batches == [8, 4]


def test_a_window_is_known_by_all_that_is_in_it():
    network = Halved()
    remembered = RememberedWindows(network)
    x = windows()[:1]
    other = x.clone()
    other[0, 2, 3] += 1e-12
    for window in (x, other, x.float(), x.reshape(1, 2, 2 * W), torch.full_like(x, torch.nan)):
        result = remembered.forward_window(window)
        torch.testing.assert_close(result, window / 2, equal_nan=True)
    assert network.batches == [1] * 5


def test_forgets_what_was_not_used_for_longest():
    network = Halved()
    x = windows()
    size = x[0].nbytes
    remembered = RememberedWindows(network, most_bytes=3 * size)
    for number in (0, 1, 2, 0, 3):       # 1 is forgotten
        remembered.forward_window(x[number:number + 1])
    assert network.batches == [1] * 4
    remembered.forward_window(x[[0, 2, 3]])
    assert network.batches == [1] * 4
    remembered.forward_window(x[1:2])
    assert network.batches == [1] * 5


def test_more_windows_than_can_be_remembered():
    network = Halved()
    x = windows()
    remembered = RememberedWindows(network, batch_size=4, most_bytes=x[0].nbytes)
    torch.testing.assert_close(remembered.forward_window(x), x / 2)
    assert network.batches == [4, 4, 4, 3]


@pytest.mark.parametrize('twin', [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
                         ids=['copy', 'pickle'])
def test_copies_remember_nothing(twin):
    network = Halved()
    remembered = RememberedWindows(network, batch_size=2)
    x = windows()
    remembered.forward_window(x[:2])
    other = twin(remembered)
    torch.testing.assert_close(other.forward_window(x[:4]), x[:4] / 2)
    assert vars(other.network)['batches'] == [2, 2, 2]
    assert network.batches == [2]


def test_threads_may_share_it():
    x = [windows(seed=seed) for seed in range(4)]
    remembered = RememberedWindows(Halved(), most_bytes=20 * x[0][0].nbytes)

    def run(number):
        for _ in range(50):
            torch.testing.assert_close(remembered.forward_window(x[number]), x[number] / 2)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(4)))
