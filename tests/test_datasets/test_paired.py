from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.datasets import MocapDataset, PairedPoseDataset
from smoothnet_plugin.datasets.cache import MEMORY_LIMIT
from smoothnet_plugin.errors import ConfigError, DataFormatError, UnsafeFileError
from smoothnet_plugin.registry import DATASETS

from .conftest import NAMES, ragged

LENGTHS = np.array([9, 5, 12])


@pytest.fixture
def content(rng):
    truth = rng.normal(size=(26, 8, 3)).astype(np.float32)
    return {'estimate': truth + 0.1, 'ground_truth': truth, 'lengths': LENGTHS,
            'names': np.array(['walk', 'jump', 'run']), 'joints': np.array(NAMES),
            'fps': np.array(30.)}


def test_own_data_in_three_lines_of_config(tmp_path, content):
    np.savez(tmp_path / 'mine.npz', **content)
    dataset = DATASETS.build({
        'type': 'PairedPoseDataset',
        'ann_file': str(tmp_path / 'mine.npz'),
        'window_size': 8,
    })
    assert len(dataset) == 2 + 1 + 5
    np.testing.assert_array_equal(dataset[3]['target'], content['ground_truth'][14:22])


@pytest.mark.parametrize('save', [np.savez, np.savez_compressed])
def test_clips(tmp_path, content, save):
    save(tmp_path / 'mine.npz', **content)
    dataset = PairedPoseDataset('mine.npz', tmp_path, root_indices=[0])
    assert [item['meta']['name'] for item in dataset] == ['walk', 'jump', 'run']
    np.testing.assert_array_equal(dataset[1]['inputs'], content['estimate'][9:14])
    assert dataset.metainfo == {
        'dataset_name': 'mine', 'keypoint_names': NAMES, 'root_indices': [0], 'unit': 'm',
        'representation': 'keypoints_3d'}
    assert isinstance(dataset.clips.truth, np.ndarray) == (save is np.savez_compressed)


def test_other_ways_to_store_clips(tmp_path, rng):
    clips = [rng.normal(size=(n, 4, 2)) for n in (6, 3)]
    np.savez(tmp_path / 'ragged.npz', kpts=ragged(clips), true=ragged(clips))
    np.savez(tmp_path / 'one.npz', kpts=clips[0], true=clips[0])
    np.savez(tmp_path / 'dense.npz', kpts=np.stack([clips[0]] * 3), true=np.stack([clips[0]] * 3))
    kwargs = {'inputs_key': 'kpts', 'target_key': 'true', 'fps': 25.,
              'representation': 'keypoints_2d'}
    for name, lengths in (('ragged', [6, 3]), ('one', [6]), ('dense', [6, 6, 6])):
        dataset = PairedPoseDataset(tmp_path / f'{name}.npz', **kwargs)
        assert [len(item['inputs']) for item in dataset] == lengths
        np.testing.assert_allclose(dataset[0]['inputs'], clips[0], rtol=1e-6)
        assert dataset[0]['meta']['fps'] == 25. and dataset[0]['meta']['unit'] == 'px'
        assert dataset.metainfo['keypoint_names'][3] == 'keypoint_3'


def test_several_files_units_and_keypoints(tmp_path, content):
    np.savez(tmp_path / 'a.npz', **content)
    np.savez(tmp_path / 'b.npz', **content)
    dataset = PairedPoseDataset(['a.npz', 'b.npz'], tmp_path, unit='mm',
                                keypoints=['RWri', 0, 'Head'])
    assert [item['meta']['name'] for item in dataset][2:4] == ['a/run', 'b/walk']
    np.testing.assert_allclose(dataset[4]['inputs'],
                               content['estimate'][9:14][:, [7, 0, 1]] / 1000, rtol=1e-6)
    assert dataset.metainfo['keypoint_names'] == ('RWri', 'Pelvis', 'Head')


def test_estimates_without_truth(tmp_path, content):
    del content['ground_truth']
    content['estimate'][3, 2] = np.nan
    np.savez(tmp_path / 'a.npz', **content)
    dataset = PairedPoseDataset(tmp_path / 'a.npz', target_key=None)
    item = dataset[0]
    assert 'target' not in item and np.isfinite(item['inputs']).all()
    assert np.argwhere(~item['mask']).tolist() == [[3, 2]]
    with pytest.raises(ConfigError, match='has no ground truth'):
        PairedPoseDataset(tmp_path / 'a.npz', target_key=None, window_size=4)


def test_clips_are_chosen_by_name(tmp_path, content):
    np.savez(tmp_path / 'a.npz', **content)
    whole = PairedPoseDataset(tmp_path / 'a.npz')
    chosen = PairedPoseDataset(tmp_path / 'a.npz', include=['walk', 'r*'], exclude=['*alk'])
    assert [item['meta']['name'] for item in chosen] == ['run']
    np.testing.assert_array_equal(chosen[0]['inputs'], whole[2]['inputs'])
    assert not isinstance(chosen.clips.truth, np.ndarray), 'mapped still'
    windows = PairedPoseDataset(tmp_path / 'a.npz', exclude=['walk'], window_size=6)
    assert len(windows) == 1 + 7
    np.testing.assert_array_equal(windows[2]['target'], content['ground_truth'][15:21])
    with pytest.raises(ConfigError, match="longest is 'jump' with 5"):
        PairedPoseDataset(tmp_path / 'a.npz', include=['jump'], window_size=9)


def test_a_clip_has_the_same_noise_in_any_selection(tmp_path, content):
    np.savez(tmp_path / 'a.npz', positions=content['ground_truth'], fps=60, lengths=LENGTHS,
             names=content['names'])
    noise = [{'type': 'GaussianPoseNoise', 'std': 20.}]
    alone, = MocapDataset(tmp_path / 'a.npz', noise, include=['run'])
    np.testing.assert_array_equal(
        alone['inputs'], MocapDataset(tmp_path / 'a.npz', noise)[2]['inputs'])


@pytest.mark.parametrize(('kwargs', 'message'), [
    ({'include': ['Walk', 'hop*']},
     r"No clip is left by include=\['Walk', 'hop\*'\]; the 3 clips are named 'walk', 'jump', "),
    ({'include': ['walk'], 'exclude': ['w*']}, r"by include=\['walk'\] exclude=\['w\*'\];"),
    ({'exclude': '*'}, 'expected a list of patterns'),
    ({'max_frames': 0}, 'max_frames is 0'),
])
def test_choices_that_cannot_be(tmp_path, content, kwargs, message):
    np.savez(tmp_path / 'a.npz', **content)
    with pytest.raises(ConfigError, match=message):
        PairedPoseDataset(tmp_path / 'a.npz', **kwargs)


def test_long_clips_are_cut_to_their_middle(tmp_path, content):
    np.savez(tmp_path / 'a.npz', **content)
    dataset = PairedPoseDataset(tmp_path / 'a.npz', max_frames=6)
    assert [len(item['inputs']) for item in dataset] == [6, 5, 6]
    np.testing.assert_array_equal(dataset[0]['target'], content['ground_truth'][1:7])
    np.testing.assert_array_equal(dataset[2]['target'], content['ground_truth'][17:23])
    windows = PairedPoseDataset(tmp_path / 'a.npz', max_frames=6, window_size=8)
    assert len(windows) == 2 + 1 + 5, 'windows come from all frames'


def test_mocap_makes_its_input(tmp_path, content):
    np.savez(tmp_path / 'a.npz', positions=content['ground_truth'], lengths=LENGTHS, fps=60)
    noise = [{'type': 'GaussianPoseNoise', 'std': 20.}]
    item = MocapDataset(tmp_path / 'a.npz', noise)[2]
    np.testing.assert_array_equal(item['target'], content['ground_truth'][14:])
    assert 0.01 < (item['inputs'] - item['target']).std() < 0.03
    clean = MocapDataset(tmp_path / 'a.npz', [], window_size=4).__getitems__([0, 1])
    assert not np.shares_memory(clean.arrays['inputs'], clean.arrays['target'])


@pytest.mark.parametrize(('changes', 'message'), [
    ({'ground_truth': None}, r"has no 'ground_truth'; it holds: estimate, lengths.*target_key"),
    ({'lengths': np.array([9, 5, 11])}, "'lengths' has 3 clips of 25 frames, but 'estimate'"),
    ({'lengths': np.array([9., 5., 12.])}, "'lengths': expected whole numbers"),
    ({'lengths': np.array([30, -5, 1])}, 'expected lengths from 0'),
    ({'names': np.array(['a', 'b'])}, 'a name for each of the 3 clips'),
    ({'joints': np.array(['a', 'b'])}, '8 keypoints and 2 names'),
    ({'fps': None}, r'does not specify its frames per second; set fps='),
    ({'fps': np.array([30., 30.])}, "'fps' .* has 2 entries for 3 clips"),
    ({'fps': np.array(-1.)}, 'fps .* must be positive'),
    ({'estimate': np.zeros((26, 8, 2))}, r"2 values per keypoint .*representation='keypoints_2d"),
    ({'estimate': np.zeros((26, 9, 3))}, r"'truth' .* has the shape \(26, 8, 3\)"),
    ({'estimate': np.array(['x'])}, r"has the shape \(1,\) and type <U1"),
    ({'ground_truth': np.full((26, 8, 3), np.nan)}, 'truth .* has no finite pose'),
    ({'estimate': ragged([np.zeros((9, 8, 3)), np.zeros((5, 8, 3)), np.zeros((11, 8, 3))])},
     "Clip 'run' of .* has 11 frames in 'estimate' and 12 in 'ground_truth'"),
    ({'estimate': ragged([np.zeros((9, 24))])}, r'Clip 0 .* has the shape \(9, 24\)'),
])
def test_content_that_does_not_fit(tmp_path, content, changes, message):
    content.update(changes)
    np.savez(tmp_path / 'a.npz', **{k: v for k, v in content.items() if v is not None})
    with pytest.raises(DataFormatError, match=message):
        PairedPoseDataset(tmp_path / 'a.npz')


@pytest.mark.parametrize(('kwargs', 'message'), [
    ({'unit': 'inch'}, "Unknown unit 'inch'.*Known: .*mm"),
    ({'keypoints': ['LWrist']}, "no keypoint 'LWrist'. Did you mean 'LWri'"),
    ({'keypoints': [8]}, 'Keypoint 8 is requested, but there are 8'),
    ({'root_indices': [8]}, r'root_indices are \[8\], but there are 8 keypoints'),
    ({'window_size': 13}, "longer than every clip.*'run' with 12"),
])
def test_bad_arguments(tmp_path, content, kwargs, message):
    np.savez(tmp_path / 'a.npz', **content)
    with pytest.raises(ConfigError, match=message):
        PairedPoseDataset(tmp_path / 'a.npz', **kwargs)


def test_bad_files(tmp_path, content):
    np.savez(tmp_path / 'a.npz', **content)
    with pytest.raises(DataFormatError, match=r'b\.npz.*does not exist.*a\.npz'):
        PairedPoseDataset('b.npz', tmp_path)
    with pytest.raises(ConfigError, match='empty list'):
        PairedPoseDataset([])
    content['joints'] = np.array([f'j{i}' for i in range(8)])
    np.savez(tmp_path / 'b.npz', **content)
    with pytest.raises(DataFormatError, match=r'b\.npz.* names its keypoints'):
        PairedPoseDataset(['a.npz', 'b.npz'], tmp_path)
    content['joints'] = np.array(NAMES[:3])
    content['estimate'] = content['ground_truth'] = np.zeros((26, 3, 3))
    np.savez(tmp_path / 'b.npz', **content)
    with pytest.raises(DataFormatError, match=r'b\.npz.* of 3 keypoints.* of 8'):
        PairedPoseDataset(['a.npz', 'b.npz'], tmp_path)
    np.savez(tmp_path / 'c.npz', estimate=ragged([print]), ground_truth=np.zeros((1, 1, 3)))
    with pytest.raises(UnsafeFileError, match='print'):
        PairedPoseDataset('c.npz', tmp_path)


def test_large_compressed_files_are_converted_once(tmp_path, content, own_cache, monkeypatch):
    np.savez_compressed(tmp_path / 'a.npz', **content)
    plain = PairedPoseDataset(tmp_path / 'a.npz')
    assert isinstance(plain.clips.truth, np.ndarray) and not list(own_cache.iterdir())
    assert MEMORY_LIMIT > 2**20
    monkeypatch.setattr('smoothnet_plugin.datasets.cache.MEMORY_LIMIT', 100)
    for _ in range(2):
        mapped = PairedPoseDataset(tmp_path / 'a.npz')
        assert not isinstance(mapped.clips.truth, np.ndarray)
        for a, b in zip(plain, mapped):
            np.testing.assert_array_equal(a['inputs'], b['inputs'])
            assert a['meta'] == b['meta']
    assert len(list((own_cache / 'smoothnet_plugin').iterdir())) == 1


def test_cache_that_cannot_be_written(tmp_path, content):
    np.savez_compressed(tmp_path / 'a.npz', **content)
    (tmp_path / 'file').write_text('')
    with pytest.warns(UserWarning, match='stay in memory. Set cache_dir'):
        dataset = PairedPoseDataset(tmp_path / 'a.npz', cache_dir=tmp_path / 'file')
    assert isinstance(dataset.clips.truth, np.ndarray)


@pytest.mark.parametrize(('name', 'clips', 'frames', 'windows'), [
    ('uiprmd_train', 868, 64573, 37702), ('uiprmd_val', 385, 27423, None)])
def test_uiprmd(motion_data, name, clips, frames, windows):
    path = motion_data(f'{name}.npz')
    dataset = PairedPoseDataset(path, root_indices=[0])
    assert len(dataset) == clips and sum(len(item['inputs']) for item in dataset) == frames
    assert dataset[0]['inputs'].shape[1:] == (12, 3) and dataset[0]['meta']['fps'] == 30.
    error = np.concatenate([np.linalg.norm(item['inputs'] - item['target'], axis=-1)
                            for item in dataset])
    if name == 'uiprmd_val':
        assert error.mean() * 1000 == pytest.approx(19.5, abs=0.05)
    cut = PairedPoseDataset(path, window_size=32)
    lengths = cut.clips.lengths
    assert len(cut) == np.maximum(lengths - 31, 1).sum()
    assert windows is None or len(cut) == windows


@pytest.mark.parametrize(('name', 'clips', 'frames', 'keypoints'), [
    ('amc', 23, 33557, 31), ('bvh', 93, 28001, 31), ('exp', 77, 27269, 38)])
def test_cmu(motion_data, name, clips, frames, keypoints):
    path = motion_data(f'cmu_{name}_60hz.npz')
    dataset = MocapDataset(path, [{'type': 'DetectorNoise'}])
    assert len(dataset) == clips and dataset.clips.lengths.sum() == frames
    item = dataset[1]
    assert item['target'].shape[1:] == (keypoints, 3) and item['meta']['fps'] == 60.
    assert 0.002 < np.abs(item['inputs'] - item['target']).mean() < 0.2
