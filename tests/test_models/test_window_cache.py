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


def through(cache, network, x, newest=None):
    """Windows (N, channels, W) refined by a network behind a cache."""
    def refine(numbers):
        return network.forward_window(x[numbers]).transpose(1, 2)

    values = list(x.transpose(1, 2).contiguous().numpy())
    return cache.refined(values, newest or x.shape[-1], refine).transpose(1, 2)


def test_refines_every_window_once():
    network = Halved()
    cache = WindowCache()
    x = windows()
    torch.testing.assert_close(through(cache, network, x[:8]), x[:8] / 2)
    torch.testing.assert_close(through(cache, network, x[3:12]), x[3:12] / 2)
    assert network.batches == [8, 4]
    torch.testing.assert_close(through(cache, network, x[2:5]), x[2:5] / 2)
    # Held and new windows in turn, of which the newest two frames are wanted.
    mixed = x[[1, 13, 5, 14]]
    torch.testing.assert_close(through(cache, network, mixed, 2), mixed[..., -2:] / 2)
    assert network.batches == [8, 4, 2]


class OthersMakeRoom:
    """A lock that is released to a thread whose results displace all others."""

    def __init__(self, cache):
        self.cache = cache

    def __enter__(self):
        pass

    def __exit__(self, *_):
        self.cache._stores.clear()


@pytest.mark.parametrize('held', [8, 5])
def test_results_are_dropped_by_another_thread_in_between(held):
    cache, x = WindowCache(), windows()
    through(cache, Halved(), x[:held])
    cache._lock = OthersMakeRoom(cache)
    torch.testing.assert_close(through(cache, Halved(), x[:8]), x[:8] / 2)


def test_the_key_is_every_value_of_the_window():
    network = Halved()
    cache = WindowCache()
    x = windows()[:1]
    other = x.clone()
    other[0, 2, 3] += 1e-12
    for window in (x, other, x.float(), x.reshape(1, 2, 2 * W), torch.full_like(x, torch.nan)):
        result = through(cache, network, window)
        torch.testing.assert_close(result, window / 2, equal_nan=True)
    assert network.batches == [1] * 5


def test_drops_the_least_recently_used():
    network = Halved()
    x = windows()
    size = x[0].nbytes
    cache = WindowCache(max_bytes=3 * size)
    for number in (0, 1, 2, 0, 3):       # 1 is dropped
        through(cache, network, x[number:number + 1])
    assert network.batches == [1] * 4
    through(cache, network, x[[0, 2, 3]])
    assert network.batches == [1] * 4
    through(cache, network, x[1:2])
    assert network.batches == [1] * 5


def test_passed_windows_make_room_before_it_is_full():
    network, x = Halved(), windows(frames=5000)
    cache = WindowCache(max_bytes=10_000 * x[0].nbytes)
    held = 0
    for last in range(3, len(x), 3):
        through(cache, network, x[last - 3:last])
        [store] = cache._stores.values()
        held = max(held, store.used_bytes // x[0].nbytes)
    assert held < 3100
    before = len(network.batches)
    through(cache, network, x[last - 3:last])
    assert len(network.batches) == before


def test_more_windows_than_it_holds():
    network = Halved()
    x = windows()
    cache = WindowCache(batch_size=4, max_bytes=x[0].nbytes)
    torch.testing.assert_close(through(cache, network, x), x / 2)
    assert network.batches == [4, 4, 4, 3]


@pytest.mark.parametrize('twin', [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
                         ids=['copy', 'pickle'])
def test_copies_are_empty(twin):
    network = Halved()
    cache = WindowCache()
    x = windows()
    through(cache, network, x[:2])
    torch.testing.assert_close(through(twin(cache), network, x[:4]), x[:4] / 2)
    assert network.batches == [2, 4]


def test_threads_may_share_it():
    x = [windows(seed=seed) for seed in range(4)]
    network = Halved()
    cache = WindowCache(max_bytes=20 * x[0][0].nbytes)

    def run(number):
        for _ in range(50):
            torch.testing.assert_close(through(cache, network, x[number]), x[number] / 2)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(4)))
