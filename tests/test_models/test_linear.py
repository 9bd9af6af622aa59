from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from smoothnet_plugin.models import linear as module
from smoothnet_plugin.models.linear import Linear, in_bfloat16, linear

ACTIVATIONS = {'none': lambda y: y, 'gelu': functional.gelu,
               'leaky_relu': lambda y: functional.leaky_relu(y, 0.2)}


@pytest.mark.parametrize('fused', [True, False])
@pytest.mark.parametrize('activation', ACTIVATIONS)
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize('bias', [True, False])
@pytest.mark.parametrize('shape', [(0, 7), (5, 7), (3, 2, 4, 7)])
def test_is_pytorchs_layer(monkeypatch, fused, activation, dtype, bias, shape):
    if not fused:
        monkeypatch.setattr(module, '_operator', lambda: None)
    torch.manual_seed(0)
    layer = Linear(7, 5, bias=bias).to(dtype)
    x = torch.randn(shape, dtype=dtype)
    expected = ACTIVATIONS[activation](functional.linear(x, layer.weight, layer.bias))
    with torch.no_grad():
        result = layer(x, activation, 0.2)
        torch.testing.assert_close(layer(x.transpose(0, -2).contiguous().transpose(0, -2),
                                         activation, 0.2), expected)
    assert result.dtype == dtype
    torch.testing.assert_close(result, expected)
    with_gradient = layer(x, activation, 0.2)
    torch.testing.assert_close(with_gradient, expected)
    assert with_gradient.requires_grad


@pytest.mark.parametrize('fused', [True, False])
def test_bfloat16_weights(monkeypatch, fused):
    if not fused:
        monkeypatch.setattr(module, '_operator', lambda: None)
    torch.manual_seed(0)
    network = torch.nn.Sequential(Linear(40, 30), torch.nn.LayerNorm(30))
    half = in_bfloat16(network)
    assert network[0].weight.dtype == torch.float32
    assert half[0].weight.dtype == torch.bfloat16 and half[1].weight.dtype == torch.float32
    x = torch.randn(20, 40)
    with torch.no_grad():
        result, expected = half[0](x, 'gelu'), network[0](x, 'gelu')
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, expected, atol=2e-2, rtol=2e-2)
    assert not torch.equal(result, expected)


def test_an_operator_with_other_results_is_not_used(monkeypatch):
    module._operator.cache_clear()
    monkeypatch.setattr(module, 'torch', torch)
    monkeypatch.setattr(module.functional, 'gelu', lambda y: y + 1)
    try:
        assert module._operator() is None
    finally:
        module._operator.cache_clear()


def test_autocast_still_rules_training():
    layer = Linear(7, 5)
    with torch.autocast('cpu', torch.bfloat16):
        assert layer(torch.randn(3, 7)).dtype == torch.bfloat16
    assert linear(torch.randn(3, 7), layer.weight).dtype == torch.float32
