"""examples/recognize_actions.py on made clips, and on UI-PRMD."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
import torch

from smoothnet_plugin import io

from .conftest import REPO


@pytest.fixture(scope='module')
def example():
    return runpy.run_path(str(REPO / 'examples' / 'recognize_actions.py'))


@pytest.fixture(scope='module', autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_clips(path, subjects, rng):
    """Exercise m swings keypoint m + 1, all sway; the truth starts at the origin, as UI-PRMD's."""
    rest = np.arange(12)[:, None] * [0.02, 0.1, 0.01]
    names, truth = [], []
    for movement in range(1, 11):
        for subject in subjects:
            for episode in (1, 2):
                phase = 2 * np.pi * np.linspace(0, 1, int(rng.integers(30, 60)))[:, None, None]
                clip = rest + 0.05 * np.sin(phase * rng.uniform(0.5, 1.5, (12, 3)))
                clip[:, movement + 1, 2] += 0.3 * np.sin(phase[:, 0, 0] * (1 + 0.1 * subject))
                truth.append(clip)
                suffix = '_inc' * (episode == 2)
                names.append(f'm{movement:02}_s{subject:02}_e{episode:02}{suffix}')
    together = np.concatenate(truth)
    np.savez(path, ground_truth=together.astype(np.float32), names=names,
             estimate=(together + rng.normal(0, 0.03, together.shape)).astype(np.float32),
             lengths=[len(clip) for clip in truth])


@pytest.fixture(scope='module')
def prepared(example, tmp_path_factory):
    folder = tmp_path_factory.mktemp('actions')
    rng = np.random.default_rng(0)
    make_clips(folder / 'uiprmd_train.npz', (1, 2, 3, 4, 5), rng)
    make_clips(folder / 'uiprmd_val.npz', (6, 7), rng)
    return folder, example['prepare'](folder, folder, ['gaussian'])


def test_pickles_are_of_mmaction_with_labels_and_split(prepared):
    folder, inputs = prepared
    assert list(inputs) == ['raw', 'gaussian', 'truth']
    content = {name: io.load(folder / f'{name}.pkl', fps=30).source.data for name in inputs}
    for name, clips in inputs.items():
        assert io.sniff(folder / f'{name}.pkl') == 'mmaction'
        assert content[name]['split'] == content['raw']['split']
        assert [len(content[name]['split'][part]) for part in ('xsub_train', 'xsub_val')] == [
            100, 40]
        assert clips.labels.bincount().tolist() == [14] * 10
        assert clips.of((6, 7)).sum() == 40 and clips.of((3,)).sum() == 20
        for old, new in zip(content['raw']['annotations'], content[name]['annotations']):
            assert new['keypoint'].shape == old['keypoint'].shape and new['label'] == old['label']
            assert new['keypoint'].dtype == np.float32
        assert all(torch.isfinite(values).all() for values in clips.features.values())
    # The smoother's output was read, not its input.
    steps = {name: clips.features['acceleration'].abs().mean() for name, clips in inputs.items()}
    assert steps['truth'] < steps['gaussian'] < 0.5 * steps['raw']


def test_features_do_not_depend_on_place_size_and_rate(example):
    rng = np.random.default_rng(1)
    poses = np.cumsum(rng.normal(size=(40, 12, 3)), axis=0)
    for order in range(3):
        first = example['features'](poses, order)
        assert first.shape == (36, example['SAMPLES'])
        np.testing.assert_allclose(example['features'](5 + 3 * poses, order), first, atol=1e-9)
    line = np.linspace(0, 1, 33)[:, None, None] * np.ones((12, 3)) + np.eye(12, 3)
    np.testing.assert_allclose(example['features'](line, 2), 0, atol=1e-12)


def test_classifier_learns_and_results_repeat(example, prepared):
    clips = prepared[1]['truth']
    found, again = (example['accuracies'](clips, {'truth': clips}, example['TRAIN'], 0, 60)
                    for _ in range(2))
    assert found == again
    assert min(found['truth'].values()) > 80


def test_all_experiments_are_in_the_tables(example, prepared, capsys):
    some = {name: prepared[1][name] for name in ('raw', 'truth')}
    runs = example['compare'](some, 2, steps=2)
    assert runs['same']['raw'] == runs['raw']['raw']
    assert runs['same']['truth'] != runs['raw']['truth']
    assert {key: [len(run) for run in of.values()] for key, of in runs.items()} == {
        'same': [2, 2], 'raw': [2, 2], 'single': [5, 5]}
    example['table']('A title', runs['same'])
    printed = capsys.readouterr().out.splitlines()
    assert printed[1] == 'A title' and len(printed) == 6 and printed[-1].startswith('| truth | ')


def test_labels_of_others_are_not_seen(example, prepared):
    """Wrong labels of the training clips lead to chance."""
    _, inputs = prepared
    clips = inputs['truth']
    wrong = clips._replace(labels=torch.where(clips.of((6, 7)), clips.labels,
                                              (clips.labels + 1) % 10))
    found = example['accuracies'](wrong, {'truth': clips}, example['TRAIN'], 0, 60)
    assert found['truth']['joint'] < 20


@pytest.mark.slow
def test_uiprmd(example, motion_data, tmp_path):
    """The exercises are recognised far above chance, and the truth not worse than the estimate."""
    data = motion_data('uiprmd_train.npz').parent
    motion_data('uiprmd_val.npz')
    inputs = example['prepare'](data, tmp_path, ['gaussian'])
    found = {name: example['accuracies'](clips, {name: clips}, example['TRAIN'], 0)[name]
             for name, clips in inputs.items()}
    assert min(of['joint + motion'] for of in found.values()) > 60
    assert found['gaussian']['acceleration'] > found['raw']['acceleration']
