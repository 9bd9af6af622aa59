"""Dump once, smooth the pickle, evaluate it again."""

from __future__ import annotations

import runpy
import sys

import numpy as np
import pytest

from smoothnet_plugin import io, smooth

from .video_sets import REPO, coco_config, h36m_config, run_test

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models


def evaluate(config, dump):
    """MMEngine's own offline evaluation of a dump by a config's metrics."""
    from mmengine.config import Config
    from mmengine.evaluator import Evaluator
    from mmengine.fileio import load
    from mmengine.registry import init_default_scope
    from mmpose.registry import DATASETS
    cfg = Config.fromfile(config)
    init_default_scope('mmpose')
    evaluator = Evaluator(cfg.test_evaluator)
    evaluator.dataset_meta = DATASETS.build(cfg.test_dataloader.dataset).metainfo
    return evaluator.offline_evaluate(load(dump))


def arrays(value):
    """The value with arrays for its tensors."""
    if isinstance(value, dict):
        return {key: arrays(entry) for key, entry in value.items()}
    return value.numpy() if hasattr(value, 'detach') else value


@pytest.fixture(scope='module', params=['coco', 'h36m'])
def dumped(request, mmpose, tmp_path_factory):
    """A config, its metrics raw and smoothed in the loop, and the dump of the same run."""
    folder = tmp_path_factory.mktemp(request.param)
    make = {'coco': coco_config, 'h36m': h36m_config}[request.param]
    config, dump = make(mmpose, folder), folder / 'dump.pkl'
    from mmengine.config import Config
    metrics = Config.fromfile(config).test_evaluator
    metrics = metrics if isinstance(metrics, list) else [metrics]
    looped = make(mmpose, folder, test_evaluator=[
        dict(type='smoothnet_plugin.SmoothedMetric', metric=metrics, smoother='default', fps=50),
        dict(type='DumpResults', out_file_path=str(dump))])
    return config, run_test(looped), dump


def test_dump_is_read_and_written_back(dumped, tmp_path):
    config, found, dump = dumped
    tracks = io.load(dump)
    assert len(tracks) == 2
    io.save(tmp_path / 'same.pkl', tracks)
    assert evaluate(config, tmp_path / 'same.pkl') == {
        key.removeprefix('raw/'): value for key, value in found.items()
        if key.startswith('raw/') and not key.startswith('raw/accel')}


def test_smoothed_dump_gives_the_numbers_of_the_loop(dumped, tmp_path, monkeypatch):
    config, found, dump = dumped
    out = tmp_path / 'smooth.pkl'
    monkeypatch.setattr(sys, 'argv', ['smooth_results.py', str(dump), '-o', str(out), '--fps',
                                      '50'])
    with pytest.raises(SystemExit, match='^0$'):
        runpy.run_path(str(REPO / 'tools' / 'smooth_results.py'), run_name='__main__')
    again = evaluate(config, out)
    assert again.keys() == {key.removeprefix('smooth/') for key in found
                            if key.startswith('smooth/') and 'accel' not in key}
    for key, value in again.items():
        assert value == pytest.approx(found[f'smooth/{key}'], rel=1e-6), key


def test_only_keypoints_of_a_dump_change(dumped, tmp_path):
    from mmengine.fileio import load
    _, _, dump = dumped
    smooth(dump, 'savgol', tmp_path / 'out.pkl', fps=50)
    changed = 0
    for old, new in zip(load(dump), load(tmp_path / 'out.pkl'), strict=True):
        before, after = (s['pred_instances'].pop('keypoints') for s in (old, new))
        assert before.shape == after.shape and before.dtype == after.dtype
        changed += not np.array_equal(before, after)
        np.testing.assert_equal(arrays(new), arrays(old))
    assert changed > 30
