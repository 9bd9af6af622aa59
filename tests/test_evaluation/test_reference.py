"""The protocol 'reference' against numbers that SmoothNet's own evaluation printed."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.evaluation import PCKMetric, PoseErrorMetric, WorstFramesMetric
from smoothnet_plugin.evaluation.functional import reference
from smoothnet_plugin.filters.gaussian import GaussianFilter
from smoothnet_plugin.filters.one_euro import OneEuroFilter
from smoothnet_plugin.filters.savgol import SavgolFilter
from smoothnet_plugin.models import PoseRefiner

WINDOW = 8
CLIPS = {'h36m': ((70, 0.0), (40, 0.4)), 'aist': ((40, 0.0), (5, 0.8))}
KEYPOINTS = {'h36m': 17, 'aist': 14}
ROOTS = {'h36m': [0], 'aist': [2, 3]}
FILTERS = {
    'savgol': SavgolFilter(window_size=31, polyorder=2, legacy=True),
    'gaus1d': GaussianFilter(window_size=31, sigma=3.0, legacy=True),
    'oneeuro': OneEuroFilter(min_cutoff=0.04, beta=0.7, legacy=True),
}


def filled(network):
    """The weights that the fixtures were made with."""
    state = network.state_dict()
    for k, name in enumerate(sorted(state)):
        i = np.arange(state[name].numel())
        values = 0.03 * np.sin(0.37 * i + 0.9 * k)
        state[name] = torch.as_tensor(values.astype(np.float32)).reshape(state[name].shape)
    network.load_state_dict(state)
    return network


def sequences(dataset, channels):
    for frames, phase in CLIPS[dataset]:
        t = np.arange(frames)[:, None, None]
        j, c = np.arange(KEYPOINTS[dataset])[:, None], np.arange(channels)
        target = 0.3 * np.sin(0.05 * t + j + 0.5 * c + phase)
        pred = target + 0.03 * np.sin(1.7 * t + 2.3 * j + 0.9 * c + phase)
        yield pred, target


def items(dataset, channels):
    """Sequences as a dataset gives them: metres, or pixels normalised by (x - 500) / 500."""
    for number, (pred, target) in enumerate(sequences(dataset, channels)):
        meta = {'name': str(number), 'dataset': dataset, 'fps': 50.0}
        if channels == 2:
            pred, target = 0.8 * pred, 0.8 * target
            meta.update(unit='px', representation='keypoints_2d', root_indices=None,
                        denormalise={'scale': np.full(2, 500.0), 'offset': np.full(2, 500.0)})
        else:
            meta.update(unit='m', representation='keypoints_3d', root_indices=ROOTS[dataset])
        yield {'inputs': torch.as_tensor(pred, dtype=torch.float32),
               'target': torch.as_tensor(target, dtype=torch.float32), 'meta': meta}


@pytest.fixture(scope='module')
def refiner():
    network = dict(type='SmoothNet', window_size=WINDOW, hidden_size=512, res_hidden_size=16,
                   num_blocks=1)
    refiner = PoseRefiner(network, protocol='reference').eval()
    filled(refiner.network)
    return refiner


@pytest.fixture(scope='module')
def published(reference_dir):
    vectors = json.loads((reference_dir / 'test_vectors.json').read_text())
    return {(v['dataset'], int(v['representation'][0]), v['filter']): v['result']
            for v in vectors['metrics']}


CASES = [('h36m', 3), ('h36m', 2), ('aist', 3)]


@pytest.mark.parametrize(('dataset', 'channels'), CASES)
def test_network_and_input(published, refiner, dataset, channels):
    with torch.no_grad():
        results = refiner.predict(list(items(dataset, channels)))
    values = {}
    for metric in (PoseErrorMetric(protocol='reference'), WorstFramesMetric(protocol='reference')):
        metric.process({}, results)
        values.update(metric.evaluate(len(results)))
    expected = published[dataset, channels, 'savgol']
    names = {'mpjpe': 'mpjpe', 'pampjpe': 'pa_mpjpe', 'accel': 'accel_error'}
    checked = 0
    for theirs, number in expected.items():
        role, name, *rest = theirs.split('_')
        if role == 'filter':
            continue
        role = {'input': 'input_', 'smoothnet': '', 'improvement': 'improvement_'}[role]
        ours = '_'.join([role + names[name], *rest])
        assert values[ours] == pytest.approx(number, rel=1e-4), ours
        checked += 1
    assert checked == 13


@pytest.mark.parametrize('smoother', FILTERS)
@pytest.mark.parametrize(('dataset', 'channels'), CASES)
def test_filters(published, refiner, sample, dataset, channels, smoother):
    results = refiner.predict(list(items(dataset, channels)))
    metric = PoseErrorMetric(protocol='reference', root_align=False)
    for number, result in enumerate(results):
        inputs, target = result['inputs'], result['target']
        if channels == 3:
            inputs, target = (reference.root_aligned(c, ROOTS[dataset]) for c in (inputs, target))
            filtered = FILTERS[smoother].filter(inputs, fps=50)
        else:
            filtered = 500 + 500 * FILTERS[smoother].filter((inputs - 500) / 500, fps=50)
        metric.process({}, [sample(filtered, inputs, target, str(number))])
    values = metric.evaluate(len(results))
    expected = published[dataset, channels, smoother]
    for ours, theirs in (('mpjpe', 'mpjpe'), ('pa_mpjpe', 'pampjpe'), ('accel_error', 'accel')):
        assert values[ours] == pytest.approx(expected[f'filter_{theirs}'], rel=1e-4)
        assert values[f'input_{ours}'] == pytest.approx(expected[f'input_{theirs}'], rel=1e-4)


def test_default_differs_from_it_by_the_documented_oddities(refiner):
    """Two zeros in the acceleration of each clip; padded frames."""
    results = refiner.predict(list(items('h36m', 3)))
    values = {}
    for protocol in ('default', 'reference'):
        metric = PoseErrorMetric(protocol=protocol)
        metric.process({}, results)
        values[protocol] = metric.evaluate(2)
    assert values['default']['mpjpe'] == pytest.approx(values['reference']['mpjpe'], rel=1e-5)
    assert values['default']['pa_mpjpe'] == pytest.approx(values['reference']['pa_mpjpe'], rel=1e-5)
    assert values['default']['accel_error'] * 106 / 110 == pytest.approx(
        values['reference']['accel_error'], rel=1e-5)


def test_padded_frames(sample):
    """No error of the input there; its PA-MPJPE is dropped, the output's is 0 and counts."""
    rng = np.random.default_rng(3)
    target, inputs, pred = rng.normal(size=(3, 8, 14, 3)).astype(np.float32)
    target[5:] = inputs[5:] = 0
    metric = PoseErrorMetric(protocol='reference', root_align=False)
    metric.process({}, [sample(pred, inputs, target)])
    values = metric.evaluate(1)
    own = PoseErrorMetric(root_align=False)
    own.process({}, [sample(pred[:5], inputs[:5], target[:5])])
    short = own.evaluate(1)
    assert values['input_mpjpe'] == pytest.approx(short['input_mpjpe'] * 5 / 8)
    assert values['mpjpe'] > short['mpjpe'] * 5 / 8
    assert values['input_pa_mpjpe'] == pytest.approx(short['input_pa_mpjpe'])
    assert values['pa_mpjpe'] == pytest.approx(short['pa_mpjpe'] * 5 / 8)


def test_jhmdb_against_loops_over_the_stated_rules(sample):
    """No published fixture: clips count alike, boxes are cut to integers, padding hits."""
    metric = PCKMetric(protocol='reference', thresholds=(0.1,))
    rng, shares = np.random.default_rng(4), {'input': [], 'output': []}
    for name, frames in (('a', 30), ('b', 20), ('c', 5)):
        length = max(frames, WINDOW)
        target = np.zeros((length, 15, 2), dtype=np.float32)
        target[:frames] = rng.uniform(0, 200, (frames, 15, 2))
        inputs, pred = target.copy(), target + rng.normal(0, 8, target.shape).astype(np.float32)
        inputs[:frames] += rng.normal(0, 8, (frames, 15, 2))
        bbox = np.zeros((length, 4))
        bbox[:frames] = [[60.9, 70.2, 140.8 + t, 180.1] for t in range(frames)]
        metric.process({}, [sample(pred, inputs, target, name, bbox=bbox)])
        for role, coords in (('input', inputs), ('output', pred)):
            for k in range(15):
                hits = [np.linalg.norm(coords[t, k] - target[t, k]) <= 0.1 * max(
                    int(bbox[t][2]) - int(bbox[t][0]), int(bbox[t][3]) - int(bbox[t][1]))
                    for t in range(length)]
                shares[role].append(np.mean(hits))
    values = metric.evaluate(3)
    assert 0.2 < values['pck@0.1'] < 0.9
    assert values['input_pck@0.1'] == pytest.approx(np.mean(shares['input']), rel=1e-12)
    assert values['pck@0.1'] == pytest.approx(np.mean(shares['output']), rel=1e-12)


def test_what_is_not_finite_is_refused(clip):
    pred, target, _ = clip
    pred[3, 2] = np.nan
    with pytest.raises(DataFormatError, match="protocol='default'"):
        reference.pa_mpjpe_per_joint(pred, target)
