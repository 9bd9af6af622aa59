from __future__ import annotations

import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import (
    Clip,
    FixedLagRefiner,
    SmoothNet,
    TrajectoryTransformer,
    Vintage,
    WindowGrid,
    refine_clips,
    refine_fixed_lag,
)
from smoothnet_plugin.models.window_grid import lag_weights

W, K, C = 8, 5, 3


@pytest.fixture
def net() -> TrajectoryTransformer:
    torch.manual_seed(0)
    network = TrajectoryTransformer(W, C, hidden_size=12, num_blocks=1, num_heads=2, num_filters=3,
                                    num_mixtures=1)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.double().eval().requires_grad_(False)


def clip(frames: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(frames)
    place = torch.randn(1, K * C, generator=generator, dtype=torch.float64)
    return place + torch.randn(frames, K * C, generator=generator,
                               dtype=torch.float64).cumsum(dim=0) / 20


def by_the_definition(network, coords):
    """Frame by frame, window by window."""
    weights = lag_weights(W).double()
    held = torch.cat([coords[:1].expand(W - 1, -1), coords])
    rows = []
    for frame in range(len(coords)):
        total, count = 0., 0.
        for end in range(frame, min(frame + W, len(coords))):
            refined = network.forward_window(held[end:end + W].T[None])[0].T
            place = W - 1 - (end - frame)
            total = total + weights[place] * refined[place]
            count = count + weights[place]
        rows.append(total / count)
    return torch.stack(rows)


@pytest.mark.parametrize('frames', [1, 2, W - 1, W, W + 1, 3 * W])
def test_is_the_weighted_mean_over_windows(net, frames):
    coords = clip(frames)
    torch.testing.assert_close(refine_fixed_lag(net, coords), by_the_definition(net, coords))


def test_no_frames(net):
    assert refine_fixed_lag(net, clip(1)[:0]).shape == (0, K * C)


def test_later_frames_change_nothing_beyond_the_window(net):
    coords = clip(4 * W)
    whole = refine_fixed_lag(net, coords)
    known = refine_fixed_lag(net, coords[:2 * W + W - 1])
    torch.testing.assert_close(known[:2 * W], whole[:2 * W])
    assert not torch.allclose(known[2 * W + 2:], whole[2 * W + 2:3 * W - 1])


@pytest.mark.parametrize('first', [0, 1, W - 1, 2 * W, 3 * W - 1, 3 * W])
def test_only_the_newest_frames(net, first):
    coords = clip(3 * W)
    result = refine_fixed_lag(net, coords, first)
    torch.testing.assert_close(result[first:], refine_fixed_lag(net, coords)[first:])
    torch.testing.assert_close(result[:first], coords[:first])


@pytest.mark.parametrize('lookahead', [0, 3, W - 1, 40])
def test_a_lookahead_gives_what_was_known_by_then(net, lookahead):
    coords = clip(3 * W)
    result = refine_fixed_lag(net, coords, lookahead=lookahead)
    for frame in range(len(coords)):
        known = refine_fixed_lag(net, coords[:frame + lookahead + 1])
        torch.testing.assert_close(result[frame], known[frame])


def test_missing_values_are_bridged_window_by_window(net):
    coords = clip(3 * W)
    holed = coords.clone()
    holed[10:13, :C] = float('nan')      # bridged
    holed[2 * W:, -C:] = float('nan')    # gone for good
    result = refine_fixed_lag(net, holed)
    assert bool(torch.isfinite(result[torch.isfinite(holed)]).all())
    # Where a whole window lacks a joint, it influences no other.
    alone = refine_fixed_lag(net, coords[2 * W:, :-C])
    later = refine_fixed_lag(net, holed[2 * W:])
    torch.testing.assert_close(later[:, :-C], alone)
    # What was known by then, whatever comes or is forgotten.
    frame = 2 * W + 3
    known = refine_fixed_lag(net, holed[frame - W + 1:frame + W])
    torch.testing.assert_close(result[frame, :-C], known[W - 1, :-C])


@pytest.mark.parametrize('batch_size', [None, 3])
@pytest.mark.parametrize('first', [0, W, 3 * W - 2])
@pytest.mark.parametrize('stride', [1, 2])
def test_vintages_are_what_was_known_then(net, first, batch_size, stride):
    coords = clip(3 * W)
    vintages = [Vintage(), Vintage(2), Vintage(age=1), Vintage(age=5), Vintage(1, 4)]
    grid = WindowGrid(stride)
    results = refine_clips(net, [Clip(
        coords, [entry._replace(first=first) for entry in vintages], grid)], batch_size)[0]
    for entry, result in zip(vintages, results):
        then = refine_fixed_lag(net, coords[:3 * W - entry.age], first, entry.lookahead, grid=grid)
        torch.testing.assert_close(
            result, torch.cat([then, coords[3 * W - entry.age:]])[first:])


def test_windows_that_do_not_count_change_nothing(net):
    coords = clip(3 * W)
    holed = coords.clone()
    holed[-W:, :C] = float('nan')        # absent from the last window alone
    then, now = refine_clips(net, [Clip(holed, [Vintage(age=1), Vintage()])])[0]
    torch.testing.assert_close(then[:-1], refine_fixed_lag(net, holed[:-1]))
    assert bool(torch.isfinite(then[:-W, :C]).all())
    assert bool(torch.isnan(now[-1, :C]).all())


@pytest.mark.parametrize('batch_size', [1, 5, None])
def test_clips_do_not_influence_one_another(net, batch_size):
    clips = [Clip(clip(frames), [Vintage(first=min(first, frames))], WindowGrid(stride, origin))
             for frames, first, stride, origin in (
                 (3 * W, 0, 1, 0), (0, 0, 1, 0), (2 * W, 9, 2, 3), (1, 0, 2, 1), (5, 0, 1, 0))]
    for entry, (result,) in zip(clips, refine_clips(net, clips, batch_size)):
        first = entry.vintages[0].first
        torch.testing.assert_close(result, refine_fixed_lag(
            net, entry.coords, first, grid=entry.grid)[first:])
    assert refine_clips(net, []) == []


class Recording:
    """Returns the end of each window, so that a mean shows which windows it is made of."""

    window_size = output_size = W

    def __init__(self):
        self.ends = []

    def forward_window(self, x):
        end = x[..., -1:]
        self.ends += end[:, 0, 0].tolist()
        return end.expand_as(x)


def ends_of(frames, stride):
    network = Recording()
    coords = torch.arange(frames, dtype=torch.float64)[:, None]
    result = refine_clips(network, [Clip(coords, grid=WindowGrid(stride))])[0][0]
    return network.ends, result[:, 0]


def test_windows_lie_on_a_grid_and_at_the_newest_frames():
    ends, result = ends_of(40, 2)
    assert ends == [*range(0, 38, 2), 38, 39]
    # The whole future is known: windows of the grid alone.
    weights = lag_weights(W).flip(0).double()
    grid = torch.arange(20, 20 + W, 2)
    assert float(result[20]) == pytest.approx(
        float((grid * weights[grid - 20]).sum() / weights[grid - 20].sum()))
    # The window that ends with 34 stands for two, that with 36 also for 37, the newest for
    # themselves.
    lag = torch.tensor([0, 2, 4, 5])
    share = torch.tensor([2., 3, 1, 1]) * weights[lag]
    assert float(result[34]) == pytest.approx(float(((34 + lag) * share).sum() / share.sum()))
    # With a frame less, 37 is among the newest.
    _, result = ends_of(39, 2)
    lag = torch.tensor([0, 2, 3, 4])
    share = torch.tensor([2., 2, 1, 1]) * weights[lag]
    assert float(result[34]) == pytest.approx(float(((34 + lag) * share).sum() / share.sum()))


def test_the_grid_belongs_to_the_segment(net):
    coords = clip(5 * W)
    grid = WindowGrid(2)
    whole = refine_fixed_lag(net, coords, grid=grid)
    for cut in (3, 4):
        part = refine_fixed_lag(net, coords[cut:], grid=WindowGrid(2, cut))
        torch.testing.assert_close(part[W - 1:], whole[cut + W - 1:])
    part = refine_fixed_lag(net, coords[3:], grid=grid)
    assert not torch.allclose(part[W - 1:], whole[3 + W - 1:], atol=1e-6)


@pytest.mark.parametrize('lookahead', [0, 1, 3, 5, W - 2, W - 1, 40])
def test_with_a_stride_a_lookahead_gives_what_was_known_by_then(net, lookahead):
    coords, grid = clip(4 * W), WindowGrid(2)
    result = refine_fixed_lag(net, coords, lookahead=lookahead, grid=grid)
    for frame in range(len(coords)):
        known = refine_fixed_lag(net, coords[:frame + lookahead + 1], grid=grid)
        torch.testing.assert_close(result[frame], known[frame])
    every = refine_fixed_lag(net, coords, lookahead=lookahead)
    # The two newest windows always count: nothing changes where no frame has more.
    assert torch.allclose(result, every, atol=1e-9) == (lookahead < 2)


def test_weights_favour_the_middle():
    weights = lag_weights(64)
    assert bool((weights > 0).all())
    # With little future known, more of it counts more.
    assert bool((weights[40:].diff() < 0).all())
    assert 28 <= int(weights.argmax()) <= 36


def refiner(**kwargs) -> FixedLagRefiner:
    torch.manual_seed(0)
    network = dict(type='TrajectoryTransformer', window_size=W, dim=C, hidden_size=12,
                   num_blocks=1, num_heads=2)
    return FixedLagRefiner(network, **{'held_share': 0.0, **kwargs})


def batch(samples=4, frames=W + 2):
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(samples, 1, K, C, generator=generator) + torch.randn(
        samples, frames, K, C, generator=generator).cumsum(dim=1) / 50
    inputs = target + 0.05 * torch.randn(samples, frames, K, C, generator=generator)
    return inputs, target, torch.ones(samples, frames, K, dtype=torch.bool)


def test_loss_by_the_definition():
    model = refiner(w_stream=0.7, w_window=0.3, relative=1.0).eval()
    inputs, target, mask = batch(samples=1, frames=W + 3)
    mask[:, 4, 2] = False
    with torch.no_grad():
        losses = model.loss(inputs, target, mask)
        refined = torch.stack([model.network.forward_window(
            inputs[0, m:m + W].flatten(1).T[None])[0].T.unflatten(1, (K, C)) for m in range(4)])
    truth = torch.stack([target[0, m:m + W] for m in range(4)])
    raw = torch.stack([inputs[0, m:m + W] for m in range(4)]) - truth
    counted = torch.stack([mask[0, m:m + W] for m in range(4)])
    place = target[0].mean(dim=0)
    size = (place - place.mean(dim=0)).square().sum(dim=-1).mean().sqrt()
    error = (refined - truth) / size

    def mean(values, where):
        return values.norm(dim=-1)[where].mean()

    factor = 1 / (mean(raw / size, counted) + 0.003)
    stream = error[2:] - 2 * error[1:-1] + error[:-2]
    inside = error[:, 2:] - 2 * error[:, 1:-1] + error[:, :-2]
    # A position of the window is seen in consecutive windows, in consecutive frames.
    assert float(losses['loss_pos']) == pytest.approx(
        float(factor * mean(error, counted)), rel=1e-3)
    assert float(losses['loss_stream']) == pytest.approx(float(0.7 * factor * mean(
        stream, counted[2:] & counted[1:-1] & counted[:-2])), rel=1e-3)
    assert float(losses['loss_window']) == pytest.approx(float(0.3 * factor * mean(
        inside, counted[:, 2:] & counted[:, 1:-1] & counted[:, :-2])), rel=1e-3)
    assert float(losses['ratio']) == pytest.approx(
        float(mean(error, counted) / mean(raw / size, counted)), rel=1e-3)


def test_masked_values_take_no_loss():
    model = refiner().eval()
    inputs, target, mask = batch()
    mask[:, :, 1] = False
    wild = target.clone()
    wild[:, :, 1] = target[:, :, 1].mean(dim=1, keepdim=True)
    a, b = model.loss(inputs, target, mask), model.loss(inputs, wild, mask)
    for name in a:
        torch.testing.assert_close(a[name], b[name])


def test_training_lowers_the_loss():
    model = refiner(subset_share=0.2, held_share=0.2)
    inputs, target, mask = batch(samples=16)
    optimizer = torch.optim.Adam(model.parameters(), 3e-2)
    ratios = []
    for _ in range(80):
        losses = model.loss(inputs, target, mask)
        loss = losses['loss_pos'] + losses['loss_stream'] + losses['loss_window']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ratios.append(float(losses['ratio']))
    assert sum(ratios[-5:]) / 5 < 0.9 * sum(ratios[:5]) / 5


def test_held_starts_are_held_and_take_no_loss():
    model = refiner(held_share=0.999)
    inputs, _, mask = batch(samples=64)
    torch.manual_seed(1)
    held, real = model._held(inputs, mask)
    until = (~real[:, :, 0]).sum(dim=1)
    assert int(until.min()) >= 1
    assert int(until.max()) <= W - 4
    for item, number in enumerate(until.tolist()):
        torch.testing.assert_close(held[item, :number + 1],
                                   inputs[item, number].expand(number + 1, -1, -1))
        torch.testing.assert_close(held[item, number:], inputs[item, number:])


def test_a_model_in_bfloat16_keeps_its_weights():
    model = refiner(bfloat16=True)
    losses = model.loss(*batch())
    losses['loss_pos'].backward()
    assert all(p.dtype == p.grad.dtype == torch.float32 for p in model.network.parameters()
               if p.grad is not None)


def test_predict_refines_whole_clips(net):
    model = FixedLagRefiner(net)
    coords = clip(20).reshape(20, K, C)
    result = model.predict([{'inputs': coords}])[0]['pred']
    torch.testing.assert_close(torch.from_numpy(result).flatten(1),
                               refine_fixed_lag(net, coords.flatten(1)))


def test_wrong_arguments_are_told():
    with pytest.raises(ConfigError, match='output_size == window_size'):
        FixedLagRefiner(SmoothNet(8, 4))
    with pytest.raises(ConfigError, match='w_stream'):
        refiner(w_stream=-1.0)
    # Live, every window counts: a stride would have no effect.
    with pytest.raises(TypeError, match='window_stride'):
        refiner(window_stride=2)
    inputs, target, mask = batch(frames=W + 1)
    with pytest.raises(DataFormatError, match='S >= 10'):
        refiner().loss(inputs, target, mask)
