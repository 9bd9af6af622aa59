from __future__ import annotations

import json

import pytest

from smoothnet_plugin.visualization.video import read_video

from .conftest import REPO


def test_flops_of_a_network(config, run_tool, capsys):
    run_tool('analysis_tools/get_flops', config, '--keypoints', '5', '--values', '3')
    said = capsys.readouterr().out
    # 8 -> 16, one block 16 -> 4 -> 16, 16 -> 8, each with a bias, on 15 channels.
    parameters = 8 * 16 + 16 + 16 * 4 + 4 + 4 * 16 + 16 + 16 * 8 + 8
    assert f'parameters    {parameters / 1e6:.3f} M' in said
    assert 'input         8 frames x 5 keypoints x 3 values' in said
    run_tool('analysis_tools/get_flops', config, '--keypoints', '10', '--values', '3')
    twice = capsys.readouterr().out
    def flops(text):
        return float(text.partition('multiply-adds')[2].split()[0])
    assert flops(twice) >= flops(said)


def test_flops_of_a_filter_are_an_error(run_tool):
    with pytest.raises(SystemExit, match='FilterRefiner has no network'):
        run_tool('analysis_tools/get_flops',
                 f'{REPO}/configs/filters/uiprmd_kinect_3d.py@gaussian')


def test_curves_and_times_of_a_run(config, run_tool, tmp_path, capsys):
    run_tool('train', config)
    run_tool('analysis_tools/analyze_logs', 'plot_curve', 'work_dirs/tiny', '--keys', 'loss',
             'mpjpe', '--out', 'curves.png')
    assert (tmp_path / 'curves.png').stat().st_size > 5000
    capsys.readouterr()
    run_tool('analysis_tools/analyze_logs', 'cal_train_time', 'work_dirs/tiny')
    assert 's a step' in capsys.readouterr().out
    with pytest.raises(SystemExit, match='Did you mean'):
        run_tool('analysis_tools/analyze_logs', 'plot_curve', 'work_dirs/tiny', '--keys', 'mpjp')


def test_a_log_that_is_none(run_tool, tmp_path):
    (tmp_path / 'x.json').write_text(json.dumps([1, 2]))
    for path in ('x.json', 'none.json', '.'):
        with pytest.raises(SystemExit, match='log'):
            run_tool('analysis_tools/analyze_logs', 'cal_train_time', path)


@pytest.mark.parametrize('phase', [pytest.param('train', marks=pytest.mark.slow), 'test'])
def test_items_of_a_data_set_are_drawn(config, run_tool, tmp_path, phase):
    run_tool('analysis_tools/browse_dataset', config, '--phase', phase, '--number', '2')
    videos = sorted((tmp_path / 'browsed').glob(f'{phase}_*.mp4'))
    assert len(videos) == 2
    assert sum(1 for _ in read_video(videos[0])) >= 6
