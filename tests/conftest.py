"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

# One thread a process, read when NumPy, torch and OpenCV are loaded, here and in the processes that
# tests start: results are the same on every machine, and workers do not crowd the cores.
for name, value in (('OMP_NUM_THREADS', '1'), ('OPENCV_FOR_THREADS_NUM', '1'),
                    ('MPLBACKEND', 'Agg')):
    os.environ.setdefault(name, value)

# A suite that a script starts in the background ignores Ctrl-C, and so would the commands that
# tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import numpy as np  # noqa: E402
import pytest  # noqa: E402

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope='session')
def repo_dir() -> Path:
    return REPO


@pytest.fixture(scope='session')
def motion_data() -> Callable[[str], Path]:
    """Path of a file of motion data by its name; the test is skipped where the file is absent.

    The files are in the folder that SMOOTHNET_DATA names, else in ../shared/data.
    docs/datasets.md says how they are made.
    """
    folder = Path(os.environ.get('SMOOTHNET_DATA') or REPO.parent / 'shared' / 'data')

    def path(name: str) -> Path:
        if not (folder / name).is_file():
            pytest.skip(f'needs {name} in {folder}; see docs/datasets.md and set SMOOTHNET_DATA')
        return folder / name

    return path


@pytest.fixture(scope='session')
def reference_dir() -> Path:
    """Vectors and tables of the reference implementation, beside the checkout."""
    folder = REPO.parent / 'shared' / 'reference'
    if not (folder / 'test_vectors.json').is_file():
        pytest.skip('needs ../shared/reference, absent here')
    return folder


@pytest.fixture(scope='session')
def cases_dir() -> Path:
    """Small inputs that earlier versions failed on, beside the checkout."""
    folder = REPO.parent / 'shared' / 'cases'
    if not folder.is_dir():
        pytest.skip('needs ../shared/cases, absent here')
    return folder


@pytest.fixture(scope='module', autouse=True)
def own_default_scope():
    """Hosts set MMEngine's default scope for the whole process; no module inherits another's."""
    yield
    from mmengine.registry import DefaultScope
    DefaultScope._instance_dict.clear()


@pytest.fixture(scope='session', autouse=True)
def numpy_tracks():
    """No live test gets compiled code in mid-run, which other tests' work would decide."""
    from smoothnet_plugin.processing import compiled_steps
    compiled_steps.WORTH_LOADING = float('inf')


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
