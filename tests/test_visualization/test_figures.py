from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from smoothnet_plugin import save
from smoothnet_plugin.benchmark.record import Record, read_records
from smoothnet_plugin.benchmark.record_plots import RECORD_KINDS, draw_records
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseTracks
from smoothnet_plugin.visualization.figures import KINDS, draw_figure
from smoothnet_plugin.visualization.series import joint_errors, speed


@pytest.fixture
def clips(clip):
    """Raw, smoothed and true tracks of one person."""
    raw, smooth = clip
    return {'raw': raw, 'smoothed': smooth, 'truth': smooth}


@pytest.fixture
def records():
    rows = [Record('d', 'input', metrics={'mpjpe': 10.0})]
    for name, error in (('one', 8.0), ('two', 9.0)):
        for lookahead in (0, 4, None):
            rows.append(Record('d', name, lookahead=lookahead, metrics={
                'mpjpe': error + (0 if lookahead is None else 1 / (1 + lookahead)),
                'lag_frames': 0.25, 'frames_per_second': 100.0 * error}))
    return [*rows, Record('d', 'one', candidate=True, metrics={'mpjpe': 1.0})]


def test_speed_and_errors_are_those_of_the_coordinates():
    coords = np.zeros((20, 2, 2))
    coords[:, 0, 0] = 3 * np.arange(20)
    line = PoseTracks.from_array(coords, fps=30)
    values = speed(line, 30, 0)
    assert np.isnan(values[[0, -1]]).all() and values[1:-1] == pytest.approx(90)
    assert speed(line, 30)[5] == pytest.approx(45)
    shifted = PoseTracks.from_array(coords + [[0, 4], [0, 0]], fps=30)
    np.testing.assert_array_equal(joint_errors(shifted, line), np.tile([4.0, 0.0], (20, 1)))


@pytest.mark.parametrize('kind', KINDS)
def test_every_figure_has_labels_with_units(clips, kind):
    figure = draw_figure(kind, clips, 30, [] if kind == 'error' else ['left_wrist', 3])
    axes = [axis for axis in figure.axes if axis.lines or axis.images]
    assert len(axes) == {'trajectory': 4, 'error': 2}.get(kind, 2)
    labels = [axis.get_xlabel() + axis.get_ylabel() for axis in figure.axes]
    assert sum('(s)' in text or '(Hz)' in text for text in labels) >= 1
    assert sum('px' in text for text in labels) >= 2
    if kind != 'error':
        assert {line.get_color() for line in axes[0].lines} == {'#d55e00', '#0072b2', '#009e73'}
        assert axes[0].get_legend() is not None


def test_figures_show_the_series(clips):
    figure = draw_figure('trajectory', clips, 30, ['left_wrist'])
    raw, smoothed, _ = figure.axes[1].lines
    np.testing.assert_allclose(raw.get_ydata(), clips['raw'][7].coords[:, 9, 1])
    np.testing.assert_allclose(smoothed.get_xdata(), np.arange(30) / 30)
    errors = draw_figure('error', clips, 30)
    image = errors.axes[0].images[0].get_array()
    np.testing.assert_allclose(image.T, joint_errors(clips['raw'], clips['truth']))
    assert errors.axes[3].patches[0].get_width() == 0  # the smoothed clip is the truth


def test_gaps_and_long_spans_stay_small(clips):
    raw = clips['raw']
    moved = raw[7].replace(frame_ids=np.r_[0:15, 10**9:10**9 + 15])
    far = PoseTracks({7: moved}, fps=30)
    figure = draw_figure('error', {'raw': far, 'truth': far}, 30)
    assert figure.axes[0].images[0].get_array().shape[1] == 4000


def test_refusals(clips):
    with pytest.raises(ConfigError, match='trajectory'):
        draw_figure('trajectories', clips, 30)
    with pytest.raises(ConfigError, match='--truth'):
        draw_figure('error', {'raw': clips['raw']}, 30)
    with pytest.raises(ConfigError, match="person 'bob'"):
        draw_figure('speed', clips, 30, person='bob')
    with pytest.raises(ConfigError, match='Unknown keypoint'):
        draw_figure('speed', clips, 30, ['tail'])


def test_records(records, tmp_path):
    delay, speeds = (draw_records(kind, records).axes[0] for kind in RECORD_KINDS)
    one, one_whole, *_ = delay.lines
    assert list(one.get_xdata()) == [0.25, 4.25] and list(one.get_ydata()) == [9.0, 8.2]
    assert list(one_whole.get_ydata()) == [8.0]
    assert [text.get_text() for text in delay.get_xticklabels()] == ['0', '4', 'whole\nclip']
    assert [text.get_text() for text in delay.get_legend().texts] == ['one', 'two', 'raw input']
    assert speeds.get_xscale() == 'log' and 'frames per second' in speeds.get_xlabel()
    assert {text.get_text() for text in speeds.texts} == {'0', '4'}
    with pytest.raises(ConfigError, match='mpjpe'):
        draw_records('lag-accuracy', records[:1])
    path = tmp_path / 'records.json'
    path.write_text(json.dumps([record.to_dict() for record in records]))
    assert read_records(path) == records
    for text in ('[]', '{}', '[{"a": 1}]', '[1]', 'no'):
        path.write_text(text)
        with pytest.raises(DataFormatError, match='no records'):
            read_records(path)
    with pytest.raises(DataFormatError, match='There is no file'):
        read_records(tmp_path / 'none.json')


def test_command(clips, records, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, clip in clips.items():
        save(f'{name}.npz', clip)
    (tmp_path / 'records.json').write_text(json.dumps([record.to_dict() for record in records]))
    assert main(['plot', 'raw.npz', 'smoothed.npz', '--truth', 'truth.npz', '--kind', 'error', '-o',
                 'error.png']) == 0
    assert main(['plot', 'raw.npz', '--kind', 'trajectory', '--keypoint', 'left_ankle', '-o',
                 'path.svg']) == 0
    assert main(['plot', 'records.json', '--kind', 'accuracy-speed', '-o', 'speed.pdf']) == 0
    assert capsys.readouterr().out.count('written: ') == 3
    assert 'left ankle' in (tmp_path / 'path.svg').read_text()
    for arguments, word in (
            (['raw.npz', '-o', 'a.jpg'], '.jpg'),
            (['records.json', '--kind', 'lag-accuracy', '--fps', '3', '-o', 'a.png'], 'fps'),
            (['raw.npz', '--kind', 'lag-accuracy', '-o', 'a.png'], 'no records')):
        assert main(['plot', *arguments]) == 2
        assert word in capsys.readouterr().err
    assert not list(tmp_path.glob('a.*'))


def test_help_names_every_kind(capsys):
    with pytest.raises(SystemExit):
        main(['plot', '--help'])
    text = capsys.readouterr().out
    assert not [kind for kind in (*KINDS, *RECORD_KINDS) if kind not in text]


def test_the_command_imports_matplotlib_only_to_draw():
    code = ('import sys\nfrom smoothnet_plugin.cli import main\nmain(["list"])\n'
            'print("matplotlib" in sys.modules)')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                            check=True)
    assert result.stdout.splitlines()[-1] == 'False'
