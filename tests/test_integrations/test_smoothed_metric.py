from __future__ import annotations

import copy
import json
import threading
from typing import Any

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError

from .mmpose_parts import heard, walker
from .video_sets import coco_config, h36m_config, run_test

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models
FRAMES = 30


def samples_2d(keypoints=17, people=2, with_ids=False):
    """Data samples of a top-down model: one person each, truth and 3 px of jitter."""
    rng = np.random.default_rng(0)
    walkers = [walker(FRAMES, 80 + 100 * p, seed=p)[:, :keypoints] for p in range(people)]
    found = []
    for frame in range(FRAMES):
        for person, truth in enumerate(walkers):
            pose = truth[frame][None].astype(np.float32)
            box = np.array([[*(pose[0].min(0) - 5), *(pose[0].max(0) + 5)]], np.float32)
            number = frame * people + person
            annotation = dict(
                id=number, image_id=frame, category_id=1, iscrowd=0, bbox=box[0].tolist(),
                area=float(np.prod(box[0, 2:] - box[0, :2])), num_keypoints=keypoints,
                keypoints=np.column_stack([pose[0], np.full(keypoints, 2)]).ravel().tolist())
            if with_ids:
                annotation['track_id'] = person
            found.append(dict(
                id=number, img_id=frame, img_path=f'clip/{frame:04d}.jpg', ori_shape=(240, 320),
                category_id=1, raw_ann_info=annotation,
                gt_instances=dict(keypoints=pose, bboxes=box, bbox_scores=np.ones(1, np.float32),
                                  bbox_scales=box[:, 2:] - box[:, :2],
                                  keypoints_visible=np.ones((1, keypoints), np.float32),
                                  head_size=np.full((1, 1), 10.0, np.float32)),
                pred_instances=dict(
                    keypoints=pose + rng.normal(0, 3, pose.shape).astype(np.float32), bboxes=box,
                    keypoint_scores=rng.uniform(0.5, 1, (1, keypoints)).astype(np.float32))))
    return found


def samples_3d(targets=1):
    """Data samples of a lifter in metres, ``targets`` frames each, as Human3.6M names them."""
    rng = np.random.default_rng(0)
    truth = walker(FRAMES, seed=3)[..., [0, 1, 1]].astype(np.float32) / 100
    pred = truth + rng.normal(0, 0.03, truth.shape).astype(np.float32)
    found = []
    for start in range(0, FRAMES, targets):
        rows = slice(start, start + targets)
        found.append(dict(
            id=start,
            target_img_path=[f'S9/S9_Walking.54138969_{t:06d}.jpg'
                             for t in range(start, start + targets)],
            gt_instances=dict(lifting_target=truth[rows],
                              lifting_target_visible=np.ones((targets, 17), np.float32)),
            pred_instances=dict(keypoints=pred[rows][None],
                                keypoint_scores=np.ones((1, targets, 17), np.float32))))
    return found


def metainfo(name):
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    meta = parse_pose_metainfo(dict(from_file=f'configs/_base_/datasets/{name}.py'))
    return dict(meta, CLASSES=[dict(id=1, name='person')])


def evaluated(metric, meta, samples):
    """What MMEngine's evaluator makes of samples, in batches of 7."""
    from mmengine.evaluator import Evaluator
    metrics = metric if isinstance(metric, list) else [metric]
    # Each config here names the default scope, which a runner sets.
    evaluator = Evaluator([{'_scope_': 'mmpose', **entry} for entry in metrics])
    evaluator.dataset_meta = copy.deepcopy(meta)
    return evaluator.offline_evaluate(copy.deepcopy(samples), chunk_size=7)


def smoothed(metric, smoother: Any = 'default', **options):
    return dict(type='smoothnet_plugin.SmoothedMetric', metric=metric, smoother=smoother,
                **options)


METRICS = [
    (dict(type='CocoMetric'), 'coco', samples_2d, 'coco/AP'),
    (dict(type='PCKAccuracy', thr=0.05), 'coco', samples_2d, 'PCK'),
    (dict(type='EPE'), 'coco', samples_2d, 'EPE'),
    (dict(type='AUC', norm_factor=10), 'coco', samples_2d, 'AUC'),
    (dict(type='NME', norm_mode='use_norm_item', norm_item='bbox_size'), 'coco',
     lambda: with_size(samples_2d()), 'NME'),
    (dict(type='JhmdbPCKAccuracy', thr=0.05, norm_item=['bbox', 'torso']), 'jhmdb',
     lambda: samples_2d(15, 1), 'PCK'),
    ([dict(type='MPJPE', mode='mpjpe'), dict(type='MPJPE', mode='p-mpjpe')], 'h36m', samples_3d,
     'MPJPE'),
    (dict(type='MPJPE'), 'h36m', lambda: samples_3d(5), 'MPJPE'),
    (dict(type='SimpleMPJPE'), 'h36m', samples_3d, 'MPJPE'),
]
RISES = ('coco/AP', 'PCK', 'AUC')


def with_size(samples):
    for sample in samples:
        sample['gt_instances']['bbox_size'] = np.full((1, 1), 50.0)
    return samples


@pytest.mark.parametrize(('metric', 'meta', 'make', 'key'), METRICS,
                         ids=[f'{m[1]}-{m[3]}-{i}' for i, m in enumerate(METRICS)])
def test_every_metric_of_mmpose(metric, meta, make, key):
    meta, samples = metainfo(meta), make()
    before = copy.deepcopy(samples)
    plain = evaluated(copy.deepcopy(metric), meta, samples)
    both = evaluated(smoothed(metric), meta, samples)
    assert {k.removeprefix('raw/'): v for k, v in both.items()
            if k.startswith('raw/') and 'accel' not in k} == plain
    assert {k.removeprefix('smooth/') for k in both if k.startswith('smooth/')} == {
        *plain, 'accel', 'accel_error'}
    sign = 1 if key in RISES else -1
    assert sign * (both[f'smooth/{key}'] - both[f'raw/{key}']) > 0
    for name in ('accel', 'accel_error'):
        assert both[f'smooth/{name}'] < 0.5 * both[f'raw/{name}']
    np.testing.assert_equal(samples, before)


def test_accelerations_are_those_of_the_poses():
    from smoothnet_plugin.evaluation.functional import accel_error, acceleration
    samples = samples_3d()
    found = evaluated(smoothed(dict(type='MPJPE'), 'gaussian'), metainfo('h36m'), samples)
    pred = np.concatenate([s['pred_instances']['keypoints'][0] for s in samples])
    truth = np.concatenate([s['gt_instances']['lifting_target'] for s in samples])
    from smoothnet_plugin import smooth
    done = smooth(pred, 'gaussian', fps=50)
    for side, poses in (('raw', pred), ('smooth', done)):
        assert found[f'{side}/accel'] == pytest.approx(acceleration(poses))
        assert found[f'{side}/accel_error'] == pytest.approx(accel_error(poses, truth))


def test_lookahead_is_live():
    samples, meta = samples_3d(), metainfo('h36m')
    whole, live = (evaluated(smoothed(dict(type='MPJPE'), lookahead=n), meta, samples)
                   for n in (None, 0))
    assert whole['smooth/accel'] < live['smooth/accel'] < 0.5 * live['raw/accel']
    named = evaluated(smoothed(dict(type='MPJPE'), dict(
        type='PoseSmoother', filters='default', lookahead=0)), meta, samples)
    assert named['smooth/MPJPE'] == live['smooth/MPJPE']


def test_fps_changes_filters_in_hertz():
    samples, meta = samples_3d(), metainfo('h36m')
    found = [evaluated(smoothed(dict(type='MPJPE'), 'butterworth', **options), meta,
                       samples)['smooth/accel'] for options in ({}, dict(fps=50), dict(fps=200))]
    assert found[0] == found[1] > found[2]  # Human3.6M tells its own


def test_unknown_fps_and_images_without_sequence_are_logged():
    samples = samples_2d()
    meta = metainfo('coco')
    with heard() as said:
        evaluated(smoothed(dict(type='EPE')), meta, samples)
    assert sum('30 frames per second are assumed' in line for line in said) == 1
    for sample in samples:
        sample['img_path'] = f"clip{sample['id']}/1.jpg"
    with heard() as said:
        both = evaluated(smoothed(dict(type='EPE'), fps=30), meta, samples)
    assert 'no person in three consecutive frames' in ''.join(said)
    assert 'assumed' not in ''.join(said)
    assert both['smooth/EPE'] == both['raw/EPE'] and 'raw/accel' not in both


def test_ids_of_the_data_set_and_of_the_tracker_tell_the_same():
    meta = metainfo('coco')
    tracked = evaluated(smoothed(dict(type='EPE')), meta, samples_2d())
    named = evaluated(smoothed(dict(type='EPE'), seq_parser='posetrack18'), meta,
                      samples_2d(with_ids=True))
    assert tracked == named


def test_overlapping_windows_of_a_lifter():
    samples = samples_3d(10)
    again = copy.deepcopy(samples[1])  # frames 10 to 19, as by another window
    again['pred_instances']['keypoints'] = again['pred_instances']['keypoints'] + np.float32(1)
    alone, twice = (evaluated(smoothed(dict(type='MPJPE')), metainfo('h36m'), some)
                    for some in (samples, [*samples, again]))
    # The first predictions are smoothed as if there were no others.
    ours = alone['smooth/MPJPE'] * 30 / 40
    assert twice['smooth/MPJPE'] == pytest.approx(ours + twice['raw/MPJPE']
                                                  - alone['raw/MPJPE'] * 30 / 40, abs=0.01)


def test_detected_boxes_have_no_truth():
    samples = samples_2d()
    for sample in samples:
        sample['gt_instances']['keypoints'] = np.zeros_like(sample['gt_instances']['keypoints'])
    both = evaluated(smoothed(dict(type='CocoMetric')), metainfo('coco'), samples)
    assert 'raw/accel' in both and 'raw/accel_error' not in both


def test_tensors_and_invisible_truth():
    import torch
    samples = samples_3d()
    samples[3]['gt_instances']['lifting_target_visible'][0, 4] = 0
    samples[3]['gt_instances']['lifting_target'][0, 4] = 1e6
    meta, metric = metainfo('h36m'), smoothed(dict(type='MPJPE'))
    expected = evaluated(metric, meta, samples)
    assert expected['raw/accel_error'] < 1
    for sample in samples:
        keypoints = sample['pred_instances']['keypoints']
        sample['pred_instances']['keypoints'] = torch.from_numpy(keypoints)
    from smoothnet_plugin.integrations.mmpose.sample_poses import poses_of, with_keypoints
    from smoothnet_plugin.integrations.mmpose.sequence_parsers import Human36mSequenceParser
    poses = poses_of(samples[0], Human36mSequenceParser())
    again = with_keypoints(samples[0], poses.keypoints + 1)['pred_instances']['keypoints']
    assert isinstance(again, torch.Tensor)
    assert torch.equal(again, samples[0]['pred_instances']['keypoints'] + 1)


def test_converters_see_the_metainfo_once():
    """CocoMetric with gt_converter changes the metainfo that it is given."""
    mapping = [(i, i) for i in range(14)]
    converter = dict(type='KeypointConverter', num_keypoints=14, mapping=mapping)
    metric = dict(type='CocoMetric', gt_converter=converter, pred_converter=converter)
    meta, samples = metainfo('coco'), samples_2d()
    plain = evaluated(dict(metric), meta, samples)
    both = evaluated(smoothed(dict(metric)), meta, samples)
    assert {k: both[f'raw/{k}'] for k in plain} == plain
    assert both['smooth/coco/AP'] > both['raw/coco/AP']


def test_posetrack_results_are_written_apart(tmp_path, monkeypatch):
    """``poseval`` is no package of the index; what is tried here is all but its last step."""
    from mmpose.evaluation.metrics import posetrack18_metric
    monkeypatch.setattr(posetrack18_metric, 'has_poseval', True)
    (tmp_path / 'val').mkdir()
    images = [dict(id=t, file_name=f'clip/{t:04d}.jpg') for t in range(FRAMES)]
    (tmp_path / 'val' / 'clip.json').write_text(json.dumps(dict(images=images)))
    samples = samples_2d(with_ids=True)
    (tmp_path / 'posetrack18_val.json').write_text(json.dumps(dict(
        images=images, categories=[], annotations=[s['raw_ann_info'] for s in samples])))

    def metric(folder):
        return dict(type='PoseTrack18Metric', ann_file=str(tmp_path / 'posetrack18_val.json'),
                    format_only=True, outfile_prefix=str(tmp_path / folder / 'result'))

    def poses(*folder):
        found = json.loads(tmp_path.joinpath(*folder, 'clip.json').read_text())['annotations']
        return (np.array([a['keypoints'] for a in found]).reshape(len(found), 17, 3),
                [a['score'] for a in found])

    meta = metainfo('posetrack18')
    evaluated(metric('plain'), meta, samples)
    found = evaluated(smoothed(metric('both')), meta, samples)
    assert 0 < found['smooth/accel'] < 0.5 * found['raw/accel']
    plain, raw, smooth = poses('plain'), poses('both'), poses('both', 'smooth')
    np.testing.assert_array_equal(plain[0], raw[0])
    np.testing.assert_array_equal(smooth[0][..., 2], raw[0][..., 2])
    assert plain[1] == raw[1] == smooth[1]
    assert (smooth[0][..., :2] != raw[0][..., :2]).any()


def test_built_metrics_keep_their_metainfo():
    from mmpose.evaluation.metrics import EPE

    from smoothnet_plugin.integrations.mmpose import SmoothedMetric
    metric = EPE()
    metric.dataset_meta = metainfo('coco')
    wrapped = SmoothedMetric(metric)
    assert wrapped.dataset_meta is metric.dataset_meta
    samples = samples_2d()
    wrapped.process(None, samples)
    both = wrapped.evaluate(len(samples))
    assert both['smooth/EPE'] < both['raw/EPE']
    # Nothing is left over for another round.
    wrapped.process(None, samples)
    assert wrapped.evaluate(len(samples)) == both


@pytest.mark.parametrize(('options', 'message'), [
    (dict(metric=[]), 'empty list'), (dict(metric='CocoMetric'), "metric is 'C'"),
    (dict(metric=3), 'metric is 3'),
    (dict(metric=dict(type='EPE'), smoother='nothing'), 'Unknown smoother'),
    (dict(metric=dict(type='EPE'), seq_parser='nothing'), 'Unknown seq_parser'),
])
def test_bad_arguments(options, message):
    from smoothnet_plugin.integrations.mmpose import SmoothedMetric
    with pytest.raises(ConfigError, match=message):
        SmoothedMetric(**options)


def test_bad_samples_and_equal_keys():
    meta = metainfo('h36m')
    samples = samples_3d()
    del samples[0]['target_img_path']
    with pytest.raises(DataFormatError, match=r"meta_keys=\(\.\.\., 'target_img_path'\)"):
        evaluated(smoothed(dict(type='SimpleMPJPE')), meta, samples)
    with pytest.raises(ConfigError, match="two metrics give 'MPJPE'"):
        evaluated(smoothed([dict(type='MPJPE')] * 2), meta, samples_3d())
    found = evaluated([smoothed(dict(type='MPJPE')),
                       smoothed(dict(type='MPJPE'), 'savgol', prefix='savgol')], meta,
                      samples_3d())
    assert found['raw/MPJPE'] == found['savgol/raw/MPJPE']
    assert found['smooth/MPJPE'] != found['savgol/smooth/MPJPE']


@pytest.mark.parametrize('ranks', [2, 7])
def test_samples_drawn_twice_count_once(ranks, monkeypatch):
    """Ranks as threads: the sampler gives the first samples again, so that all have as many."""
    from smoothnet_plugin.integrations.mmpose import SmoothedMetric, smoothed_metric
    samples = samples_2d(people=1)

    def metric_of(numbers):
        metric = SmoothedMetric(dict(type='EPE'), fps=30)
        metric.process(None, [samples[number % FRAMES] for number in numbers])
        return metric

    expected, accelerations = metric_of(range(FRAMES))._smoothed(FRAMES)
    shared, barrier, local = [None] * ranks, threading.Barrier(ranks), threading.local()

    def gather(value):
        barrier.wait()
        shared[local.rank] = value
        barrier.wait()
        return list(shared)

    monkeypatch.setattr(smoothed_metric, 'all_gather_object', gather)
    monkeypatch.setattr(smoothed_metric, 'get_rank', lambda: local.rank)
    each = -(-FRAMES // ranks)
    found = {}

    def work(rank):
        local.rank = rank
        found[rank] = metric_of(range(rank, each * ranks, ranks))._smoothed(FRAMES)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for rank in range(ranks):
        keypoints, same = found[rank]
        assert same == accelerations
        for number, poses in zip(range(rank, FRAMES, ranks), keypoints):
            np.testing.assert_array_equal(poses, expected[number])


def test_runner_with_coco(mmpose, tmp_path):
    plain = run_test(coco_config(mmpose, tmp_path))
    config = coco_config(mmpose, tmp_path)
    annotations = str(tmp_path / 'coco.json')
    with heard() as said:
        both = run_test(config, test_evaluator=dict(
            _delete_=True, **smoothed(dict(type='CocoMetric', ann_file=annotations))))
    assert {k: both[f'raw/{k}'] for k in plain} == plain
    assert both['smooth/coco/AP'] >= both['raw/coco/AP']
    assert both['smooth/accel'] < 0.2 * both['raw/accel']
    assert both['smooth/accel_error'] < 0.2 * both['raw/accel_error']
    # No custom_imports, and the default scope is mmpose.
    assert 'Failed to search registry' not in ''.join(said)


def test_runner_with_h36m(mmpose, tmp_path):
    plain = run_test(h36m_config(mmpose, tmp_path))
    both = run_test(h36m_config(mmpose, tmp_path, test_evaluator=smoothed(
        [dict(type='MPJPE', mode='mpjpe'), dict(type='MPJPE', mode='p-mpjpe')])))
    assert {k: both[f'raw/{k}'] for k in plain} == plain
    assert {k.removeprefix('smooth/') for k in both if k.startswith('smooth/')} == {
        *plain, 'accel', 'accel_error'}
    assert both['smooth/accel'] < 0.2 * both['raw/accel']
