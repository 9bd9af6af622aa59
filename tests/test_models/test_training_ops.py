from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from smoothnet_plugin.models import MotionRefineNet, PoseRefiner, linear
from smoothnet_plugin.models.linear import Linear, dropped_linear
from smoothnet_plugin.models.training_ops import DroppedLinear, random_bytes


@pytest.fixture
def plain(monkeypatch):
    """Switches the fast operators off."""
    return lambda: monkeypatch.setattr(linear, '_operator', lambda: None)


def gradients(model, x, y):
    losses = model.loss(x, y)
    model.zero_grad()
    sum(losses.values()).backward()
    return [value.detach() for value in losses.values()], {
        name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize('protocol', ['default', 'reference'])
def test_a_training_step_has_the_results_of_pytorchs_operators(plain, protocol):
    torch.manual_seed(0)
    model = PoseRefiner(MotionRefineNet(14, 3, 16, res_hidden_size=16, num_blocks=2, dropout=0.0,
                                        protocol=protocol)).train()
    x, y = torch.randn(2, 11, 16, 14, 3)
    fast = gradients(model, x, y)
    plain()
    slow = gradients(model, x, y)
    for one, other in zip(fast[0], slow[0]):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
    assert fast[1].keys() == slow[1].keys()
    for name, gradient in slow[1].items():
        largest = gradient.abs().max().clamp(min=1e-3)
        assert (fast[1][name] - gradient).abs().max() <= 2e-6 * largest.clamp(min=1.0) or (
            (fast[1][name] - gradient).abs().max() / largest < 1e-4), name


@pytest.mark.parametrize('p', [0.0, 0.25, 0.5])
@pytest.mark.parametrize('shape', [(7, 5), (3, 4, 5), (4, 300, 5)])
def test_gradients_with_a_mask(p, shape):
    operator = linear._operator()
    if operator is None:
        pytest.skip('this PyTorch has no operator of oneDNN')
    torch.manual_seed(0)
    layer = nn.Linear(5, 6)
    x = torch.randn(shape, requires_grad=True)
    rows = x.flatten(0, -2)
    keep = random_bytes(len(rows) * 6) >= int(256 * p)
    out = DroppedLinear.apply(rows, layer.weight, layer.bias, keep if p else None, p, 0.2, operator)
    mask = keep.view(-1, 6) / (1 - p) if p else torch.ones(len(rows), 6)
    expected = functional.leaky_relu(functional.linear(rows, layer.weight, layer.bias) * mask, 0.2)
    torch.testing.assert_close(out, expected)
    upstream = torch.randn_like(out)
    wanted = [x, layer.weight, layer.bias]
    for one, other in zip(torch.autograd.grad(out, wanted, upstream, retain_graph=True),
                          torch.autograd.grad(expected, wanted, upstream)):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_dropout_drops_its_share_and_obeys_the_seed():
    layer, dropout = Linear(8, 400), nn.Dropout(0.25)
    x = torch.randn(500, 8)
    torch.manual_seed(3)
    first = dropped_linear(x, layer, dropout, 0.2)
    torch.manual_seed(3)
    again = dropped_linear(x, layer, dropout, 0.2)
    assert torch.equal(first, again)
    assert (first == 0).float().mean() == pytest.approx(0.25, abs=0.01)
    kept = first != 0
    straight = functional.leaky_relu(layer(x), 0.2)
    torch.testing.assert_close(first[kept], straight[kept] / 0.75)
    dropout.eval()
    torch.testing.assert_close(dropped_linear(x, layer, dropout, 0.2), straight)


@pytest.mark.parametrize('p', [0.3, 1.0])
def test_other_probabilities_take_pytorchs_dropout(p):
    layer, dropout = Linear(8, 40), nn.Dropout(p)
    out = dropped_linear(torch.randn(300, 8), layer, dropout, 0.2)
    assert (out == 0).float().mean() == pytest.approx(p, abs=0.03)
    out.sum().backward()


def test_bytes_are_even():
    torch.manual_seed(0)
    counts = torch.bincount(random_bytes(256 * 1000 + 3).long(), minlength=256)
    assert counts.sum() == 256 * 1000 + 3 and len(counts) == 256
    assert 850 < counts.min() and counts.max() < 1150
