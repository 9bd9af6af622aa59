from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.evaluation import functional as F
from smoothnet_plugin.evaluation.functional.best_rotation import best_rotation


def by_lapack(covariance):
    """Umeyama's solution by a singular value decomposition of every matrix."""
    rotations, overlaps = [], []
    for h in covariance.transpose(2, 0, 1):
        u, singular, vt = np.linalg.svd(h)
        sign = np.ones(len(h))
        sign[-1] = np.sign(np.linalg.det(u @ vt))
        rotations.append(u @ np.diag(sign) @ vt)
        overlaps.append((singular * sign).sum())
    return np.stack(rotations, axis=-1), np.array(overlaps)


def check_rotations(rotation):
    product = np.einsum('abt,cbt->tac', rotation, rotation)
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(len(rotation)), product.shape),
                               atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotation.transpose(2, 0, 1)), 1, atol=1e-12)


@pytest.mark.parametrize('channels', [2, 3, 4])
@pytest.mark.parametrize('scale', [1.0, 1e-150, 1e150])
def test_equals_lapack(rng, channels, scale):
    covariance = rng.normal(size=(channels, channels, 3000))
    rotation, overlap = best_rotation(scale * covariance)
    expected, largest = by_lapack(covariance)
    gaps = np.linalg.svd(covariance.transpose(2, 0, 1), compute_uv=False)
    # Where a reflection fits nearly as well, the rotation itself is not defined to rounding.
    clear = gaps[:, -2] - gaps[:, -1] > 1e-3
    np.testing.assert_allclose(rotation[..., clear], expected[..., clear], atol=1e-11)
    np.testing.assert_allclose(overlap / scale, largest, rtol=1e-11, atol=1e-12)
    check_rotations(rotation)


@pytest.mark.parametrize('spread', [
    (1, 1, 0), (1, 1e-9, 0), (1, 0, 0), (0, 0, 0), (1, 1, 1), (1, 1e-5, 1e-10), (1, 1e-8, -1e-8),
    (1, 1, -1)])
def test_rank_and_repeated_values(rng, spread):
    turns, _ = np.linalg.qr(rng.normal(size=(2, 200, 3, 3)))
    turns *= np.linalg.det(turns)[..., None, None]
    covariance = (turns[0] * spread @ turns[1]).transpose(1, 2, 0)
    rotation, overlap = best_rotation(covariance)
    check_rotations(rotation)
    np.testing.assert_allclose(overlap, np.sum(spread), atol=1e-12)
    np.testing.assert_allclose(np.einsum('abt,abt->t', rotation, covariance), overlap, atol=1e-12)


def test_turn_by_a_known_angle():
    points = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [-1.0, -2.0, -3.0]])
    turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    rotation, _ = best_rotation((points.T @ (points @ turn))[..., None])
    np.testing.assert_allclose(rotation[..., 0], turn, atol=1e-15)


def test_alignment_is_the_same_alone_and_among_many(rng):
    """Each frame by itself, however the frames are cut into blocks."""
    pred, target = rng.normal(size=(2, 5000, 6, 3))
    pred[rng.random((5000, 6)) < 0.1] = np.nan
    together = F.similarity_align(pred, target)
    for frame in (0, 2047, 2048, 4999):
        alone = F.similarity_align(pred[frame:frame + 1], target[frame:frame + 1])
        np.testing.assert_allclose(together[frame:frame + 1], alone, atol=1e-12)
