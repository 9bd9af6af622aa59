from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from smoothnet_plugin.benchmark.clips import read_dump
from smoothnet_plugin.errors import UnsafeFileError
from smoothnet_plugin.models import SmoothNet, save_safetensors

from .conftest import REPO, metrics_of

SIZES = {'window_size': 8, 'hidden_size': 16, 'res_hidden_size': 4, 'num_blocks': 1}


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    network = SmoothNet(**SIZES)
    path = tmp_path / 'w.safetensors'
    save_safetensors(path, network.state_dict(), {'type': 'SmoothNet', **SIZES})
    torch.save({'state_dict': network.state_dict()}, tmp_path / 'mmpose.pth')
    torch.save({'epoch': 3, 'state_dict': network.state_dict(), 'performance': None,
                'optimizer': {}}, tmp_path / 'checkpoint_8.pth.tar')
    return path


def test_weights_of_every_kind_give_the_same_metrics(config, checkpoint, run_tool, tmp_path):
    results = []
    for name in ('w.safetensors', 'mmpose.pth', 'checkpoint_8.pth.tar'):
        run_tool('test', config, name, '--out', f'{name}.json')
        results.append(metrics_of(tmp_path / f'{name}.json'))
    assert results[0] == results[1] == results[2]
    assert {'input_mpjpe', 'mpjpe', 'improvement_mpjpe', 'accel_error'} <= results[0].keys()
    assert results[0]['mpjpe'] != results[0]['input_mpjpe']


def test_dump_holds_the_predictions(config, checkpoint, run_tool, tmp_path, data_root):
    run_tool('test', config, checkpoint, '--dump', 'out.pkl')
    items = read_dump(tmp_path / 'out.pkl')
    with np.load(data_root / 'val.npz') as file:
        assert [len(item['pred']) for item in items] == file['lengths'].tolist()
        np.testing.assert_array_equal(np.concatenate([item['inputs'] for item in items]),
                                      file['estimate'])


def test_a_dump_that_runs_code_is_not_read(tmp_path):
    path = tmp_path / 'evil.pkl'
    path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(UnsafeFileError, match='system'):
        read_dump(path)


def test_a_filter_needs_no_weights(config, run_tool, tmp_path):
    filter_config = tmp_path / 'gaussian.py'
    filter_config.write_text("_base_ = './tiny.py'\nmodel = dict(_delete_=True, "
                             "type='FilterRefiner', smoother='gaussian')\n")
    run_tool('test', filter_config, '--out', 'gaussian.json')
    metrics = metrics_of(tmp_path / 'gaussian.json')
    assert metrics['accel_error'] < 0.5 * metrics['input_accel_error']
    assert metrics['mpjpe'] < metrics['input_mpjpe']


def test_a_variant_of_a_config(config, checkpoint, run_tool, tmp_path):
    config.write_text(config.read_text() + """
variants = {
    'gaussian': dict(model=dict(_delete_=True, type='FilterRefiner', smoother='gaussian')),
    'w16': dict(model=dict(network=dict(window_size=16)))}
""")
    run_tool('test', f'{config}@gaussian', '--out', 'gaussian.json')
    run_tool('test', config, checkpoint, '--out', 'network.json')
    assert metrics_of(tmp_path / 'gaussian.json')['mpjpe'] < (
        metrics_of(tmp_path / 'network.json')['mpjpe'])
    assert sorted(p.name for p in (tmp_path / 'work_dirs').iterdir()) == ['tiny', 'tiny_gaussian']
    with pytest.raises(SystemExit, match='has shape'):
        run_tool('test', f'{config}@w16', checkpoint)
    with pytest.raises(SystemExit, match="Did you mean 'gaussian'"):
        run_tool('test', f'{config}@gausian')


def test_a_table_asks_for_a_variant(run_tool, repo_dir):
    with pytest.raises(SystemExit, match=r"Choose a variant, such as .*\.py@aist_vibe_3d_on_aist"):
        run_tool('test', repo_dir / 'configs' / 'smoothnet' / 'readme_rows.py')


@pytest.mark.parametrize(('arguments', 'message'), [
    ([], 'needs weights'),
    (['absent.pth'], "absent.pth' not found"),
    (['w.safetensors', '--dump', 'out.json'], r'\.pkl'),
    (['w.safetensors', '--out', '.'], 'directory'),
    (['w.safetensors', '--cfg-options', 'model.network.num_blocks=2'], 'missing'),
    (['w.safetensors', '--cfg-options', 'model.network.window_size=16'], 'has shape'),
    (['w.safetensors', '--cfg-options', 'test_evaluator.0.type=PoseErorMetric'],
     "Did you mean 'PoseErrorMetric'"),
])
def test_bad_input_ends_in_one_line(config, checkpoint, run_tool, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run_tool('test', config, *arguments)


@pytest.mark.slow
def test_two_processes_measure_what_one_does(config, checkpoint, run_process, tmp_path):
    # In a process of its own, too: what earlier tests leave behind in this one may change the
    # last bits.
    run_process(sys.executable, REPO / 'tools' / 'test.py', config, checkpoint,
                '--out', 'one.json')
    run_process(REPO / 'tools' / 'dist_test.sh', config, checkpoint, 2, '--out', 'two.json')
    assert metrics_of(tmp_path / 'one.json') == metrics_of(tmp_path / 'two.json')
