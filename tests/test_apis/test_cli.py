from __future__ import annotations

import importlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.registry import FORMATS, SMOOTHERS
from smoothnet_plugin.smoothers import presets


@pytest.fixture
def clip(tmp_path, jittery):
    path = tmp_path / 'clip.npz'
    np.savez(path, keypoints=jittery[1], fps=30.0)
    return path


def test_smooths_and_reports(clip, tmp_path, capsys):
    out = tmp_path / 'out.npz'
    assert main(['smooth', str(clip), '-o', str(out), '--smoother', 'gaussian']) == 0
    printed = capsys.readouterr().out
    for word in ('frames', '120', 'mean acceleration', 'gaps filled', '30 fps', str(out)):
        assert word in printed
    with np.load(out) as data:
        assert data['keypoints'].shape == (120, 17, 2)


def test_options_reach_the_smoother(clip, tmp_path, capsys):
    config = tmp_path / 'mine.py'
    config.write_text("smoother = ['hampel', dict(type='GaussianFilter', sigma=2.0)]")
    outs = []
    for number, options in enumerate([
            ['--smoother', 'savgol', '--smoother-options', 'window_size=7', 'polyorder=3'],
            ['--smoother', 'savgol', '--lookahead', '0', '--fps', '60', '--max-gap', '2'],
            ['--smoother', str(config), '--kpt-thr', '0.2', '--device', 'cpu', '--quiet']]):
        out = tmp_path / f'{number}.npz'
        assert main(['smooth', str(clip), '-o', str(out), *options]) == 0
        with np.load(out) as data:
            outs.append(data['keypoints'])
    printed = capsys.readouterr().out
    assert 'delay' in printed and '60 fps' in printed
    assert not np.allclose(outs[0], outs[1]) and not np.allclose(outs[1], outs[2])


@pytest.mark.parametrize(('arguments', 'name', 'expected'), [
    (['--max-gap', '3'], 'max_gap', 3),
    (['--kpt-thr', '0.3'], 'keypoint_thr', 0.3),
    (['--strength', '0.5'], 'strength', 0.5), ([], 'strength', None),
    (['--device', 'cpu'], 'device', 'cpu'),
    (['--image-size', '640', '480'], 'image_size', (640, 480)),
    (['--lookahead', '2'], 'lookahead', 2), (['--fps', '25'], 'fps', 25.0),
    (['--output-format', 'npz'], 'output_format', 'npz'), (['--provenance'], 'provenance', True),
    (['--input-format', 'npz'], 'input_format', 'npz'),
    (['--trust'], 'read_options', {'trust': True}),
    (['--track-ids'], 'write_options', {'track_ids': True})])
def test_every_option_arrives(arguments, name, expected, clip, monkeypatch):
    # The package's function of that name hides the module.
    module = importlib.import_module('smoothnet_plugin.apis.smooth')
    seen = {}

    def smooth_with_report(*args, max_gap=None, keypoint_thr=None, device=None, **options):
        seen.update(options, max_gap=max_gap, keypoint_thr=keypoint_thr, device=device)
        raise DataFormatError('seen')

    monkeypatch.setattr(module, 'smooth_with_report', smooth_with_report)
    assert main(['smooth', str(clip), '-o', 'out.npz', *arguments]) == 2
    assert seen[name] == expected


def test_half_strength_lies_half_way(clip, tmp_path, jittery):
    outs = []
    for strength in ('0', '0.5', '1'):
        out = tmp_path / f'{strength}.npz'
        assert main(['smooth', str(clip), '-o', str(out), '--strength', strength, '--quiet']) == 0
        with np.load(out) as data:
            outs.append(data['keypoints'])
    none, half, full = outs
    np.testing.assert_array_equal(none, jittery[1])
    np.testing.assert_allclose(half, (none + full) / 2)
    assert np.abs(full - none).mean() > 0.5


def test_assumed_frame_rate_is_told(tmp_path, capsys, jittery):
    np.savez(tmp_path / 'a.npz', keypoints=jittery[1])
    assert main(['smooth', str(tmp_path / 'a.npz')]) == 0
    assert 'assumed' in capsys.readouterr().out


class Evil:
    def __reduce__(self):
        return open, ('evil_was_here', 'w')


@pytest.mark.parametrize(('make', 'arguments', 'words'), [
    (None, ['missing.json'], ['missing.json']),
    (b'', ['in.json'], ['in.json', 'empty']),
    (b'[{"frame_id": 0, "instances": [', ['in.json'], ['in.json', 'line']),
    (b'what is this', ['in.txt'], ['in.txt', 'mmpose_video']),
    (pickle.dumps([Evil()]), ['in.pkl'], ['in.pkl']),
    (b'[]', ['in.json', '-o', '.'], ['directory']),
    (b'[]', ['in.json', '--smoother', 'one_eur'], ['one_euro']),
    (b'[]', ['in.json', '--smoother-options', 'cutoff'], ['KEY=VALUE']),
    (b'[]', ['in.json', '--smoother-options', 'fps=5'], ['fps', 'option of the command']),
    (b'[]', ['in.json', '--input-format', 'mmpose_vid'], ['mmpose_video']),
    (b'[]', ['in.json', '--track-ids'], ['--track-ids', '--out']),
    (b'[]', ['in.json', '--strength', '1.5'], ['strength', '1.5']),
    (b'[]', ['in.json', '--strength', 'nan'], ['strength', 'nan']),
    (b'[]', ['in.json', '--smoother-options', 'strength=0.5'],
     ['strength', 'option of the command']),
])
def test_errors_are_told_without_a_traceback_and_write_nothing(
        make, arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if make is not None:
        (tmp_path / arguments[0]).write_bytes(make)
    before = sorted(p.name for p in tmp_path.iterdir())
    assert main(['smooth', *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith('smoothnet: error: ') and 'Traceback' not in captured.err
    for word in words:
        assert word in captured.err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_list_names_what_is_imported(tmp_path, capsys):
    extension = tmp_path / 'listed_extension.py'
    extension.write_text('''
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.io import FORMATS, get_format
from smoothnet_plugin.registry import SMOOTHERS
from smoothnet_plugin.smoothers import register_preset

@SMOOTHERS.register_module(name=['ListedFilter', 'listed_alias'])
class ListedFilter(GaussianFilter):
    pass

@FORMATS.register_module()
class ListedFormat(type(get_format('npy'))):
    name = 'listed_format'

register_preset('listed_preset', [dict(type='ListedFilter')])
''')
    try:
        assert main(['list', '--import', str(extension)]) == 0
        lines = capsys.readouterr().out.splitlines()
        listed = {kind: names.split(', ') for kind, names in (
            line.split(': ') for line in lines[:2])}
        assert {'listed_preset', 'default', 'robust'} <= set(listed['presets'])
        assert {'ListedFilter', 'RobustFilter'} <= set(listed['filters'])
        assert not {'listed_alias', 'PoseSmoother', 'gaus1d'} & set(listed['filters'])
        described = dict(line[2:].split(': ', 1) for line in lines[3:])
        assert {'listed_format', 'openpose'} <= set(described)
        assert described['openpose'].startswith('OpenPose: a folder of')
    finally:
        for registry, names in ((SMOOTHERS, ('ListedFilter', 'listed_alias')),
                                (FORMATS, ('ListedFormat',))):
            for name in names:
                registry.module_dict.pop(name, None)
        presets._PRESETS.pop('listed_preset', None)
        sys.modules.pop('listed_extension', None)


def test_list_and_module(capsys, repo_dir):
    assert main(['list']) == 0
    printed = capsys.readouterr().out
    assert 'one_euro' in printed and 'mmpose_video' in printed
    done = subprocess.run([sys.executable, repo_dir / 'tools' / 'smooth_results.py', '--help'],
                          capture_output=True, text=True, cwd=repo_dir,
                          env={'PYTHONPATH': str(repo_dir), 'PATH': ''})
    assert done.returncode == 0 and '--lookahead' in done.stdout


def test_mmpose_json_with_track_ids(tmp_path):
    frames = [dict(frame_id=t, instances=[dict(keypoints=[[t, 0.0], [90.0, 100.0 + t]],
                                               keypoint_scores=[1.0, 1.0])]) for t in range(9)]
    source, out = tmp_path / 'in.json', tmp_path / 'out.json'
    source.write_text(json.dumps(frames))
    assert main(['smooth', str(source), '-o', str(out), '--track-ids', '--quiet']) == 0
    assert {i['track_id'] for f in json.loads(out.read_text()) for i in f['instances']} == {0}


@pytest.mark.parametrize('zeros, missing', [('auto', 4), ('missing', 5), ('measured', 0)])
def test_zeros(tmp_path, capsys, zeros, missing):
    rng = np.random.default_rng(0)
    coords = rng.normal(500, 60, (40, 1, 17, 2)) + np.arange(40.0)[:, None, None, None]
    coords[10:12, 0, [3, 4]] = 0
    near = coords[20, 0] - coords[20, 0, 7]  # A pose about its keypoint 7, which is 0 by right.
    coords[20, 0] = near
    np.savez(tmp_path / 'in.npz', keypoints=coords[:, 0])
    assert main(['smooth', str(tmp_path / 'in.npz'), '--zeros', zeros, '--smoother', 'savgol']) == 0
    line = next(r for r in capsys.readouterr().out.splitlines() if r.startswith('missing'))
    assert f' {missing} of 680 keypoints' in line
    assert (f'({missing} placeholders' in line) == (missing > 0)


@pytest.mark.parametrize('unit', ['mm', 'cm', 'px'])
def test_unit(tmp_path, capsys, rng, unit):
    np.savez(tmp_path / 'in.npz', keypoints=rng.normal(0, 300, (40, 17, 3)))
    assert main(['smooth', str(tmp_path / 'in.npz'), '--unit', unit, '--smoother', 'savgol']) == 0
    line = next(r for r in capsys.readouterr().out.splitlines() if r.startswith('move'))
    assert line.endswith(f' {unit}')


def test_the_command_starts_without_heavy_packages():
    code = ('import sys; from smoothnet_plugin.cli import main; '
            "print({'numpy', 'scipy', 'torch', 'mmengine'} & set(sys.modules))")
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == 'set()'


def test_the_former_module_still_runs_the_command():
    done = subprocess.run([sys.executable, '-m', 'smoothnet_plugin.apis.cli', 'list'],
                          capture_output=True, text=True, check=True)
    assert 'robust' in done.stdout and not done.stderr


def test_columns_and_read_options(tmp_path, capsys):
    lines = ['Bild,px,py,zeit'] + [f'{t},{t}.5,{2 * t}.5,{t * 0.02:.2f}' for t in range(9)]
    (tmp_path / 'a.csv').write_text('\n'.join(lines) + '\n')
    options = ['--columns', 'frame=Bild', 'nose.x=px', 'nose.y=py', 'timestamp=zeit']
    assert main(['smooth', str(tmp_path / 'a.csv'), '-o', str(tmp_path / 'b.csv'),
                 '--smoother', 'gaussian', *options]) == 0
    assert '50 fps' in capsys.readouterr().out
    assert (tmp_path / 'b.csv').read_text().splitlines()[0] == lines[0]
    assert main(['smooth', str(tmp_path / 'a.csv'), '--columns', 'frame']) == 2
    assert "--columns: 'frame' is not KEY=VALUE" in capsys.readouterr().err
    assert main(['smooth', str(tmp_path / 'a.csv'), *options, '--read-options', 'parts=body']) == 2
    assert "no option 'parts'" in capsys.readouterr().err


def test_files_of_body_models(tmp_path, capsys):
    rng = np.random.default_rng(0)
    t = np.arange(60)[:, None]
    np.savez(tmp_path / 'a_poses.npz', mocap_framerate=30.0, trans=np.zeros((60, 3)),
             betas=rng.normal(0, 1, (60, 10)),
             poses=np.sin(t / 10 + np.arange(156)) + rng.normal(0, 0.05, (60, 156)))
    command = ['smooth', str(tmp_path / 'a_poses.npz'), '-o', str(tmp_path / 'out.npz')]
    assert main([*command, '--betas', 'kept']) == 0
    assert 'deg' in capsys.readouterr().out
    with np.load(tmp_path / 'out.npz') as new, np.load(tmp_path / 'a_poses.npz') as old:
        np.testing.assert_array_equal(new['betas'], old['betas'])
        assert np.abs(new['poses'] - old['poses']).max() > 0.01
    assert main([*command, '--keep-derived']) == 2
    assert "no option 'derived'" in capsys.readouterr().err
    assert main([*command[:-1], str(tmp_path / 'out.bvh')]) == 0
    assert (tmp_path / 'out.bvh').read_text().startswith('HIERARCHY\nROOT pelvis\n')


@pytest.mark.parametrize('file, lines', [
    ('deeplabcut.csv', ['read as  deeplabcut: 6 keypoints in 2D (px)', 'people  1']),
    ('x0y0.csv', ['read as  csv: 6 keypoints in 2D (px)']),
    ('timestamp_long.csv', ['frame rate  30.303 fps', 'keypoint 4  speed kept']),
    ('coco_two_categories.json', ['(at most 2 in a frame)', '200 of 480 keypoints (200 never']),
    ('pyskl.pkl', ['read as  mmaction: 17 keypoints in 2D (px)']),
    ('videopose3d.npy', ['read as  npy: 17 keypoints in 3D (m)', 'none was given']),
    ('amass.npz', ['read as  amass: rotations of 24 joints (axis_angle)', 'frame rate  30 fps']),
    ('wham_output.pkl', ['read as  wham: rotations of 24 joints (axis_angle)', ' deg, largest'])])
def test_what_a_new_user_reads(cases_dir, tmp_path, capsys, file, lines):
    assert main(['smooth', str(cases_dir / 'files' / file), '-o', str(tmp_path / file),
                 '--smoother', 'gaussian']) == 0
    printed = ' '.join(capsys.readouterr().out.split()).replace('  ', ' ')
    for line in lines:
        assert ' '.join(line.split()) in printed
    # Keypoints that are only numbered are one joint, which has no line of its own.
    assert file != 'x0y0.csv' or ' keypoint speed kept' not in printed
    assert f'written: {tmp_path / file}' in printed


@pytest.mark.parametrize('text', [
    'smoother: gaussian\nx: !!python/object/apply:os.mkdir ["{ran}"]',
    'smoother: gaussian\n_base_: "{evil}"', 'smoother: ["{evil}"]',
    'smoother: {{type: os.mkdir, path: "{ran}"}}', 'smoother: gaussian\ny: &y [*y]'])
def test_configs_of_data_run_no_code(clip, tmp_path, capsys, text):
    ran, evil, config = tmp_path / 'ran', tmp_path / 'evil.py', tmp_path / 'a.yaml'
    evil.write_text(f"__import__('os').mkdir({str(ran)!r})\nsmoother = 'gaussian'")
    config.write_text(text.format(ran=ran, evil=evil))
    out = tmp_path / 'out.npz'
    assert main(['smooth', str(clip), '-o', str(out), '--smoother', str(config)]) == 2
    assert 'a.yaml' in capsys.readouterr().err
    assert not ran.exists() and not out.exists()


def test_without_an_output_nothing_is_written(tmp_path, capsys, rng):
    np.savez(tmp_path / 'in.npz', keypoints=rng.normal(0, 9, (40, 17, 2)) + 500)
    arguments = ['smooth', str(tmp_path / 'in.npz'), '--smoother', 'savgol', '--fps', '30']
    assert main(arguments) == 0
    assert 'written: nothing; give --out FILE' in capsys.readouterr().out
    assert main([*arguments, '-o', str(tmp_path / 'out.npz')]) == 0
    assert 'written: nothing' not in capsys.readouterr().out


def test_a_source_without_poses_is_noted(tmp_path, capsys):
    (tmp_path / 'in.csv').write_text('frame,a_x,a_y\n')
    assert main(['smooth', str(tmp_path / 'in.csv')]) == 0
    out = capsys.readouterr().out
    assert 'the source holds no poses' in out and 'kept' not in out


def test_progress_is_for_terminals_only(tmp_path, capsys, rng):
    np.savez(tmp_path / 'in.npz', keypoints=rng.normal(0, 9, (40, 17, 2)) + 500)
    assert main(['smooth', str(tmp_path / 'in.npz'), '--smoother', 'savgol', '--fps', '30']) == 0
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('name, content, words', [
    ('a.csv', b'frame,nose (x),nose (y)\n0,1,2\n', '--columns frame=... nose.x=... nose.y=...'),
    ('a.npy', (9, 34), 'store poses.reshape(9, 17, 2)')])
def test_errors_name_the_fix(tmp_path, capsys, name, content, words):
    if isinstance(content, tuple):
        np.save(tmp_path / name, np.ones(content))
    else:
        (tmp_path / name).write_bytes(content)
    assert main(['smooth', str(tmp_path / name)]) == 2
    message = capsys.readouterr().err
    assert words in message and message.count('\n') == 1
