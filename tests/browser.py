"""Chromium for the tests of the viewer page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

#: No network, no first-run pages; WebGL by software, since test machines have no GPU.
FLAGS = ('--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--use-gl=angle',
         '--use-angle=swiftshader', '--enable-unsafe-swiftshader')


@contextmanager
def chromium() -> Iterator:
    """A running browser; the test is skipped where there is none."""
    sync_api = pytest.importorskip('playwright.sync_api', reason='needs the package playwright')
    path = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))),
                None)
    if path is None:
        pytest.skip('needs Chromium (apt-get install chromium)')
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
