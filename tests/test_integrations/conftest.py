"""The real MMPose, once a session, for tests marked ``mmpose``."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.fixture(scope='session')
def mmpose():
    """The package mmpose, importable as a whole; skips where it is not installed."""
    if importlib.util.find_spec('mmpose') is None:
        pytest.skip('needs MMPose: run tests/run.sh, or pip install "smoothnet_plugin[mmpose]"')
    import mmpose_shim
    mmpose_shim.install()
    import mmpose
    return mmpose


@pytest.fixture(autouse=True)
def _mmpose_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker('mmpose'):
        request.getfixturevalue('mmpose')
