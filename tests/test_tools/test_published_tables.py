"""Every command of the supplement's tables, on small files of the published layout."""

from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin.benchmark import TABLES, noise_levels, noisy, published_records
from smoothnet_plugin.benchmark.scoring import evaluate
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.evaluation.clip import Clip
from smoothnet_plugin.models import SmoothNet, save_safetensors

from ..test_datasets.conftest import ragged
from ..test_datasets.test_published import write

CONFIGS = 'configs/smoothnet'
EFT = 'smoothnet_w32_1xb128-70e_pw3d_eft_3d.py'
VERTICES = 30
PARENTS = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
SIZES = {'window_size': 8, 'hidden_size': 16, 'res_hidden_size': 4, 'num_blocks': 1}


@pytest.fixture(scope='module')
def poses(tmp_path_factory):
    """The published folder with two short sequences for each of the files that are used here."""
    root = tmp_path_factory.mktemp('poses')
    for dataset, estimator, kind in (('pw3d', 'eft', 'smpl'), ('pw3d', 'eft', '3D'),
                                     ('pw3d', 'spin', '3D'), ('pw3d', 'spin', 'smpl'),
                                     ('h36m', 'fcn', '3D'),
                                     ('h36m', 'cpn', '2D'), ('aist', 'vibe', '3D'),
                                     ('jhmdb', 'simplepose', '2D')):
        for phase in ('train', 'test'):
            write(root, dataset, estimator, kind, phase, lengths=(40, 36))
    return root


@pytest.fixture(scope='module')
def body(tmp_path_factory):
    """A body with SMPL's layout and no likeness to anybody, as options of a config's metric."""
    folder, rng = tmp_path_factory.mktemp('smpl'), np.random.default_rng(0)
    np.savez(folder / 'body.npz', v_template=rng.normal(size=(VERTICES, 3)),
             shapedirs=0.1 * rng.normal(size=(VERTICES, 3, 10)),
             posedirs=0.05 * rng.normal(size=(VERTICES, 3, 207)),
             J_regressor=rng.dirichlet(np.ones(VERTICES), 24),
             weights=rng.dirichlet(np.ones(24), VERTICES),
             kintree_table=np.array([PARENTS, range(24)]))
    np.save(folder / 'extra.npy', rng.dirichlet(np.ones(VERTICES), 9))

    def options(*splits):
        return [f'{split}_evaluator.0.{key}={folder / file}' for split in splits for key, file in
                (('body_model', 'body.npz'), ('extra_regressor', 'extra.npy'))]

    return options


@pytest.fixture
def weights(tmp_path):
    save_safetensors(tmp_path / 'w.safetensors', SmoothNet(**SIZES).state_dict(),
                     {'type': 'SmoothNet', **SIZES})
    return 'net=w.safetensors'


@pytest.mark.parametrize('table', TABLES)
@pytest.mark.parametrize('row', [
    pytest.param('pw3d_spin_3d_on_pw3d_eft_3d', marks=pytest.mark.slow),
    pytest.param('h36m_fcn_3d_on_h36m_cpn_2d', marks=pytest.mark.slow),
    'pw3d_spin_3d_on_pw3d_eft_smpl'])
def test_every_table_of_every_representation(run_tool, repo_dir, tmp_path, poses, body, weights,
                                             row, table):
    rotations = row.endswith('smpl')
    if rotations:
        pytest.importorskip('smplx')
    options = [f'data_root={poses}', *(body('test') if rotations else [])]
    run_tool('benchmark', f'{repo_dir}/{CONFIGS}/readme_rows.py@{row}', '--table', table,
             '--smoothers', 'gaussian', '--checkpoints', weights, '--out', 't.json',
             '--cfg-options', *options)
    rows = json.loads((tmp_path / 't.json').read_text())
    if rotations and table == 'noise':
        assert not rows, 'noise on positions is none of rotations'
        return
    ours = [r for r in rows if not r['source']]
    assert {r['smoother'] for r in ours} == {'input', 'gaussian', 'net'}
    wanted = [c for c in TABLES[table].columns if c not in ('frames_per_second', 'input_mpjae',
                                                            'mpjae')]
    assert all(np.isfinite(r['metrics'][column]) for r in ours for column in wanted)


@pytest.mark.parametrize('table', ['generalization', 'top1', 'modality'])
def test_rotations_without_a_body_are_measured_as_angles(run_tool, repo_dir, tmp_path, poses,
                                                         weights, table):
    run_tool('benchmark', f'{repo_dir}/{CONFIGS}/{EFT}@rot6d', '--table', table, '--smoothers',
             '--checkpoints', weights, '--out', 't.json', '--cfg-options', f'data_root={poses}',
             'test_evaluator.0.metrics=mpjae', 'test_evaluator.0.body_model=None',
             'test_evaluator.0.extra_regressor=None')
    measured = [r['metrics'] for r in json.loads((tmp_path / 't.json').read_text())
                if not r['source']]
    assert len(measured) == 2 and all('mpjae' in metrics for metrics in measured)


def test_worst_frames_of_rotations_are_those_of_the_posed_body(run_tool, repo_dir, tmp_path,
                                                               poses, body, weights):
    pytest.importorskip('smplx')
    run_tool('benchmark', f'{repo_dir}/{CONFIGS}/readme_rows.py@pw3d_spin_3d_on_pw3d_eft_smpl',
             '--table', 'top1', '--smoothers', '--checkpoints', weights, '--out', 't.json',
             '--cfg-options', f'data_root={poses}', *body('test'))
    metrics = json.loads((tmp_path / 't.json').read_text())[1]['metrics']
    assert metrics['input_mpjpe_top1'] > metrics['input_mpjpe'] > 0
    assert published_records(('supplement 5',), 'x', 'pw3d', 'eft', 'smpl')


@pytest.mark.parametrize('level', [
    pytest.param(level, marks=[pytest.mark.slow] * (level.prob < 0.5)) for level in noise_levels()],
    ids=lambda level: '-'.join(map(str, level)))
def test_inputs_of_the_noise_table_are_the_printed_ones(level):
    rng = np.random.default_rng(1)
    width = int(level.representation[0])
    # Rare noise needs many frames for a mean that is exact to 0.5 %.
    frames = 120_000 if level.prob < 0.5 else 40_000
    truth = rng.normal(size=(frames, 17, width)).astype(np.float32)
    unit = 'px' if width == 2 else 'm'
    clip = Clip(truth, truth, meta={'name': 'a', 'dataset': 'h36m', 'unit': unit, 'fps': 50.0,
                                    'representation': f'keypoints_{width}d', 'root_indices': [0]})
    clips = noisy([clip], level.std, level.prob)
    metrics = TABLES['noise'].metrics_beside([{'type': 'PoseErrorMetric'}], True)
    got = evaluate(clips, [clips[0].inputs], metrics)
    printed = [r.metrics for r in published_records(
        ('supplement 10',), 'x', 'h36m', 'gaussian', level.representation)
        if f'noise prob {level.prob}, noise sigma {level.sigma}' in r.setting]
    assert printed
    for key in ('input_mpjpe', 'input_accel_error'):
        assert got[key] == pytest.approx(printed[0][key], rel=0.005), key


TRAININGS = [
    f'{EFT}@quaternion', f'{EFT}@axis-angle', f'{EFT}@rot6d', f'{EFT}@pos-loss',
    f'{EFT}@norm-input', f'{EFT}@norm-truth',
    'smoothnet_w32_1xb1024-70e_h36m_gaussian.py@3d-p0.5-s50',
    'smoothnet_w32_1xb1024-70e_h36m_gaussian.py@2d-p0.1-s50',
    'smoothnet_w32_1xb128-70e_jhmdb_simplepose_2d.py@w8',
    'smoothnet_w32_1xb128-70e_aist-h36m-pw3d_3d.py',
    '../motionrefinenet/motionrefinenet_w32_1xb256-70e_h36m_cpn_2d.py',
    '../motionrefinenet/motionrefinenet_w32_1xb64-70e_pw3d_spin_smpl.py']


@pytest.mark.parametrize('config', [
    pytest.param(config, marks=[pytest.mark.slow] * (i not in (0, 5, 8))) for i, config in
    enumerate(TRAININGS)])
def test_every_training_of_the_supplement_reaches_its_first_validation(
        run_tool, repo_dir, tmp_path, poses, body, config):
    rotations = config.endswith(('@quaternion', '@axis-angle', '@rot6d', 'smpl.py'))
    if rotations:
        pytest.importorskip('smplx')
    run_tool('train', f'{repo_dir}/{CONFIGS}/{config}', '--work-dir', tmp_path / 'w',
             '--cfg-options', f'data_root={poses}', 'train_cfg.max_epochs=1',
             'train_dataloader.batch_size=4', 'model.network.hidden_size=16',
             'model.network.res_hidden_size=8', 'model.network.num_blocks=1',
             *(body('val', 'test') if rotations else []))
    logs = [json.loads(line) for path in (tmp_path / 'w').rglob('scalars.json')
            for line in path.read_text().splitlines()]
    validated = next(log for log in logs if 'mpjpe' in log or 'pck@0.05' in log)
    assert all(np.isfinite(value) for value in validated.values())
    assert list((tmp_path / 'w').glob('best_*.pth'))


def test_normalised_sequences_are_measured_in_their_unit(run_tool, repo_dir, tmp_path, poses,
                                                         weights):
    inputs = []
    for variant in ('norm-input', 'norm-truth', 'pos-loss'):
        run_tool('benchmark', f'{repo_dir}/{CONFIGS}/{EFT}@{variant}', '--table', 'normalization',
                 '--smoothers', '--checkpoints', weights, '--out', 't.json', '--cfg-options',
                 f'data_root={poses}')
        rows = json.loads((tmp_path / 't.json').read_text())
        inputs.append(rows[0]['metrics']['input_mpjpe'])
        assert any(r['source'] == 'supplement 14' for r in rows)
    assert inputs == pytest.approx([inputs[2]] * 3, rel=1e-5)


def test_own_data_in_the_published_layout(run_tool, repo_dir, tmp_path):
    rng = np.random.default_rng(0)
    kinds = (('3D', 'joints_3d', 21), ('2D', 'joints_2d', 14), ('smpl', 'pose', 72))
    for kind, key, width in kinds:
        for part, name in (('groundtruth', 'gt'), ('detected', 'cam')):
            folder = tmp_path / 'own' / f'gym_cam_{kind}' / part
            folder.mkdir(parents=True)
            for phase in ('train', 'val'):
                members: dict = {key: ragged([rng.normal(size=(n, width)) for n in (40, 50)])}
                np.savez(folder / f'gym_{name}_{kind}_{phase}.npz', **members)
    config = f'{repo_dir}/{CONFIGS}/smoothnet_w32_1xb128-70e_pw3d_spin_3d.py'
    own = [f'data_root={tmp_path / "own"}', 'train_cfg.max_epochs=1', *(
        f'{split}_dataloader.dataset.{setting}' for split in ('train', 'val', 'test')
        for setting in ('dataset=gym', 'estimator=cam', 'fps=60', 'root_indices=[0]',
                        *(['phase=val'] * (split != 'train'))))]
    run_tool('train', config, '--work-dir', tmp_path / 'w', '--cfg-options', *own)
    assert list((tmp_path / 'w').glob('best_mpjpe*.pth'))
    from smoothnet_plugin.datasets import PublishedPoseDataset
    both = {'data_root': tmp_path / 'own', 'phase': 'val', 'fps': 60}
    flat = PublishedPoseDataset('gym', 'cam', '2D', image_size=(640, 480), **both)[0]
    assert flat['inputs'].shape == (40, 7, 2)
    assert flat['meta']['denormalise']['offset'].tolist() == [320, 240]
    assert PublishedPoseDataset('gym', 'cam', 'smpl', **both)[1]['inputs'].shape == (50, 24, 6)
    with pytest.raises(ConfigError, match='representation'):
        PublishedPoseDataset('gym', 'cam', '4D', **both)
    with pytest.raises(ConfigError, match='give its fps'):
        PublishedPoseDataset('gym', 'cam', '3D', data_root=tmp_path / 'own')
