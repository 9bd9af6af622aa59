"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope='session')
def repo_dir() -> Path:
    return REPO


@pytest.fixture(scope='session')
def shared_dir() -> Path:
    """The workplace's shared material (reference vectors, motion data), beside the checkout."""
    shared = REPO.parent / 'shared'
    if not (shared / 'reference' / 'test_vectors.json').is_file():
        pytest.skip('needs ../shared (reference vectors and motion data), absent here')
    return shared


@pytest.fixture(scope='module', autouse=True)
def own_default_scope():
    """Hosts set MMEngine's default scope for the whole process; no module inherits another's."""
    yield
    from mmengine.registry import DefaultScope
    DefaultScope._instance_dict.clear()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def jittery(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A smooth motion of 17 keypoints in pixels over 120 frames, and the same with jitter."""
    time = np.arange(120)[:, None, None] / 30
    phase = rng.uniform(0, 2 * np.pi, (1, 17, 2))
    clean = 200 + 60 * np.sin(2 * np.pi * 0.5 * time + phase) + 40 * np.arange(17)[None, :, None]
    return clean, clean + rng.normal(0, 3, clean.shape)
