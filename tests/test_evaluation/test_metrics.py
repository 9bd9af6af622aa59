from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.evaluation import (
    DoNoHarmMetric,
    OverSmoothingMetric,
    PCKMetric,
    PoseErrorMetric,
    WorstFramesMetric,
)
from smoothnet_plugin.evaluation import functional as F
from smoothnet_plugin.evaluation.sequence_metric import exact_sum
from smoothnet_plugin.registry import METRICS

ALL = ('mpjpe', 'pa_mpjpe', 'n_mpjpe', 'mpjve', 'accel_error', 'acceleration', 'jerk')


def run(metric, samples, size=None):
    metric.process({}, samples)
    return metric.evaluate(len(samples) if size is None else size)


@pytest.fixture
def clips(rng, sample):
    """Three clips of different length, in metres."""
    samples = []
    for name, frames in (('b', 50), ('a', 12), ('c', 31)):
        target = rng.normal(size=(frames, 6, 3)).cumsum(axis=0) / 10
        inputs, pred = (target + rng.normal(0, s, target.shape) for s in (0.05, 0.03))
        samples.append(sample(pred, inputs, target, name))
    return samples


def test_values_are_means_over_all_clips_in_millimetres(clips):
    values = run(PoseErrorMetric(metrics=ALL), clips)
    for name in ALL:
        function = getattr(F, f'{name}_per_joint')
        for key, role in ((name, 'pred'), (f'input_{name}', 'inputs')):
            parts = []
            for clip in clips:
                args = [clip[role]] if name in ('acceleration', 'jerk') else [
                    clip[role], clip['target']]
                roots = {} if name == 'pa_mpjpe' else {'root_indices': [0]}
                parts.append(1000 * function(*args, **roots).ravel())
            assert values[key] == pytest.approx(np.concatenate(parts).mean(), rel=1e-12)
        assert values[f'improvement_{name}'] == values[name] - values[f'input_{name}']
    assert values['target_jerk'] < values['jerk'] < values['input_jerk']
    assert len(values) == 3 * len(ALL) + 2
    assert all(type(value) is float for value in values.values())


def test_long_clips_are_cut_without_any_difference(rng, sample, monkeypatch):
    target, inputs, pred = rng.normal(size=(3, 101, 4, 3))
    clip = sample(pred, inputs, target)
    clip['mask'] = rng.random((101, 4)) > 0.05
    whole = run(PoseErrorMetric(metrics=ALL), [clip]), run(WorstFramesMetric(), [clip])
    monkeypatch.setattr('smoothnet_plugin.evaluation.functional.arrays.chunks.__defaults__', (0, 7))
    monkeypatch.setattr('smoothnet_plugin.evaluation.functional.arrays._BLOCK', 3)
    cut = run(PoseErrorMetric(metrics=ALL), [clip]), run(WorstFramesMetric(), [clip])
    for expected, value in zip(whole, cut):
        assert value == pytest.approx(expected, rel=1e-13)


def test_order_and_repetition_of_the_clips_do_not_matter(clips):
    metrics = [PoseErrorMetric(metrics=ALL, per_sequence=True),
               *(WorstFramesMetric(fraction) for fraction in (0.01, 0.7, 1.0))]
    for metric in metrics:
        expected = list(run(metric, clips).items())
        # A sampler fills up a rank with clips from the start.
        values = run(metric, [clips[2], clips[0], clips[1], clips[0]], size=3)
        assert list(values.items()) == expected


def test_two_clips_of_one_name_are_refused(clips):
    clips[1]['meta']['name'] = 'b'
    with pytest.raises(DataFormatError, match=r'3 clips have only 2 different names'):
        run(PoseErrorMetric(), clips)


def test_same_name_in_two_datasets(clips):
    clips[1]['meta'].update(name='b', dataset='other')
    values = run(PoseErrorMetric(['mpjpe'], per_sequence=True), clips)
    assert {'dataset/other/mpjpe', 'dataset/test/input_mpjpe', 'sequence/test/b/mpjpe',
            'sequence/other/b/mpjpe', 'sequence/test/c/improvement_mpjpe'} <= set(values)
    assert values['dataset/other/mpjpe'] == values['sequence/other/b/mpjpe']


def test_per_joint_and_per_sequence(clips):
    metric = PoseErrorMetric(['mpjpe'], per_joint=True, per_sequence=True)
    metric.dataset_meta = {'keypoint_names': ['pelvis', 'a', 'b', 'c', 'd', 'left_knee']}
    values = run(metric, clips)
    assert values['joint/pelvis/mpjpe'] == 0
    assert values['mpjpe'] == pytest.approx(np.mean(
        [values[f'joint/{name}/mpjpe'] for name in metric.dataset_meta['keypoint_names']]))
    lengths = {clip['meta']['name']: len(clip['pred']) for clip in clips}
    assert values['input_mpjpe'] == pytest.approx(np.average(
        [values[f'sequence/{name}/input_mpjpe'] for name in lengths],
        weights=list(lengths.values())))
    metric.dataset_meta = None
    assert 'joint/5/improvement_mpjpe' in run(metric, clips)


def test_per_joint_of_two_skeletons_is_refused(clips, sample):
    clips.append(sample(*np.zeros((3, 5, 4, 3)), name='d'))
    with pytest.raises(DataFormatError, match=r'\[4, 6\] keypoints'):
        run(PoseErrorMetric(per_joint=True), clips)
    assert run(PoseErrorMetric(), clips)['mpjpe'] > 0


def test_pixels_are_neither_scaled_nor_aligned(rng, sample):
    target, inputs, pred = rng.normal(size=(3, 20, 5, 2))
    values = run(PoseErrorMetric(['mpjpe']), [sample(pred, inputs, target)])
    assert values['mpjpe'] == pytest.approx(F.mpjpe(pred, target), rel=1e-12)


def test_clips_without_truth_are_measured_for_jitter(clips):
    for clip in clips:
        clip['target'] = None
    metric = PoseErrorMetric(['mpjpe', 'acceleration', 'jerk'])
    values = run(metric, clips)
    assert set(values) == {f'{role}{name}' for role in ('input_', '', 'improvement_')
                           for name in ('acceleration', 'jerk')}
    assert run(WorstFramesMetric(), clips) == {}


def test_what_cannot_be_measured_has_no_key_but_a_warning(sample, capsys):
    logger = MMLogger.get_instance('test_evaluation', log_level=logging.WARNING)
    assert MMLogger.get_current_instance() is logger
    values = run(PoseErrorMetric(['mpjpe', 'accel_error']), [sample(*np.ones((3, 2, 4, 3)))])
    assert set(values) == {'input_mpjpe', 'mpjpe', 'improvement_mpjpe'}
    assert 'could not measure input_accel_error, accel_error' in ''.join(capsys.readouterr())


def test_what_is_not_finite_is_left_out_and_counted(clips):
    expected = run(PoseErrorMetric(), clips)
    assert 'nonfinite' not in expected
    clips[0]['pred'][4, 3, 1] = np.nan
    clips[0]['inputs'][:2, 5] = np.inf
    clips[1]['target'][7, 4] = np.nan
    values = run(PoseErrorMetric(), clips)
    assert (values['nonfinite'], values['input_nonfinite']) == (1, 2)
    assert all(math.isfinite(value) for value in values.values())
    assert values['mpjpe'] == pytest.approx(expected['mpjpe'], rel=0.02)


def test_mask(clips):
    for clip in clips:
        clip['mask'][:, 4:] = False
        clip['pred'][:, 4:] = 1e9
    values = run(PoseErrorMetric(metrics=ALL), clips)
    assert values['mpjpe'] < 100
    expected = [1000 * F.pa_mpjpe_per_joint(c['pred'][:, :4], c['target'][:, :4]) for c in clips]
    assert values['pa_mpjpe'] == pytest.approx(np.concatenate(expected).mean())


def test_worst_frames_by_both_definitions(clips):
    values = run(WorstFramesMetric(fraction=0.1), clips)
    frames = {}
    for role in ('inputs', 'pred'):
        position, accel = [], []
        for clip in sorted(clips, key=lambda c: c['meta']['name']):
            p, g = (c - c[:, :1] for c in (clip[role], clip['target']))
            position += list(1000 * np.linalg.norm(p - g, axis=-1).mean(axis=1))
            inner = np.linalg.norm(np.diff(p - g, 2, axis=0), axis=-1).mean(axis=1)
            accel += [np.nan, *(1000 * inner), np.nan]
        frames[role] = np.array(position), np.array(accel)
    n = len(position)
    worst = np.argsort(frames['inputs'][0])[int(0.9 * n):]
    assert values['mpjpe_top10'] == pytest.approx(frames['pred'][0][worst].mean())
    assert values['input_mpjpe_top10'] == pytest.approx(frames['inputs'][0][worst].mean())
    assert values['accel_error_top10'] == pytest.approx(np.nanmean(frames['pred'][1][worst]))
    accel = np.sort(frames['pred'][1][~np.isnan(frames['pred'][1])])
    assert values['accel_error_worst10'] == pytest.approx(accel[int(0.9 * len(accel)):].mean())
    assert values['input_mpjpe_worst10'] == values['input_mpjpe_top10']
    assert 'improvement_accel_error_worst10' in values


def test_pck(rng, sample):
    target = rng.uniform(0, 100, (20, 15, 2))
    clips = []
    for name, frames in (('x', 20), ('y', 5)):
        inputs, pred = (target[:frames] + rng.normal(0, s, (frames, 15, 2)) for s in (9, 4))
        clips.append(sample(pred, inputs, target[:frames], name,
                            bbox=np.tile([10, 10, 60, 110], (frames, 1))))
    values = run(PCKMetric(), clips)
    hits = np.concatenate([np.linalg.norm(c['pred'] - c['target'], axis=-1).ravel() <= 5
                           for c in clips])
    assert values['pck@0.05'] == hits.mean()
    assert values['improvement_pck@0.1'] > 0
    assert len(values) == 9
    del clips[0]['meta']['bbox']
    with pytest.raises(DataFormatError, match=r"Clip 'x' of 'test': meta has no bbox"):
        run(PCKMetric(), clips)


def test_evaluator_builds_them_by_scoped_name(clips):
    evaluator = Evaluator([
        dict(type='smoothnet_plugin.PoseErrorMetric', metrics=['mpjpe'], prefix='3d'),
        dict(type='smoothnet_plugin.WorstFramesMetric'),
        dict(type='smoothnet_plugin.OverSmoothingMetric')])
    values = evaluator.offline_evaluate(clips)
    assert {'3d/mpjpe', 'mpjpe_top1', 'lag_frames'} <= set(values)
    assert METRICS.get('PCKMetric') is PCKMetric


def test_tensors_and_single_precision_will_do(clips):
    expected = run(PoseErrorMetric(), clips)
    for clip in clips:
        for key in ('pred', 'inputs', 'target', 'mask'):
            clip[key] = torch.as_tensor(clip[key])
        clip['pred'] = clip['pred'].float()
    values = run(PoseErrorMetric(), clips)
    assert values == pytest.approx(expected, rel=1e-5)


def test_no_clip_at_all():
    assert run(PoseErrorMetric(), [], size=0) == {}


def test_exact_sum_does_not_depend_on_the_order(rng):
    values = rng.normal(size=(50, 3)) * 10.0 ** rng.integers(-8, 8, (50, 1))
    assert (exact_sum(list(values)) == exact_sum(list(values[rng.permutation(50)]))).all()


@pytest.mark.parametrize(('change', 'message'), [
    ({'root_indices': None}, r"Clip 'a' of 'test': no root_indices.*root_align=False"),
    ({'unit': 'inch'}, r"unit is 'inch'; expected one of m, cm, mm, px"),
    ({'unit': None}, 'meta has no unit'),
    ({'representation': 'rot6d'}, 'use SMPLMetric'),
])
def test_meta_that_will_not_do(sample, change, message):
    with pytest.raises(DataFormatError, match=message):
        PoseErrorMetric().process({}, [sample(*np.zeros((3, 5, 4, 3)), **change)])


@pytest.mark.parametrize(('wrong', 'message'), [
    (5, 'A metric got int'),
    ({'pred': 0}, r"A metric got \['pred'\]"),
    ({'pred': 0, 'inputs': 0, 'meta': {}}, 'no name'),
    ({'pred': np.zeros((5, 4, 3)), 'inputs': np.zeros((6, 4, 3)), 'meta': {'name': 'n'}},
     r"Clip 'n'.*\(5, 4, 3\).*\(6, 4, 3\)"),
    ({'pred': np.zeros((5, 4, 3)), 'inputs': np.zeros((5, 4, 3)), 'mask': np.ones((5, 3)),
      'meta': {'name': 'n'}}, r'mask \(5, 3\)'),
])
def test_samples_that_will_not_do(wrong, message):
    with pytest.raises(DataFormatError, match=message):
        PoseErrorMetric().process({}, [wrong])


@pytest.mark.parametrize(('build', 'message'), [
    (lambda: PoseErrorMetric(['mpjep']), "Did you mean 'mpj"),
    (lambda: PoseErrorMetric(['jerk'], protocol='reference'), "no metric 'jerk' in the protocol"),
    (lambda: PoseErrorMetric(protocol='paper'), "protocol is 'paper'"),
    (lambda: PCKMetric(thresholds=(0.1, 0)), 'thresholds'),
    (lambda: WorstFramesMetric(fraction=0), 'fraction is 0'),
])
def test_arguments_that_will_not_do(build, message):
    with pytest.raises(ConfigError, match=message):
        build()


def test_keys_are_known_beforehand(clips):
    for metric in (PoseErrorMetric(metrics=ALL), WorstFramesMetric(0.1), DoNoHarmMetric(),
                   OverSmoothingMetric()):
        values = run(metric, clips)
        assert set(values) <= set(metric.keys())
        assert len(values) >= len(metric.keys()) - 2  # nonfinite, where everything is finite
