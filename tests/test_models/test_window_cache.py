from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from smoothnet_plugin.models import WindowCache

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
    cache = WindowCache(network)
    x = windows()
    torch.testing.assert_close(cache.forward_window(x[:8]), x[:8] / 2)
    torch.testing.assert_close(cache.forward_window(x[3:12]), x[3:12] / 2)
    assert network.batches == [8, 4]
    torch.testing.assert_close(cache.forward_window(x[2:5]), x[2:5] / 2)
    assert network.batches == [8, 4]


def test_the_key_is_every_value_of_the_window():
    network = Halved()
    cache = WindowCache(network)
    x = windows()[:1]
    other = x.clone()
    other[0, 2, 3] += 1e-12
    for window in (x, other, x.float(), x.reshape(1, 2, 2 * W), torch.full_like(x, torch.nan)):
        result = cache.forward_window(window)
        torch.testing.assert_close(result, window / 2, equal_nan=True)
    assert network.batches == [1] * 5


def test_drops_the_least_recently_used():
    network = Halved()
    x = windows()
    size = x[0].nbytes
    cache = WindowCache(network, max_bytes=3 * size)
    for number in (0, 1, 2, 0, 3):       # 1 is dropped
        cache.forward_window(x[number:number + 1])
    assert network.batches == [1] * 4
    cache.forward_window(x[[0, 2, 3]])
    assert network.batches == [1] * 4
    cache.forward_window(x[1:2])
    assert network.batches == [1] * 5


def test_passed_windows_make_room_before_it_is_full():
    cache = WindowCache(Halved(), max_bytes=10_000 * windows()[0].nbytes)
    x = windows(frames=5000)
    held = []
    for last in range(3, len(x), 3):
        cache.forward_window(x[last - 3:last])
        [store] = cache._stores.values()
        held.append(store.used_bytes // x[0].nbytes)
    assert max(held) == held[-1] and held[-1] < 3100
    network = cache.network
    before = len(network.batches)
    cache.forward_window(x[last - 3:last])
    assert len(network.batches) == before


def test_more_windows_than_it_holds():
    network = Halved()
    x = windows()
    cache = WindowCache(network, batch_size=4, max_bytes=x[0].nbytes)
    torch.testing.assert_close(cache.forward_window(x), x / 2)
    assert network.batches == [4, 4, 4, 3]


@pytest.mark.parametrize('twin', [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
                         ids=['copy', 'pickle'])
def test_copies_are_empty(twin):
    network = Halved()
    cache = WindowCache(network)
    x = windows()
    cache.forward_window(x[:2])
    other = twin(cache)
    torch.testing.assert_close(other.forward_window(x[:4]), x[:4] / 2)
    assert vars(other.network)['batches'] == [2, 4]
    assert network.batches == [2]


def test_threads_may_share_it():
    x = [windows(seed=seed) for seed in range(4)]
    cache = WindowCache(Halved(), max_bytes=20 * x[0][0].nbytes)

    def run(number):
        for _ in range(50):
            torch.testing.assert_close(cache.forward_window(x[number]), x[number] / 2)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(4)))
