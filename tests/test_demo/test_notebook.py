from __future__ import annotations

import os

import pytest

from smoothnet_plugin.visualization.video import frame_times

from .conftest import REPO


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch):
    nbclient = pytest.importorskip('nbclient')
    nbformat = pytest.importorskip('nbformat')
    pytest.importorskip('ipykernel')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(REPO), os.environ.get('PYTHONPATH', '')]))
    (tmp_path / 'demo').symlink_to(REPO / 'demo')
    notebook = nbformat.read(REPO / 'demo' / 'smooth_your_video.ipynb', as_version=4)
    assert not any(cell.get('outputs') for cell in notebook.cells)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name='python3',
                            resources={'metadata': {'path': str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get('outputs', ())]
    shown = {kind for output in outputs for kind in output.get('data', {})}
    assert {'text/html', 'image/png'} <= shown
    assert 'median acceleration' in ''.join(output.get('text', '') for output in outputs)
    assert len(frame_times(tmp_path / 'outputs' / 'side_by_side.mp4')) == 230
