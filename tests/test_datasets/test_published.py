from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.datasets import PUBLISHED_SETS, PublishedPoseDataset
from smoothnet_plugin.errors import ConfigError, DataFormatError, UnsafeFileError

from .conftest import ragged

LENGTHS = (9, 6, 12)
KEYS = {'2D': 'joints_2d', '3D': 'joints_3d', 'smpl': 'pose'}


def stored_width(dataset: str, estimator: str, representation: str) -> int:
    layout = next(layout for layout in PUBLISHED_SETS[dataset].layouts[representation]
                  if estimator in layout.estimators)
    return layout.stored * (2 if representation == '2D' else 3)


def write(root: Path, dataset: str, estimator: str, representation: str, phase: str = 'test',
          seed: int = 0, drop: tuple[str, ...] = (), lengths=LENGTHS,
          **changes) -> tuple[dict, dict]:
    """Both files of an estimator; ``changes`` are members of the detected file."""
    rng = np.random.default_rng(seed)
    width = stored_width(dataset, estimator, representation)
    size = 100 if representation == '2D' else 1
    truth: dict = {'imgname': ragged([[f'seq{i}/{j:04}.jpg' for j in range(n)]
                                      for i, n in enumerate(lengths)])}
    estimate = dict(truth)
    truth[KEYS[representation]] = ragged([size * rng.random((n, width)) for n in lengths])
    estimate[KEYS[representation]] = ragged([size * rng.random((n, width)) for n in lengths])
    if representation == 'smpl':
        estimate['shape'] = ragged([rng.random((n, 10)) for n in lengths])
        if dataset == 'aist':
            truth['trans'] = ragged([rng.random((n, 3)) for n in lengths])
            truth['scaling'] = ragged([rng.random(n) for n in lengths])
        else:
            truth['shape'] = ragged([rng.random((n, 10)) for n in lengths])
    if dataset == 'jhmdb':
        truth['imgshape'] = ragged([np.array([240, 320, 3])] * len(lengths))
        truth['bbox'] = ragged([100 * rng.random((n, 4)) for n in lengths])
    estimate.update(changes)
    for key in drop:
        del truth[key]
    folder = root / f'{dataset}_{estimator}_{representation}'
    for kind, name, content in (('groundtruth', 'gt', truth), ('detected', estimator, estimate)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        np.savez(folder / kind / f'{dataset}_{name}_{representation}_{phase}.npz', **content)
    return truth, estimate


COMBINATIONS = [(entry.name, estimator, representation, phase)
                for entry in PUBLISHED_SETS.values() for representation in entry.layouts
                for estimator in entry.of_representation(representation)
                for phase in entry.phases]


def test_the_table_is_complete():
    assert {(dataset, representation): set(PUBLISHED_SETS[dataset].of_representation(
        representation)) for dataset, _, representation, _ in COMBINATIONS} == {
        ('aist', '3D'): {'spin', 'vibe', 'tcmr'},
        ('aist', 'smpl'): {'spin', 'vibe', 'tcmr'},
        ('h36m', '2D'): {'cpn', 'hourglass', 'hrnet', 'rle'},
        ('h36m', '3D'): {'fcn', 'rle', 'tcmr', 'vibe', 'videoposet27', 'videoposet81',
                         'videoposet243'},
        ('h36m', 'smpl'): {'vibe', 'tcmr'},
        ('jhmdb', '2D'): {'simplepose'},
        ('mpiinf3dhp', '3D'): {'spin', 'vibe', 'tcmr'},
        ('mupots', '3D'): {'tposenet', 'tposenetrefinenet'},
        ('pw3d', '3D'): {'spin', 'eft', 'pare', 'vibe', 'tcmr'},
        ('pw3d', 'smpl'): {'spin', 'eft', 'pare', 'vibe', 'tcmr'},
    }
    for entry in PUBLISHED_SETS.values():
        for layouts in entry.layouts.values():
            for layout in layouts:
                assert len(set(layout.keypoint_names)) == len(layout.keypoint_names)


@pytest.mark.parametrize(('dataset', 'estimator', 'representation', 'phase'), COMBINATIONS)
def test_every_published_pair_of_files(tmp_path, dataset, estimator, representation, phase):
    write(tmp_path, dataset, estimator, representation, phase)
    data = PublishedPoseDataset(dataset, estimator, representation, phase, tmp_path)
    keypoints = len(data.metainfo['keypoint_names'])
    width = {'2D': 2, '3D': 3, 'smpl': 6}[representation]
    item = data[1]
    assert len(data) == 3
    assert item['inputs'].shape == item['target'].shape == (6, keypoints, width)
    assert item['mask'].all() and item['meta']['name'] == '1_seq1'
    assert item['meta']['representation'] == {
        '2D': 'keypoints_2d', '3D': 'keypoints_3d', 'smpl': 'rot6d'}[representation]
    assert (item['meta']['root_indices'] is not None) == (representation == '3D')
    windows = PublishedPoseDataset(dataset, estimator, representation, phase, tmp_path,
                                   window_size=8)
    assert len(windows) == 2 + 1 + 5


@pytest.mark.parametrize(('dataset', 'estimator', 'count'), [
    ('h36m', 'fcn', 27), ('pw3d', 'vibe', 1 + 0 + 4)])
def test_windows_as_the_reference_draws_them(tmp_path, dataset, estimator, count):
    write(tmp_path, dataset, estimator, '3D', 'train')
    assert len(PublishedPoseDataset(dataset, estimator, '3D', 'train', tmp_path, window_size=8,
                                    protocol='reference')) == count


def test_pw3d_order(tmp_path):
    numbered = ragged([np.repeat(np.arange(17.), 3)[None].repeat(n, 0) for n in LENGTHS])
    write(tmp_path, 'pw3d', 'spin', '3D', joints_3d=numbered)
    kept = PublishedPoseDataset('pw3d', 'spin', data_root=tmp_path)
    assert kept[0]['inputs'][0, :, 0].tolist() == [6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10]
    assert kept.metainfo['root_indices'] == [2, 3]
    every = PublishedPoseDataset('pw3d', 'spin', data_root=tmp_path, layout='motionrefinenet')
    assert every[0]['inputs'][0, :, 0].tolist()[14:] == [0, 7, 9]
    assert every.metainfo['keypoint_names'][14:] == ('pelvis', 'spine', 'head')


def test_h36m_2d_normalisation(tmp_path):
    _, estimate = write(tmp_path, 'h36m', 'cpn', '2D')
    item = PublishedPoseDataset('h36m', 'cpn', '2D', data_root=tmp_path)[2]
    stored = estimate['joints_2d'][2].reshape(12, 17, 2)
    np.testing.assert_allclose(item['inputs'], (stored - 500) / 500, rtol=1e-5)
    undo = item['meta']['denormalise']
    np.testing.assert_allclose(item['inputs'] * undo['scale'] + undo['offset'], stored, atol=1e-3)


def test_jhmdb_normalisation_and_boxes(tmp_path):
    truth, _ = write(tmp_path, 'jhmdb', 'simplepose', '2D')
    item = PublishedPoseDataset('jhmdb', 'simplepose', '2D', data_root=tmp_path)[0]
    stored = truth['joints_2d'][0].reshape(9, 15, 2)
    np.testing.assert_allclose(item['target'], stored / [320, 240] - 0.5, atol=1e-6)
    undo = item['meta']['denormalise']
    np.testing.assert_allclose(item['target'] * undo['scale'] + undo['offset'], stored, atol=1e-3)
    np.testing.assert_allclose(item['meta']['bbox'], truth['bbox'][0], rtol=1e-6)
    assert item['meta']['image_shape'].tolist() == [240, 320]


@pytest.mark.parametrize('dataset', ['pw3d', 'aist'])
def test_smpl(tmp_path, dataset):
    truth, estimate = write(tmp_path, dataset, 'vibe', 'smpl')
    item = PublishedPoseDataset(dataset, 'vibe', 'smpl', data_root=tmp_path)[0]
    matrices = Rotation.from_rotvec(truth['pose'][0].reshape(-1, 3)).as_matrix()
    np.testing.assert_allclose(item['target'], matrices[:, :, :2].reshape(9, 24, 6), atol=1e-6)
    np.testing.assert_allclose(item['meta']['betas'], estimate['shape'][0], rtol=1e-6)
    if dataset == 'pw3d':
        np.testing.assert_allclose(item['meta']['target_betas'], truth['shape'][0], rtol=1e-6)
    else:
        assert 'target_betas' not in item['meta']
        np.testing.assert_allclose(item['meta']['target_trans'], truth['trans'][0], rtol=1e-6)
        assert item['meta']['target_scaling'].shape == (9, 1)
    item = PublishedPoseDataset(dataset, 'vibe', 'smpl', data_root=tmp_path,
                                rotation='axis_angle')[0]
    np.testing.assert_allclose(item['target'].reshape(9, 72), truth['pose'][0], rtol=1e-6)
    item = PublishedPoseDataset(dataset, 'vibe', 'smpl', data_root=tmp_path,
                                rotation='quaternion')[0]
    assert item['meta']['representation'] == 'quaternion'
    np.testing.assert_allclose(Rotation.from_quat(item['target'].reshape(-1, 4)).as_matrix(),
                               matrices, atol=1e-6)


def test_equal_lengths_may_be_stored_dense(tmp_path):
    write(tmp_path, 'aist', 'vibe', 'smpl', lengths=(5, 5))
    folder = tmp_path / 'aist_vibe_smpl'
    for path in folder.rglob('*.npz'):
        with np.load(path, allow_pickle=True) as file:
            content = {key: np.stack(list(file[key])) for key in file.files}
        np.savez(path, **content)
    data = PublishedPoseDataset('aist', 'vibe', 'smpl', data_root=tmp_path)
    assert data[1]['inputs'].shape == (5, 24, 6)


def test_a_single_sequence_and_other_key_names(tmp_path):
    truth, estimate = write(tmp_path, 'h36m', 'fcn', '3D', lengths=(20,))
    folder = tmp_path / 'h36m_fcn_3D'
    np.savez(folder / 'groundtruth' / 'h36m_gt_3D_test.npz', keypoints_3d=truth['joints_3d'])
    data = PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path, window_size=8)
    assert len(data) == 13
    np.testing.assert_allclose(data[0]['inputs'].reshape(8, -1), estimate['joints_3d'][0][:8],
                               rtol=1e-6)


def test_truth_as_input_for_noise(tmp_path):
    write(tmp_path, 'h36m', 'cpn', '2D', lengths=(400, 300))
    noise = [{'type': 'GaussianPoseNoise', 'std': 10., 'unit': 'px'}]
    item = PublishedPoseDataset('h36m', 'cpn', '2D', data_root=tmp_path, truth_as_input=True,
                                transforms=noise)[0]
    error = (item['inputs'] - item['target']) * item['meta']['denormalise']['scale']
    assert error.std() == pytest.approx(10, rel=0.03)


def test_unpublished_estimator_with_roots(tmp_path):
    write(tmp_path, 'h36m', 'fcn', '3D')
    (tmp_path / 'h36m_fcn_3D').rename(tmp_path / 'h36m_mine_3D')
    old = tmp_path / 'h36m_mine_3D' / 'detected' / 'h36m_fcn_3D_test.npz'
    old.rename(old.with_name('h36m_mine_3D_test.npz'))
    data = PublishedPoseDataset('h36m', 'mine', data_root=tmp_path, root_indices=[0])
    assert data[0]['inputs'].shape == (9, 17, 3)
    assert data.metainfo['root_indices'] == [0]


@pytest.mark.parametrize(('arguments', 'message'), [
    (('h36', 'fcn'), "Unknown published dataset 'h36'. Did you mean 'h36m'.*PairedPoseDataset"),
    (('h36m', 'fcnn'), "Unknown estimator 'fcnn' of Human3.6M. Did you mean 'fcn'.*videoposet27"),
    (('h36m', 'cpn'), "no root index are known for 'cpn' of Human3.6M in 3D.*fcn.*root_indices"),
    (('jhmdb', 'simplepose'), "Sub-JHMDB has no representation '3D', only 2D"),
    (('mupots', 'tposenet', '3D', 'train'), 'MuPoTS-3D was published for test only'),
])
def test_unknown_names(tmp_path, arguments, message):
    with pytest.raises(ConfigError, match=message):
        PublishedPoseDataset(*arguments, data_root=tmp_path)


def test_missing_files_and_keys(tmp_path):
    with pytest.raises(DataFormatError, match=r'h36m_gt_3D_test\.npz.* does not exist'):
        PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path)
    write(tmp_path, 'h36m', 'fcn', '3D')
    with pytest.raises(DataFormatError, match=r'not exist.*\.npz files: h36m_gt_3D_test\.npz'):
        PublishedPoseDataset('h36m', 'fcn', phase='train', data_root=tmp_path)
    write(tmp_path, 'h36m', 'fcn', '3D', drop=('joints_3d',))
    with pytest.raises(DataFormatError, match="no 'joints_3d'; it holds: imgname"):
        PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path)
    write(tmp_path, 'jhmdb', 'simplepose', '2D', drop=('bbox',))
    with pytest.raises(DataFormatError, match="no 'bbox'"):
        PublishedPoseDataset('jhmdb', 'simplepose', '2D', data_root=tmp_path)


@pytest.mark.parametrize(('lengths', 'width', 'message'), [
    ((9, 6, 11), 51, r'Sequence 2_seq2 has 11 frames.* and 12 in'),
    ((9, 6), 51, 'has 2 sequences, its ground truth .* has 3'),
    ((9, 6, 12), 42, 'has 42 values per frame; Human3.6M in 3D needs 51 = 17 keypoints x 3'),
])
def test_files_that_do_not_belong_together(tmp_path, rng, lengths, width, message):
    wrong = ragged([rng.random((n, width)) for n in lengths])
    write(tmp_path, 'h36m', 'fcn', '3D', joints_3d=wrong)
    path = tmp_path / 'h36m_fcn_3D' / 'detected' / 'h36m_fcn_3D_test.npz'
    np.savez(path, joints_3d=wrong)
    with pytest.raises(DataFormatError, match=message):
        PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path)


def test_image_names_that_do_not_fit(tmp_path):
    write(tmp_path, 'h36m', 'fcn', '3D')
    path = tmp_path / 'h36m_fcn_3D' / 'groundtruth' / 'h36m_gt_3D_test.npz'
    with np.load(path, allow_pickle=True) as file:
        content = dict(file)
    content['imgname'][1] = content['imgname'][1][:-1]
    np.savez(path, **content)
    with pytest.raises(DataFormatError, match=r'Sequence 1_seq1 .* has 5 image names and 6 poses'):
        PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path)


class Bomb:

    def __reduce__(self):
        return print, ('boom',)


def test_pickled_code_is_refused(tmp_path, capsys):
    write(tmp_path, 'h36m', 'fcn', '3D', joints_3d=ragged([Bomb(), 1, 2]))
    with pytest.raises(UnsafeFileError, match='print'):
        PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path)
    assert 'boom' not in capsys.readouterr().out


def test_conversion_is_cached_and_mapped(tmp_path):
    write(tmp_path, 'jhmdb', 'simplepose', '2D')
    kwargs = {'data_root': tmp_path, 'cache_dir': tmp_path / 'cache'}
    plain = PublishedPoseDataset('jhmdb', 'simplepose', '2D', data_root=tmp_path)
    first = PublishedPoseDataset('jhmdb', 'simplepose', '2D', **kwargs)
    again = PublishedPoseDataset('jhmdb', 'simplepose', '2D', **kwargs)
    assert not isinstance(again.clips.truth, np.ndarray)
    assert len(list((tmp_path / 'cache').iterdir())) == 1
    for a, b, c in zip(plain, first, again):
        for name in ('inputs', 'target', 'mask'):
            np.testing.assert_array_equal(a[name], b[name])
            np.testing.assert_array_equal(a[name], c[name])
        for name in ('bbox', 'image_shape'):
            np.testing.assert_array_equal(a['meta'][name], c['meta'][name])
        assert a['meta']['name'] == c['meta']['name']
    write(tmp_path, 'jhmdb', 'simplepose', '2D', seed=1)
    changed = PublishedPoseDataset('jhmdb', 'simplepose', '2D', **kwargs)
    assert not np.allclose(changed[0]['inputs'], again[0]['inputs'])
    assert len(list((tmp_path / 'cache').iterdir())) == 2


@pytest.mark.parametrize('source', ['input', 'truth'])
@pytest.mark.parametrize(('dataset', 'estimator', 'kind'), [
    ('h36m', 'fcn', '3D'), ('jhmdb', 'simplepose', '2D')])
def test_normalised_sequences(tmp_path, dataset, estimator, kind, source):
    write(tmp_path, dataset, estimator, kind)
    plain, normal = (PublishedPoseDataset(dataset, estimator, kind, data_root=tmp_path,
                                          normalization=how) for how in ('none', source))
    for before, after in zip(plain, normal):
        by = after['inputs' if source == 'input' else 'target']
        np.testing.assert_allclose(by.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(by.std(axis=0), 1, atol=1e-5)
        undo = after['meta']['denormalise']
        known = before['meta'].get('denormalise', {'scale': 1, 'offset': 0})
        for name in ('inputs', 'target'):
            np.testing.assert_allclose(after[name] * undo['scale'] + undo['offset'],
                                       before[name] * known['scale'] + known['offset'],
                                       rtol=1e-4, atol=1e-4)


def test_normalised_sequences_keep_still_values_and_missing_ones(tmp_path):
    poses = ragged([np.random.default_rng(0).random((n, 51)) for n in LENGTHS])
    poses[0][:, :3], poses[1][2, 5], poses[2][:, 9:12] = 4.0, np.nan, np.nan
    write(tmp_path, 'h36m', 'fcn', '3D', joints_3d=poses)
    data = PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path, normalization='input')
    assert (data[0]['inputs'][:, 0] == 0).all()
    assert all(np.isfinite(item['inputs']).all() for item in data)
    assert not data[1]['mask'][2, 1] and not data[2]['mask'][:, 3].any()
    with pytest.raises(ConfigError, match='no unit'):
        PublishedPoseDataset('h36m', 'fcn', data_root=tmp_path, normalization='input',
                             transforms=[{'type': 'GaussianPoseNoise', 'std': 5.0}])
