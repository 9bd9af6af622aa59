from __future__ import annotations

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import PositionAccelerationLoss


def naive(pred, target, mask, w_pos, w_accel):
    """Loops over every value, float64."""
    position, accel = [], []
    samples, frames, keypoints, values = pred.shape
    for n, k, c in np.ndindex(samples, keypoints, values):
        error = pred[n, :, k, c] - target[n, :, k, c]
        position += [abs(error[t]) for t in range(frames) if mask[n, t, k]]
        accel += [abs(error[t - 1] - 2 * error[t] + error[t + 1]) for t in range(1, frames - 1)
                  if mask[n, t - 1:t + 2, k].all()]
    return w_pos * np.mean(position), w_accel * np.mean(accel)


@pytest.fixture
def pair(generator):
    return torch.randn(2, 2, 7, 3, 2, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize('masked', [False, True])
def test_naive_twin(pair, masked, generator):
    mask = torch.rand(2, 7, 3, generator=generator) > 0.2 if masked else torch.ones(
        2, 7, 3, dtype=torch.bool)
    losses = PositionAccelerationLoss(0.7, 0.3)(*pair, mask if masked else None)
    expected = naive(*pair.numpy(), mask.numpy(), 0.7, 0.3)
    assert [float(v) for v in losses.values()] == pytest.approx(expected, rel=1e-12)


def test_full_mask_is_the_published_formula(pair):
    pred, target = pair
    losses = PositionAccelerationLoss()(pred, target, torch.ones(2, 7, 3, dtype=torch.bool))

    def accel(z):
        return z[:, :-2] - 2 * z[:, 1:-1] + z[:, 2:]

    torch.testing.assert_close(losses['loss_pos'], (pred - target).abs().mean())
    torch.testing.assert_close(losses['loss_accel'],
                               0.1 * (accel(pred) - accel(target)).abs().mean())


def test_gradcheck(pair, generator):
    mask = torch.rand(2, 7, 3, generator=generator) > 0.3
    loss = PositionAccelerationLoss(1.0, 0.5)
    assert torch.autograd.gradcheck(
        lambda p: sum(loss(p, pair[1], mask).values()), (pair[0].requires_grad_(),))


def test_nan_truth_outside_of_the_mask_is_harmless(pair):
    pred, target = pair[0].requires_grad_(), pair[1].clone()
    mask = torch.ones(2, 7, 3, dtype=torch.bool)
    mask[0, 3:, 1] = False
    target[0, 3:, 1] = float('nan')
    sum(PositionAccelerationLoss()(pred, target, mask).values()).backward()
    assert torch.isfinite(pred.grad).all()
    assert (pred.grad[0, 3:, 1] == 0).all()


@pytest.mark.parametrize('frames', [1, 2])
def test_short_windows_have_no_acceleration(frames):
    losses = PositionAccelerationLoss()(torch.ones(1, frames, 2, 2), torch.zeros(1, frames, 2, 2))
    assert float(losses['loss_pos']) == 1.0
    assert float(losses['loss_accel']) == 0.0


def test_nothing_to_count_gives_zero():
    losses = PositionAccelerationLoss()(
        torch.ones(1, 4, 2, 2), torch.full((1, 4, 2, 2), float('nan')),
        torch.zeros(1, 4, 2, dtype=torch.bool))
    assert [float(v) for v in losses.values()] == [0.0, 0.0]


def test_errors():
    with pytest.raises(ConfigError, match='w_accel is -1'):
        PositionAccelerationLoss(w_accel=-1)
    with pytest.raises(DataFormatError, match=r'\(1, 4, 2, 3\)'):
        PositionAccelerationLoss()(torch.ones(1, 4, 2, 2), torch.ones(1, 4, 2, 3))
    with pytest.raises(DataFormatError, match='mask'):
        PositionAccelerationLoss()(*torch.ones(2, 1, 4, 2, 2), torch.ones(1, 4, 3).bool())
