from __future__ import annotations

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import SmoothNet, refine_sequence
from smoothnet_plugin.models.linear import in_bfloat16
from smoothnet_plugin.models.window_inference import (
    CentredWindows,
    bridge_missing,
    reference_length,
    refine_as_reference,
)

W = 8


def make_net(output_size=W):
    torch.manual_seed(0)
    return SmoothNet(W, output_size, hidden_size=12, res_hidden_size=6,
                     num_blocks=1).double().eval()


def reflect(x, front, back):
    """Continue by reflection at the end frames, one frame at a time."""
    rows, n = [], len(x)
    for t in range(-front, n + back):
        while not 0 <= t < n:
            t = 0 if n == 1 else (-t if t < 0 else 2 * (n - 1) - t)
        rows.append(x[t])
    return np.array(rows)


def naive(network, x, stride):
    """Loops over windows and frames, with the padding spelt out."""
    window, output = network.window_size, network.output_size
    front = max(0, window - len(x)) // 2
    back = max(window - output, window - len(x) - front)
    padded = reflect(x, front, back)
    starts = list(range(0, len(padded) - window + 1, stride))
    if starts[-1] != len(padded) - window:
        starts.append(len(padded) - window)
    total, count = np.zeros_like(padded), np.zeros(len(padded))
    for start in starts:
        refined = network.forward_window(torch.tensor(padded[start:start + window].T[None]))[0].T
        for k in range(output):
            total[start + k] += refined[k].detach().numpy()
            count[start + k] += 1
    return (total / np.maximum(count, 1)[:, None])[front:front + len(x)]


@pytest.mark.parametrize('frames', [1, 2, W - 1, W, W + 1, 29])
@pytest.mark.parametrize('output_size, stride', [(W, 1), (W, 3), (W, W), (5, 1), (5, 4), (1, 1)])
def test_naive_twin(frames, output_size, stride, rng):
    network = make_net(output_size)
    x = rng.normal(size=(frames, 5))
    refined = refine_sequence(network, torch.tensor(x), stride)
    expected = naive(network, x, stride)
    assert refined.shape == x.shape
    np.testing.assert_allclose(refined.detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize('batch_size', [1, 3, 1000])
@pytest.mark.parametrize('stride', [1, 5])
def test_chunks_do_not_matter(batch_size, stride, rng):
    network, x = make_net(), torch.tensor(rng.normal(size=(50, 4)))
    torch.testing.assert_close(refine_sequence(network, x, stride, batch_size),
                               refine_sequence(network, x, stride), rtol=0, atol=1e-12)


def test_empty_sequence():
    assert refine_sequence(make_net(), torch.zeros(0, 6)).shape == (0, 6)
    assert refine_sequence(make_net(), torch.zeros(4, 0)).shape == (4, 0)


def test_mmpose_0x_lost_the_last_frames(rng):
    """Its sum over the windows, and its NaN where output_size < window_size."""
    network, x = make_net(5), torch.tensor(rng.normal(size=(20, 2)))
    old, count = torch.zeros(20, 2).double(), torch.zeros(20)
    for t in range(20 - W + 1):
        old[t:t + 5] += network.forward_window(x[t:t + W].T[None])[0].T
        count[t:t + 5] += 1
    old /= count[:, None]
    new = refine_sequence(network, x)
    assert torch.isnan(old[-3:]).all()
    assert torch.isfinite(new).all()
    torch.testing.assert_close(new[:13], old[:13])


def test_memory_does_not_grow_with_the_sequence(monkeypatch):
    rows = []

    class Counting:
        window_size = output_size = W

        def forward_window(self, x):
            rows.append((len(x), x.untyped_storage().nbytes()))
            return x

    monkeypatch.setattr('smoothnet_plugin.models.window_inference.ROWS_ON_CPU', 60)
    x = torch.randn(5000, 6)
    torch.testing.assert_close(refine_sequence(Counting(), x), x)
    assert max(n for n, _ in rows) == 10
    # A chunk is a view of the sequence, so the network makes the only copy.
    assert {size for _, size in rows} == {x.untyped_storage().nbytes()}


def test_dtype_and_device_are_kept(rng):
    x = torch.tensor(rng.normal(size=(20, 3)), dtype=torch.float32)
    assert refine_sequence(make_net(), x).dtype == torch.float32
    assert refine_sequence(make_net(), x.half()).dtype == torch.float16


def test_missing_values_do_not_spread(rng):
    network = make_net()
    x = torch.tensor(rng.normal(size=(60, 4)))
    clean = refine_sequence(network, x)
    broken = x.clone()
    broken[30, 1] = float('nan')
    broken[:, 3] = float('inf')
    refined = refine_sequence(network, broken)
    assert torch.isfinite(refined[:, :3]).all()
    assert torch.isinf(refined[:, 3]).all()
    assert torch.equal(refined[:, [0, 2]], clean[:, [0, 2]])
    changed = torch.nonzero(refined[:, 1] != clean[:, 1]).flatten()
    assert changed.min() >= 30 - (W - 1) and changed.max() <= 30 + W - 1


def test_bridge_missing_is_numpy_interp(rng):
    x = rng.normal(size=(15, 6))
    usable = rng.random((15, 6)) > 0.5
    usable[:, 0], usable[:, 1] = True, False
    bridged = bridge_missing(torch.tensor(np.where(usable, x, np.nan)), torch.tensor(usable))
    frames = np.arange(15)
    for c in range(6):
        known = usable[:, c]
        expected = (np.interp(frames, frames[known], x[known, c]) if known.any() else
                    np.full(15, np.nan))
        np.testing.assert_allclose(bridged[:, c], expected, atol=1e-12)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_bridge_missing_keeps_the_type(dtype):
    x = torch.tensor([[0.0], [torch.nan], [3.0]], dtype=dtype)
    bridged = bridge_missing(x, torch.isfinite(x))
    assert bridged.dtype == dtype and bridged.flatten().tolist() == [0, 1.5, 3]


def test_channel_without_values_does_not_reach_the_others(rng):
    class Mixing:
        window_size = output_size = W

        def forward_window(self, x):
            return x + x.sum(dim=1, keepdim=True)

    x = torch.tensor(rng.normal(size=(20, 3)))
    x[:, 1] = torch.nan
    refined = refine_sequence(Mixing(), x)
    torch.testing.assert_close(refined[:, [0, 2]], x[:, [0, 2]] + x[:, [0, 2]].sum(1)[:, None])
    assert torch.isnan(refined[:, 1]).all()


def test_no_look_ahead_is_the_truncated_buffer(rng):
    """A frame's live value with L future frames is the mean of its windows up to there."""
    network, x = make_net(), torch.tensor(rng.normal(size=(40, 2)))
    for lookahead in (0, 3, W - 1):
        t = 25
        live = refine_sequence(network, x[t - W + 1:t + lookahead + 1])[W - 1]
        windows = [network.forward_window(x[s:s + W].T[None])[0, :, t - s]
                   for s in range(t - W + 1, t + lookahead - W + 2)]
        torch.testing.assert_close(live, torch.stack(windows).mean(0))
    torch.testing.assert_close(live, refine_sequence(network, x)[t])


def test_centred_windows_follow_a_shift_and_leave_rest_alone(rng):
    network, x = CentredWindows(make_net()), torch.tensor(rng.normal(size=(30, 2)))
    torch.testing.assert_close(refine_sequence(network, x + 1000),
                               refine_sequence(network, x) + 1000)
    still = torch.full((30, 2), 7.0).double()
    torch.testing.assert_close(refine_sequence(network, still), still)


@pytest.mark.parametrize('frames, stride, length', [
    (5, 1, 8), (8, 1, 8), (9, 1, 9), (20, 5, 18), (20, 8, 16), (3, 4, 8)])
def test_reference_windows(frames, stride, length, rng):
    network, x = make_net(), rng.normal(size=(frames, 3))
    padded = np.concatenate([x, np.zeros((max(0, W - frames), 3))])
    total, count = np.zeros((length, 3)), np.zeros((length, 1))
    for start in range(0, len(padded) - W + 1, stride):
        window = torch.tensor(padded[start:start + W].T[None])
        total[start:start + W] += network.forward_window(window)[0].T.detach().numpy()
        count[start:start + W] += 1
    refined = refine_as_reference(network, torch.tensor(x), stride).detach().numpy()
    assert len(refined) == length == reference_length(frames, W, stride)
    np.testing.assert_allclose(refined, total / count, atol=1e-12)


@pytest.mark.parametrize('call, named', [
    (lambda: refine_sequence(make_net(), torch.zeros(9, 2), 0), 'window_stride is 0'),
    (lambda: refine_sequence(make_net(5), torch.zeros(9, 2), 6), 'expected 1 to 5'),
    (lambda: refine_as_reference(make_net(5), torch.zeros(9, 2)), 'output_size == window_size'),
    (lambda: refine_as_reference(make_net(), torch.zeros(9, 2), 9), 'window_stride is 9'),
])
def test_bad_arguments(call, named):
    with pytest.raises(ConfigError, match=named):
        call()


def test_bad_shape():
    with pytest.raises(DataFormatError, match=r'expected \(T, channels\)'):
        refine_sequence(make_net(), torch.zeros(9, 2, 3))


def test_half_precision_rounds_the_blocks_alone(rng):
    torch.manual_seed(0)
    network = SmoothNet(W, hidden_size=24, res_hidden_size=12, num_blocks=2).eval()
    x = torch.tensor(rng.normal(size=(40, 3)), dtype=torch.float32)
    half = in_bfloat16(network)
    assert half.encoder[0].weight.dtype == half.decoder.weight.dtype == torch.float32
    with torch.no_grad():
        result, expected = refine_sequence(half, x), refine_sequence(network, x)
    assert result.dtype == torch.float32
    assert 0 < float((result - expected).abs().max()) < 0.01
