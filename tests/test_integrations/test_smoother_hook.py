from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError

from .mmpose_parts import heard
from .test_smoothed_metric import evaluated, metainfo, samples_2d, smoothed
from .video_sets import (
    HOOK,
    coco_config,
    h36m_config,
    random_checkpoint,
    run_test,
    stock_test,
)

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models


def runner_with(metrics, **cfg):
    """As much of a runner as the hook looks at, with MMEngine's own evaluator."""
    from mmengine.config import Config
    from mmengine.evaluator import Evaluator
    evaluator = Evaluator([{'_scope_': 'mmpose', **metric} for metric in metrics])
    evaluator.dataset_meta = metainfo('coco')
    return SimpleNamespace(cfg=Config(cfg), test_loop=SimpleNamespace(evaluator=evaluator))


def hook(**options):
    from smoothnet_plugin.registry import HOOKS
    return HOOKS.build(dict(HOOK, **options))


@pytest.mark.parametrize('smoother', [
    'savgol', dict(type='SavgolFilter'), [dict(type='SavgolFilter')],
    dict(type='PoseSmoother', filters=[dict(type='SavgolFilter')]),
])
def test_top_level_key_in_all_its_forms(smoother, tmp_path):
    samples = samples_2d()
    # A name stands for the filter with its preparation, a config for the filter alone.
    entry = smoother if isinstance(smoother, str) else dict(type='SavgolFilter')
    expected = evaluated(smoothed(dict(type='EPE'), entry), metainfo('coco'), samples)
    runner = runner_with([dict(type='EPE')], smoother=smoother)
    hook().before_test(runner)
    assert runner.test_loop.evaluator.offline_evaluate(samples) == expected


def test_one_smoothing_for_all_metrics_and_dumps_stay_raw(tmp_path):
    from mmengine.fileio import load
    dump = dict(type='DumpResults', out_file_path=str(tmp_path / 'raw.pkl'))
    runner = runner_with([dict(type='EPE'), dump, dict(type='PCKAccuracy')], smoother='default')
    hook(fps=30).before_test(runner)
    hook(fps=30).before_test(runner)  # a second test of the same runner
    evaluator = runner.test_loop.evaluator
    assert [type(m).__name__ for m in evaluator.metrics] == ['SmoothedMetric', 'DumpResults']
    samples = samples_2d()
    found = evaluator.offline_evaluate(samples)
    assert {'raw/EPE', 'smooth/EPE', 'raw/PCK', 'smooth/PCK', 'raw/accel'} < found.keys()
    for dumped, sample in zip(load(tmp_path / 'raw.pkl'), samples):
        np.testing.assert_array_equal(dumped['pred_instances']['keypoints'],
                                      sample['pred_instances']['keypoints'])


def test_several_data_sets():
    from mmpose.evaluation.evaluators import MultiDatasetEvaluator
    samples = samples_2d()
    plain = MultiDatasetEvaluator(
        [dict(type='EPE', prefix=name, _scope_='mmpose') for name in ('a', 'b')],
        datasets=[dict(type='CocoDataset'), dict(type='AicDataset')])
    plain.dataset_meta = metainfo('coco')
    runner = SimpleNamespace(cfg=dict(smoother='default'),
                             test_loop=SimpleNamespace(evaluator=plain))
    hook().before_test(runner)
    for number, sample in enumerate(samples):
        sample['dataset_name'] = ('coco', 'aic')[number % 2]
        sample['img_path'] = f"{sample['dataset_name']}/{sample['img_path']}"
    batch = dict(inputs=samples, data_samples=samples)
    plain.process(samples, batch)
    found = plain.evaluate(len(samples))
    for name, prefix in (('coco', 'a'), ('aic', 'b')):
        assert found[f'{name}/smooth/{prefix}/EPE'] < found[f'{name}/raw/{prefix}/EPE']


def test_hook_needs_a_smoother():
    with pytest.raises(ConfigError, match="smoother = 'default'"):
        hook().before_test(runner_with([dict(type='EPE')]))
    runner = runner_with([dict(type='EPE')])
    hook(smoother='default').before_test(runner)
    assert type(runner.test_loop.evaluator.metrics[0]).__name__ == 'SmoothedMetric'


def test_validation_is_left_alone(mmpose, tmp_path):
    """``save_best`` looks for the key of a metric in what validation finds."""
    import torch
    from mmengine.config import Config
    from mmengine.runner import Runner
    cfg = Config.fromfile(coco_config(mmpose, tmp_path, smoother='default', custom_hooks=[HOOK]))
    cfg.val_dataloader, cfg.val_evaluator = cfg.test_dataloader, cfg.test_evaluator
    cfg.val_cfg = dict()
    cfg.default_hooks.checkpoint = None
    torch.manual_seed(0)
    runner = Runner.from_cfg(cfg)
    validated, tested = runner.val(), runner.test()
    assert {f'raw/{key}': value for key, value in validated.items()}.items() <= tested.items()
    assert tested['smooth/accel'] < 0.3 * tested['raw/accel']


def test_runner_finds_hook_silently(mmpose, tmp_path):
    config = h36m_config(mmpose, tmp_path, smoother=dict(type='SavgolFilter'),
                         custom_hooks=[HOOK])
    with heard() as said:
        both = run_test(config)
    assert not [line for line in said if 'Failed to search registry' in line]
    assert both['smooth/accel'] < 0.5 * both['raw/accel']
    assert {'raw/MPJPE_Walking', 'smooth/P-MPJPE_Directions'} < both.keys()


@pytest.mark.parametrize('make', [coco_config, h36m_config])
def test_stock_tool_with_one_and_two_processes(make, mmpose, tmp_path):
    plain = make(mmpose, tmp_path)
    weights = random_checkpoint(plain, tmp_path / 'random.pth')
    config = make(mmpose, tmp_path, smoother='default', custom_hooks=[HOOK])
    alone, both = tmp_path / 'alone.json', tmp_path / 'both.json'
    # The output for a sample alone is bit-identical; in a batch it depends on its neighbours.
    single = ('--cfg-options', 'test_dataloader.batch_size=1')
    own = stock_test(mmpose, plain, weights, alone, *single)
    one = stock_test(mmpose, config, weights, both, *single)
    assert {f'raw/{key}': value for key, value in own.items()}.items() <= one.items()
    assert one['smooth/accel'] < 0.3 * one['raw/accel']
    two = stock_test(mmpose, config, weights, tmp_path / 'two.json', *single, processes=2)
    assert two == one
