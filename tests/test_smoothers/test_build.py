from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.filters import BaseFilter, GaussianFilter
from smoothnet_plugin.registry import SMOOTHERS
from smoothnet_plugin.smoothers import PoseSmoother, build_smoother, preset_names


@pytest.mark.parametrize('name', [n for n in preset_names() if n != 'smoothnet'])
def test_every_preset_builds_and_smooths(name, jittery):
    clean, noisy = jittery
    from smoothnet_plugin.structures import PoseTracks
    tracks = PoseTracks.from_array(noisy, fps=30)
    result = build_smoother(name).smooth(tracks)[0].coords
    assert np.isfinite(result).all()
    if name != 'hampel':  # it leaves everything but outliers alone
        assert np.abs(np.diff(result, 2, axis=0)).mean() < np.abs(np.diff(noisy, 2, axis=0)).mean()


@pytest.mark.parametrize('entry', [
    'gaussian',
    dict(type='GaussianFilter'),
    dict(type='smoothnet_plugin.GaussianFilter'),
    [dict(type='GaussianFilter')],
    dict(type='PoseSmoother', filters=dict(type='GaussianFilter')),
    dict(type='PoseSmoother', filters=['gaussian']),
    GaussianFilter(),
    PoseSmoother(GaussianFilter()),
], ids=repr)
def test_every_form_of_entry(entry):
    smoother = build_smoother(entry)
    assert [type(f) for f in smoother.filters] == [GaussianFilter]


def test_chain_joins_names_dicts_and_built_filters():
    smoother = build_smoother(['hampel', dict(type='SavgolFilter'), GaussianFilter()])
    assert [type(f).__name__ for f in smoother.filters] == [
        'HampelFilter', 'SavgolFilter', 'GaussianFilter']


def test_options_go_where_they_belong():
    smoother = build_smoother('gaussian', max_gap=3, lookahead=2, fps=60, sigma=1.5, device='cpu')
    assert (smoother.max_gap, smoother.latency, smoother.fps) == (3, 2, 60)
    assert smoother.filters[0].sigma == 1.5  # type: ignore[attr-defined]
    smoother = build_smoother(dict(type='PoseSmoother', filters='savgol', max_gap=7), max_gap=None)
    assert smoother.max_gap == 7


@pytest.mark.parametrize(('suffix', 'text', 'expected'), [
    ('.py', "smoother = dict(type='PoseSmoother', filters=['hampel', 'savgol'], max_gap=4)", 2),
    # MMPose 0.x, configs/_base_/filters/*.py, as they stand
    ('.py', "filter_cfg = dict(\n    type='OneEuroFilter', min_cutoff=0.004, beta=0.7)", 1),
    ('.py', "filter_cfg = dict(\n    type='SavizkyGolayFilter', window_size=11, polyorder=2)", 1),
    ('.py', "filter_cfg = dict(\n    type='GaussianFilter', window_size=11, sigma=4.0)", 1),
    # MMHuman3D, configs/_base_/post_processing/*.py
    ('.py', "smooth_cfg = dict(type='oneeuro', min_cutoff=0.004, beta=0.7)", 1),
    ('.py', "smooth_cfg = dict(type='gaus1d', window_size=11, sigma=4)", 1),
    ('.py', "smooth_cfg = dict(type='savgol', window_size=11, polyorder=2)", 1),
    ('.json', '{"smoother": "gaussian"}', 1),
    ('.yaml', 'smoother:\n- type: GaussianFilter\n- type: MedianFilter\n', 2),
])
def test_config_files(tmp_path, suffix, text, expected):
    path = tmp_path / f'config{suffix}'
    path.write_text(text)
    smoother = build_smoother(str(path))
    assert len(smoother.filters) == expected
    assert all(isinstance(f, BaseFilter) for f in smoother.filters)


@pytest.mark.parametrize(('entry', 'options', 'words'), [
    ('gausian', {}, ["'gaussian'", 'path of a config']),
    ('no/such/file.py', {}, ['does not exist']),
    (dict(type='OneEurFilter'), {}, ["'OneEuroFilter'"]),
    (dict(type='GaussianFilter', sigm=2), {}, ["'sigma'", 'sigm']),
    (dict(sigma=2), {}, ['type']),
    (dict(type='PoseSmoother'), {}, ['filters']),
    (dict(type='PoseSmoother', filters=['gaussian'], maxgap=2), {}, ["'max_gap'"]),
    ([], {}, ['at least one']),
    (7, {}, ['int']),
    (['gaussian', 'savgol'], dict(sigma=2), ['sigma', 'single filter']),
    (PoseSmoother(GaussianFilter()), dict(max_gap=2), ['already built']),
    (['gaussian', dict(type='PoseSmoother', filters=[7])], {}, ['int']),
])
def test_errors_name_the_way_out(entry, options, words):
    with pytest.raises(ConfigError) as info:
        build_smoother(entry, **options)
    for word in words:
        assert word in str(info.value)


def test_config_file_without_a_smoother(tmp_path):
    path = tmp_path / 'model.py'
    path.write_text("model = dict(type='X')")
    with pytest.raises(ConfigError, match='smoother or filter_cfg or smooth_cfg; it has model'):
        build_smoother(str(path))
    path.write_text('smoother = dict(')
    with pytest.raises(ConfigError, match='cannot be read'):
        build_smoother(str(path))


def test_names_resolve_silently_under_another_default_scope(capsys):
    from mmengine.registry import DefaultScope
    with DefaultScope.overwrite_default_scope('mmpose'):
        smoother = build_smoother(dict(type='OneEuroFilter'))
        direct = SMOOTHERS.build(dict(type='smoothnet_plugin.OneEuroFilter'))
    assert type(smoother.filters[0]) is type(direct)
    captured = capsys.readouterr()
    assert 'WARNING' not in captured.out + captured.err


@pytest.mark.parametrize('options, words', [
    ({'look_ahead': 4}, "nor DefaultFilter have.* 'look_ahead'. Did you mean 'lookahead'"),
    ({'devise': 'cpu'}, "Did you mean 'device'")])
def test_misspelt_arguments(options, words):
    with pytest.raises(ConfigError, match=words):
        build_smoother('default', **options)


def test_a_class_and_arrays_are_no_smoother_and_no_tracks():
    with pytest.raises(ConfigError, match='The smoother is a class GaussianFilter; expected'):
        build_smoother(GaussianFilter)
    with pytest.raises(DataFormatError, match=r'not ndarray; .*smoothnet_plugin.smooth\(poses, '):
        build_smoother('gaussian').smooth(np.zeros((9, 5, 2)))
