"""tools/test.py of this package with models and checkpoints of MMPose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import OrderedDict

import numpy as np
import pytest
import torch

from .video_sets import HOOK, REPO, h36m_config, random_checkpoint, stock_test

pytestmark = pytest.mark.mmpose


def our_test(config, checkpoint, out):
    command = [sys.executable, '-W', 'ignore', str(REPO / 'tests/test_integrations/stock_tool.py'),
               str(REPO / 'tools/test.py'), config, str(checkpoint), '--out', str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=out.parent, timeout=300,
                          env={**os.environ, 'PYTHONPATH': str(REPO), 'OMP_NUM_THREADS': '1'})


def as_published(config, path, rename=None):
    """A checkpoint as MMPose publishes them: weights, and metainfo with empty NumPy arrays."""
    weights = torch.load(random_checkpoint(config, path))['state_dict']
    if rename:
        weights = OrderedDict((rename + name, value) for name, value in weights.items())
    meta = {'dataset_meta': {'dataset_name': 'h36m', 'sigmas': np.array([]),
                             'skeleton_link_colors': np.zeros((0, 3), np.uint8)}, 'epoch': 160}
    torch.save({'meta': meta, 'state_dict': weights}, path)
    return path


@pytest.mark.slow
def test_checkpoint_of_mmpose(mmpose, tmp_path):
    config = h36m_config(mmpose, tmp_path, smoother='gaussian', custom_hooks=[HOOK])
    plain = random_checkpoint(config, tmp_path / 'plain.pth')
    expected = stock_test(mmpose, config, plain, tmp_path / 'stock.json')
    run = our_test(config, as_published(config, tmp_path / 'published.pth'),
                   tmp_path / 'ours.json')
    assert run.returncode == 0, run.stderr[-2000:]
    ours = json.loads((tmp_path / 'ours.json').read_text())
    assert ours['raw/MPJPE'] == pytest.approx(expected['raw/MPJPE'], rel=1e-6)
    assert ours['smooth/MPJPE'] == pytest.approx(expected['smooth/MPJPE'], rel=1e-6)
    assert ours['smooth/accel'] < ours['raw/accel']


@pytest.mark.slow
def test_checkpoint_of_another_model_is_refused(mmpose, tmp_path):
    config = h36m_config(mmpose, tmp_path)
    run = our_test(config, as_published(config, tmp_path / 'other.pth', 'detector.'),
                   tmp_path / 'ours.json')
    assert run.returncode == 2
    assert 'no weight of PoseLifter' in run.stderr
    assert 'network.' not in run.stderr


def test_our_inferencer_reads_what_mmpose_saves(mmpose, tmp_path):
    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer

    from .mmpose_parts import SCENES, Scene, pose_config, walker, write_video
    SCENES['saved'] = Scene([walker(6)], noise=2.0)
    config = pose_config(mmpose, tmp_path, 'saved')
    weights = torch.load(random_checkpoint(config, tmp_path / 'x.pth'))['state_dict']
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    meta = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
    meta['none'] = np.zeros((0, 2))
    torch.save({'meta': {'dataset_meta': meta}, 'state_dict': weights}, tmp_path / 'x.pth')
    with pytest.raises(Exception, match='weights_only'):
        torch.load(tmp_path / 'x.pth', weights_only=True)
    inferencer = SmoothPose2DInferencer(config, str(tmp_path / 'x.pth'), device='cpu',
                                        det_model='whole_image')
    assert inferencer.model.dataset_meta['dataset_name'] == 'coco'
    assert len(list(inferencer(write_video(tmp_path / 'c.mp4', 6)))) == 6
