from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from smoothnet_plugin.models import MotionRefineNet, PoseRefiner, linear
from smoothnet_plugin.models.linear import Linear, dropped_linear
from smoothnet_plugin.models.motion_refine_blocks import FrequencyBlock, TemporalBlock
from smoothnet_plugin.models.training_ops import DroppedLinear, random_bytes


@pytest.fixture
def plain(monkeypatch):
    """Switches the fast operators off."""
    return lambda: monkeypatch.setattr(linear, '_operator', lambda: None)


def gradients(module, x, weights):
    """The output, and all gradients in one vector."""
    module.zero_grad()
    x = x.clone().requires_grad_()
    out = module(x)
    (out * weights).sum().backward()
    return out.detach(), torch.cat([x.grad.flatten(), *(
        p.grad.flatten() for p in module.parameters() if p.grad is not None)])


@pytest.mark.parametrize('block', [
    TemporalBlock(42, 64, 16, 0.0, True), TemporalBlock(42, 64, 16, 0.0, False),
    FrequencyBlock(42, 64, 16, 0.0, range(24), range(24, 42), True, True)],
    ids=['temporal', 'temporal as published', 'frequency'])
def test_a_block_has_the_gradients_of_pytorchs_operators(plain, block):
    torch.manual_seed(0)
    x, weights = torch.rand(11, 42, 64), torch.randn(11, 42, 64)
    fast = gradients(block.train(), x, weights)
    plain()
    slow = gradients(block, x, weights)
    for one, other in zip(fast, slow):
        assert (one - other).norm() <= 2e-6 * other.norm()


@pytest.mark.parametrize('protocol', ['default', 'reference'])
def test_a_training_step_has_the_loss_of_pytorchs_operators(plain, protocol):
    torch.manual_seed(0)
    model = PoseRefiner(MotionRefineNet(14, 3, 16, res_hidden_size=16, num_blocks=2, dropout=0.0,
                                        protocol=protocol)).train()
    x, y = torch.randn(2, 11, 16, 14, 3)
    fast = model.loss(x, y)
    plain()
    for name, value in model.loss(x, y).items():
        torch.testing.assert_close(fast[name], value, rtol=1e-6, atol=1e-6)


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
    assert counts.min() > 850 and counts.max() < 1150
