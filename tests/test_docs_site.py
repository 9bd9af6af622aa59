"""The documentation site builds without a warning, and its examples run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .conftest import REPO


@pytest.mark.slow
def test_the_site_builds(tmp_path):
    for package in ('sphinx', 'myst_parser', 'pydata_sphinx_theme', 'sphinx_gallery'):
        pytest.importorskip(package)
    source = tmp_path / 'repository'
    source.mkdir()
    for path in REPO.iterdir():
        if path.name not in ('docs', '.venv', '.git'):
            (source / path.name).symlink_to(path)
    # sphinx-gallery writes beside its sources.
    subprocess.run(['cp', '-r', str(REPO / 'docs'), str(source / 'docs')], check=True)
    done = subprocess.run(
        [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', str(source / 'docs'),
         str(tmp_path / 'site')], capture_output=True, text=True,
        env={**os.environ, 'MPLBACKEND': 'Agg', 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(source)})
    assert done.returncode == 0, done.stderr[-4000:]
    pages = {path.relative_to(tmp_path / 'site').as_posix()
             for path in (tmp_path / 'site').rglob('*.html')}
    assert {'index.html', 'api.html', 'config.html', 'networks/default.html',
            'auto_gallery/index.html'} <= pages
    examples = [page for page in pages if page.startswith('auto_gallery/plot_')]
    pictures = list((tmp_path / 'site' / '_images').glob('sphx_glr_plot_*_001.png'))
    assert len(examples) >= 10 and len(pictures) == len(examples)
    api = (tmp_path / 'site' / 'api.html').read_text(encoding='utf-8')
    assert 'smoothnet_plugin.apis.smooth.smooth' in api
