import json
from pathlib import Path

import numpy as np
import pytest
import torch

from smoothnet_plugin.benchmark import SPACES
from smoothnet_plugin.models import SmoothNet, save_safetensors

SIZES = {'window_size': 8, 'hidden_size': 16, 'res_hidden_size': 4, 'num_blocks': 1}


def rows(path):
    return json.loads(path.read_text())


def test_filters_networks_and_lookaheads_in_one_table(config, run_tool, tmp_path, capsys):
    torch.manual_seed(0)
    save_safetensors(tmp_path / 'w.safetensors', SmoothNet(**SIZES).state_dict(),
                     {'type': 'SmoothNet', **SIZES})
    (tmp_path / 'one_euro.py').write_text("smoother = dict(type='OneEuroFilter')\n")
    run_tool('benchmark', config, '--smoothers', 'gaussian', 'butterworth_causal', 'one_euro.py',
             '--checkpoints', 'net=tiny.py:w.safetensors', '--lookahead', 'all', '0,2', '--out',
             't.json', 't.png')
    table = rows(tmp_path / 't.json')
    first, *others = table
    assert first['smoother'] == 'input' and first['metrics']['mpjpe'] == pytest.approx(
        first['metrics']['input_mpjpe'])
    tuned = {(r['tuned_for'], r['lookahead']): r['metrics'] for r in others
             if r['smoother'] == 'gaussian'}
    assert {aim for aim, _ in tuned} == {'mpjpe', 'accel_error'}
    assert {lookahead for _, lookahead in tuned} == {None, 0, 2}
    causal = [r['metrics']['mpjpe'] for r in others
              if r['smoother'] == 'butterworth_causal' and r['tuned_for'] == 'mpjpe']
    assert len(set(causal)) == 1, 'a causal filter gains nothing by waiting'
    assert [r['lookahead'] for r in others if r['smoother'] == 'net'] == [None, 0, 2]
    assert 'MPJPE' in capsys.readouterr().out


@pytest.mark.parametrize('flag', ['--pareto', '--front'])
def test_dominance_is_stated(config, run_tool, tmp_path, capsys, flag):
    run_tool('benchmark', config, '--smoothers', 'gaussian', 'classical', flag, '--out',
             't.json', 't.png', 't.md')
    table = rows(tmp_path / 't.json')
    assert sum(r['candidate'] for r in table) > 5
    assert {r['smoother'] for r in table if r['candidate']} == {'gaussian'}
    assert all('harmed' in r['metrics'] for r in table if not r['candidate'])
    for text in (capsys.readouterr().out, (tmp_path / 't.md').read_text()):
        assert 'tiny: classical is' in text and 'worst joint' in text and 'clips harmed' in text


def test_a_network_scores_as_in_the_test_tool(config, run_tool, tmp_path):
    torch.manual_seed(0)
    save_safetensors(tmp_path / 'w.safetensors', SmoothNet(**SIZES).state_dict(),
                     {'type': 'SmoothNet', **SIZES})
    run_tool('test', config, 'w.safetensors', '--out', 'm.json', '--dump', 'd.pkl')
    run_tool('benchmark', config, '--smoothers', '--checkpoints', 'w.safetensors', '--out',
             't.json')
    tested, benchmarked = rows(tmp_path / 'm.json'), rows(tmp_path / 't.json')[1]['metrics']
    for key, value in tested.items():
        assert benchmarked[key] == pytest.approx(value, rel=1e-4, abs=1e-4), key
    run_tool('benchmark', 'd.pkl', '--out', 'dump.json')
    table = {r['smoother']: r for r in rows(tmp_path / 'dump.json')}
    assert set(SPACES) < set(table), 'every filter, as it is where there is nothing to tune on'
    dumped = table['dumped']
    assert dumped['metrics']['accel_error'] == pytest.approx(tested['accel_error'], rel=1e-6)


def test_named_tables(config, run_tool, tmp_path):
    run_tool('benchmark', config, '--table', 'noise', '--smoothers', 'gaussian', '--out', 'n.json')
    table = rows(tmp_path / 'n.json')
    assert len({r['data'] for r in table}) == 5, 'the printed strengths, one of them twice'
    for row in table:
        if row['tuned_for'] == 'mpjpe':
            assert row['metrics']['mpjpe'] <= row['metrics']['input_mpjpe']
    run_tool('benchmark', config, '--table', 'top1', '--smoothers', 'gaussian', '--out', 't.json')
    assert 'mpjpe_top1' in rows(tmp_path / 't.json')[0]['metrics']


@pytest.mark.parametrize(('arguments', 'message'), [
    (['nowhere.py'], 'not found'),
    (['nowhere.pkl'], 'not found'),
    (['tiny.py', '--lookahead', '-1'], 'lookahead'),
    (['tiny.py', '--smoothers', 'gausian'], "Did you mean 'gaussian'"),
    (['tiny.py', '--smoothers', '--checkpoints', 'a=x.pth', 'a=y.pth'], "named 'a'"),
    (['tiny.py', '--smoothers', '--checkpoints', 'a=x.pth'], 'x.pth'),
])
def test_bad_input_ends_in_one_line(config, run_tool, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run_tool('benchmark', *arguments)


def write_published(folder: Path, rng) -> None:
    """Human3.6M as FCN sees it, two short sequences of random poses."""
    frames = (12, 9)
    names = np.array([np.array([f's/{i}.jpg' for i in range(n)]) for n in frames], dtype=object)
    for part, file in (('groundtruth', 'h36m_gt_3D'), ('detected', 'h36m_fcn_3D')):
        (folder / part).mkdir(parents=True)
        joints = np.empty(2, dtype=object)
        joints[:] = [rng.normal(size=(n, 51)) for n in frames]
        np.savez(folder / part / f'{file}_test.npz', imgname=names, joints_3d=joints)


def test_printed_numbers_stand_beside_ours_where_the_data_is(run_tool, tmp_path, repo_dir, rng):
    write_published(tmp_path / 'poses' / 'h36m_fcn_3D', rng)
    config = f'{repo_dir}/configs/smoothnet/readme_rows.py@h36m_fcn_3d_on_h36m_fcn_3d'
    run_tool('benchmark', config, '--table', 'filters', '--smoothers', 'gaussian', '--out',
             't.json', 't.md', '--cfg-options', f"data_root={tmp_path / 'poses'}",
             'test_evaluator.0.protocol=default')
    table = rows(tmp_path / 't.json')
    printed = [r for r in table if r['source'] == 'supplement 3']
    assert len(printed) == 8 and len(table) == 2 + 8
    assert any(r['smoother'] == 'SmoothNet' and r['metrics']['mpjpe'] == 52.72 for r in printed)
    assert 'supplement 3' in (tmp_path / 't.md').read_text()


def test_a_table_of_variants_takes_those_whose_data_is_present(run_tool, tmp_path, repo_dir, rng,
                                                               capsys):
    torch.manual_seed(0)
    save_safetensors(tmp_path / 'w.safetensors', SmoothNet(**SIZES).state_dict(),
                     {'type': 'SmoothNet', **SIZES})
    rows_file = repo_dir / 'configs' / 'smoothnet' / 'readme_rows.py'
    options = ['--table', 'generalization', '--checkpoints', 'w.safetensors', '--cfg-options',
               f"data_root={tmp_path / 'poses'}", '--out', 't.json']
    with pytest.raises(SystemExit, match='does not exist'):
        run_tool('benchmark', rows_file, *options)
    write_published(tmp_path / 'poses' / 'h36m_fcn_3D', rng)
    capsys.readouterr()
    run_tool('benchmark', rows_file, *options)
    table = rows(tmp_path / 't.json')
    assert {r['data'] for r in table} == {'h36m/fcn/3d'}
    assert {r['smoother'] for r in table} >= {'input', 'w'}
    notes = capsys.readouterr().err
    assert notes.count('is left out') == 32 and 'pw3d_spin_3d_on_pw3d_eft_smpl' in notes


def test_by_joint_adds_a_table(config, run_tool, tmp_path, capsys):
    run_tool('benchmark', config, '--smoothers', 'classical', '--by-joint', '--out', 't.md',
             't.json')
    for text in (capsys.readouterr().out, (tmp_path / 't.md').read_text()):
        assert '| tiny | classical | hand |' in text and 'speed kept' in text
    metrics = rows(tmp_path / 't.json')[1]['metrics']
    assert metrics['joint/hand/error_before_low'] < metrics['joint/hand/error_before']
