from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from smoothnet_plugin.models import SmoothNet


@pytest.fixture(scope='session')
def vectors(reference_dir: Path) -> dict[str, Any]:
    return json.loads((reference_dir / 'test_vectors.json').read_text())


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def small_net() -> SmoothNet:
    torch.manual_seed(0)
    return SmoothNet(8, hidden_size=12, res_hidden_size=6, num_blocks=2).eval()


def fill_by_rule(network: torch.nn.Module) -> torch.nn.Module:
    """The weight rule of the reference vectors, in the order of the sorted names."""
    state = network.state_dict()
    for k, name in enumerate(sorted(state)):
        if name.startswith(('DWT', 'IDWT')):
            continue
        flat = 0.03 * np.sin(0.37 * np.arange(state[name].numel()) + 0.9 * k)
        if 'LN' in name and name.endswith('weight'):
            flat += 1
        state[name] = torch.tensor(flat.reshape(state[name].shape), dtype=torch.float32)
    network.load_state_dict(state)
    return network.eval()


def input_by_rule(samples: int, channels: int, frames: int) -> torch.Tensor:
    n, c, t = np.meshgrid(*map(np.arange, (samples, channels, frames)), indexing='ij')
    x = 0.3 * np.sin(0.11 * t + 0.7 * c + 1.9 * n) + 0.05 * np.sin(2.3 * t + 1.1 * c)
    return torch.tensor(x, dtype=torch.float32)


def assert_matches(output: torch.Tensor, expected: dict[str, Any]) -> None:
    """Within 1e-6 of a reference vector, its sums included (per element)."""
    values = output.detach().double().numpy()
    assert list(values.shape) == expected['shape']
    np.testing.assert_allclose(values.ravel()[:8], expected['first8'], rtol=0, atol=1e-6)
    np.testing.assert_allclose(values.ravel()[-4:], expected['last4'], rtol=0, atol=1e-6)
    assert abs(values.sum() - expected['sum']) / values.size < 1e-6
    assert abs(np.abs(values).mean() - expected['abs_mean']) < 1e-6
