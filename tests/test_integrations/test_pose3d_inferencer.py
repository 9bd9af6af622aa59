from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError

from .mmpose_parts import (
    HEIGHT,
    SCENES,
    FakeDetector,
    Scene,
    acceleration,
    coded_frames,
    frame_number,
    pose_config,
    read_video,
    walker,
    write_video,
)

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models

LIFTERS = {
    'image': 'image_pose_lift/h36m/image-pose-lift_tcn_8xb64-200e_h36m.py',
    'video': 'video_pose_lift/h36m/video-pose-lift_tcn-27frm-supv_8xb128-160e_h36m.py',
}


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('pose3d')


@pytest.fixture(scope='module')
def models(mmpose, place):
    """Arguments of a 3D inferencer by the lifter's kind: real lifters with random weights."""
    import torch
    from mmengine.config import Config
    from mmpose.apis import init_model
    SCENES['pose3d'] = Scene([walker()])
    flat = pose_config(mmpose, place, 'pose3d')
    arguments = {}
    for name, path in LIFTERS.items():
        config = Config.fromfile(
            Path(mmpose.__file__).parent / '.mim' / 'configs' / 'body_3d_keypoint' / path)
        config.dump(place / f'{name}.py')
        torch.manual_seed(0)
        weights = str(place / f'{name}.pth')
        torch.save({'state_dict': init_model(config, device='cpu').state_dict()}, weights)
        arguments[name] = dict(model=str(place / f'{name}.py'), weights=weights, pose2d_model=flat,
                               device='cpu', det_model='whole_image')
    return arguments


@pytest.fixture(scope='module')
def inferencers(models):
    from smoothnet_plugin.integrations.mmpose import SmoothPose3DInferencer
    return {name: SmoothPose3DInferencer(**arguments) for name, arguments in models.items()}


@pytest.fixture
def run(inferencers):
    """Function that smooths a scene and returns the results of its frames."""

    def run(scene, inputs=None, lifter='image', smoother='gaussian', pose2d_smoother='gaussian',
            lookahead=None, **options):
        SCENES['pose3d'], inferencer = scene, inferencers[lifter]
        inferencer.set_smoother(smoother, pose2d_smoother, lookahead=lookahead)
        inferencer.pose2d_model.detector = FakeDetector(scene)
        inferencer.pose2d_model.det_cat_ids = (0,)
        options.setdefault('image_sequence', True)
        inputs = coded_frames(len(scene)) if inputs is None else inputs
        return list(inferencer(inputs, return_datasamples=True, **options))

    return run


def predictions(results):
    return [sample.pred_instances for result in results for sample in result['predictions']]


def person(results, track_id=0):
    return np.stack([p.keypoints[p.track_ids == track_id][0] for p in predictions(results)])


@pytest.mark.parametrize('lookahead', [None, 4])
def test_json_samples_and_both_drawings_are_in_step(run, inferencers, place, tmp_path, lookahead,
                                                    monkeypatch):
    scene = Scene([walker(9, 60, 2.0, seed=1), walker(9, 220, seed=2)], 1.0)
    scene.people[1][3:5] = np.nan
    scene.people[0][:2] = np.nan
    visualizer, drawn = inferencers['image'].visualizer, []
    draw = visualizer.add_datasample

    def noted(name, image, data_sample, det_data_sample, **kwargs):
        drawn.append((frame_number(image), data_sample.pred_instances.keypoints.copy(),
                      det_data_sample.pred_instances))
        return draw(name, image, data_sample=data_sample, det_data_sample=det_data_sample,
                    **kwargs)

    monkeypatch.setattr(visualizer, 'add_datasample', noted)
    clip = write_video(place / 'clip.mp4', 9)
    results = run(scene, clip, lookahead=lookahead, out_dir=str(tmp_path), num_instances=-1)
    dumped = json.loads((tmp_path / 'predictions' / 'clip.json').read_text())
    assert [entry['frame_id'] for entry in dumped] == list(range(9))
    assert [number for number, _, _ in drawn] == list(range(9))
    assert len(read_video(tmp_path / 'visualizations' / 'clip.mp4')) == 9
    for t, (pred, entry, (_, keypoints, flat)) in enumerate(zip(
            predictions(results), dumped, drawn, strict=True)):
        ids = [0] if t < 2 else [0, 1]
        np.testing.assert_array_equal(keypoints, pred.keypoints)
        np.testing.assert_array_equal([p['keypoints'] for p in entry['instances']], pred.keypoints)
        assert [p['track_id'] for p in entry['instances']] == pred.track_ids.tolist() == ids
        assert flat.track_ids.tolist() == ids
        np.testing.assert_array_equal(flat.filled, pred.filled)
        assert [p.get('filled', False) for p in entry['instances']] == [
            t in (3, 4) and key == 0 for key in ids]
        right = scene.people[1][t] if t not in (3, 4) else scene.people[1][2]
        np.testing.assert_allclose(flat.keypoints[0], right, atol=8)
        np.testing.assert_array_equal(pred.keypoint_scores.any(axis=1), ~pred.filled)
        np.testing.assert_allclose(pred.keypoints[..., 2].min(axis=1), 0, atol=1e-6)


def test_without_smoothers_it_lifts_as_mmpose_does(mmpose, models, place):
    import torch
    from mmpose.apis.inferencers import Pose3DInferencer

    from smoothnet_plugin.integrations.mmpose import SmoothPose3DInferencer
    clip = write_video(place / 'stock.mp4', 5)
    torch.manual_seed(0)
    stock = Pose3DInferencer(**{**models['image'], 'pose2d_model': pose_config(mmpose, place)})
    ours = SmoothPose3DInferencer(**models['image'], smoother=False, pose2d_smoother=False)
    ours.pose2d_model = stock.pose2d_model  # the same random weights
    expected = predictions(stock(clip, return_datasamples=True))
    for pred, before in zip(predictions(ours(clip, return_datasamples=True)), expected,
                            strict=True):
        np.testing.assert_allclose(pred.keypoints, before.keypoints, atol=1e-6)
        np.testing.assert_array_equal(pred.keypoint_scores, before.keypoint_scores)
        assert pred.track_ids.tolist() == [0]
    assert not np.allclose(expected[0].keypoints, expected[1].keypoints, atol=1e-4)


@pytest.mark.parametrize('lifter', LIFTERS)
def test_smoothing_before_and_after_lifting_each_lower_the_jitter(run, lifter):
    scene = Scene([walker(40, speed=0)], 3.0)
    jitter = {}
    for before in (False, 'gaussian'):
        for after in (False, 'gaussian'):
            jitter[bool(before), bool(after)] = acceleration(person(run(
                scene, lifter=lifter, smoother=after, pose2d_smoother=before)))
    assert jitter[True, False] < 0.5 * jitter[False, False]
    assert jitter[False, True] < 0.5 * jitter[False, False]
    assert jitter[True, True] < min(jitter[True, False], jitter[False, True])


def test_rebasing_does_not_bring_jitter_back(run):
    scene = Scene([walker(60, speed=0)], 3.0)
    # The steadier everybody is, the more it shows when another joint is the lowest.
    for smoother, most in (('gaussian', 1.3), ('default', 1.5)):
        options = dict(smoother=smoother, pose2d_smoother=False)
        free = person(run(scene, disable_rebase_keypoint=True, **options))
        based = person(run(scene, **options))
        np.testing.assert_array_equal(based[..., :2], free[..., :2])
        np.testing.assert_allclose(np.ptp(based[..., 2] - free[..., 2], axis=1), 0, atol=1e-5)
        np.testing.assert_allclose(based[..., 2].min(axis=1), 0, atol=1e-6)
        noisy = person(run(scene, smoother=False, pose2d_smoother=False))
        # Taking off the lowest raw joint would bring all of its jitter to everybody.
        assert acceleration(free) < 0.3 * acceleration(noisy)
        assert acceleration(based) < 0.3 * acceleration(noisy)
        assert acceleration(based) < most * acceleration(free)


def test_people_keep_their_ids_where_mmpose_gives_new_ones(run):
    scene = Scene([walker(30, 60, 6.0, seed=1), walker(30, 240, -6.0, seed=2)])
    found = predictions(run(scene, nms_thr=0.9))
    assert all(pred.track_ids.tolist() == [0, 1] for pred in found)


def test_a_video_leaves_nothing_behind(run, inferencers, place):
    first, second = Scene([walker(8, 60)], 2.0), Scene([walker(8, 250, seed=3)], 2.0)
    clip = write_video(place / 'again.mp4', 8)
    alone = person(run(first, clip, lifter='video', lookahead=2))
    run(second, clip, lifter='video', lookahead=2)
    np.testing.assert_array_equal(person(run(first, clip, lifter='video', lookahead=2)), alone)


def test_lifter_sees_real_future_of_a_whole_clip(run):
    scene = Scene([walker(30, motion=2.0)])
    options = dict(lifter='video', smoother=False, pose2d_smoother=False)
    whole, live = person(run(scene, **options)), person(run(scene, lookahead=0, **options))
    assert np.abs(whole - live)[:-1].max(axis=(1, 2)).min() > 1e-4
    np.testing.assert_allclose(whole[-1], live[-1], atol=1e-5)


def test_generator_comes_the_stated_number_of_frames_late(run, inferencers):
    scene, read = Scene([walker(12)]), []

    def frames():
        for number, frame in enumerate(coded_frames(12)):
            read.append(number)
            yield frame

    with pytest.raises(ConfigError, match='lookahead=N'):
        run(scene, frames())
    run(scene, frames(), lookahead=5)
    read.clear()
    behind = [read[-1] - number for number, _ in enumerate(inferencers['image'](frames()))]
    assert behind == [5] * 7 + [4, 3, 2, 1, 0]
    for part, late in ((dict(smoother=False), 5), (dict(pose2d_smoother=False), 5)):
        run(scene, frames(), lookahead=5, **part)
        read.clear()
        next(inferencers['image'](frames()))
        assert read[-1] == late


@pytest.mark.parametrize('lookahead', [None, 2])
def test_videos_without_people_and_short_videos(run, place, tmp_path, lookahead):
    scene = Scene([np.full((6, 17, 2), np.nan)])
    clip = write_video(place / 'empty.mp4', 6)
    found = predictions(run(scene, clip, lookahead=lookahead, out_dir=str(tmp_path)))
    assert [len(pred) for pred in found] == [0] * 6
    assert json.loads((tmp_path / 'predictions' / 'empty.json').read_text()) == [
        {'frame_id': t, 'instances': []} for t in range(6)]
    assert len(read_video(tmp_path / 'visualizations' / 'empty.mp4')) == 6
    for frames in (0, 1):
        clip = write_video(place / f'{frames}.mp4', frames)
        assert len(run(Scene([walker(1)]), clip, lookahead=lookahead)) == frames


def test_pictures(run):
    scene = Scene([walker(4)], 2.0)
    with pytest.raises(ConfigError, match='image_sequence=True'):
        run(scene, image_sequence=False)
    assert len(run(scene)) == 4
    [pred] = predictions(run(scene, coded_frames(1)[0], image_sequence=False))
    assert pred.keypoints.shape == (1, 17, 3)


def test_unified_inferencer_lifts(models, place, tmp_path):
    from smoothnet_plugin.integrations.mmpose import SmoothMMPoseInferencer
    scene = SCENES['pose3d'] = Scene([walker(6)], 2.0)
    arguments = models['image']
    inferencer = SmoothMMPoseInferencer(
        pose3d=arguments['model'], pose3d_weights=arguments['weights'],
        pose2d=arguments['pose2d_model'], device='cpu', det_model='whole_image',
        smoother='gaussian', pose2d_smoother='savgol')
    stages = inferencer.inferencer._stages
    assert [type(s.smoother.filters[0]).__name__ for s in stages] == ['SavgolFilter',
                                                                     'GaussianFilter']
    clip = write_video(place / 'unified.mp4', len(scene))
    for _ in range(2):
        results = list(inferencer(clip, pred_out_dir=str(tmp_path), disable_rebase_keypoint=True))
        dumped = json.loads((tmp_path / 'unified.json').read_text())
        assert [entry['instances'] for entry in dumped] == [r['predictions'][0] for r in results]
        assert all(entry['instances'][0]['track_id'] == 0 for entry in dumped)
    assert HEIGHT == 240


def test_configs_keys_are_honoured(mmpose, models, place):
    from mmengine.config import Config

    from smoothnet_plugin.integrations.mmpose import SmoothPose3DInferencer
    lifter = Config.fromfile(models['image']['model'])
    lifter.smoother = dict(type='OneEuroFilter')
    lifter.dump(place / 'lifter_with_key.py')
    flat = pose_config(mmpose, place, 'pose3d', smoother=['hampel', 'savgol'])
    inferencer = SmoothPose3DInferencer(**{**models['image'], 'pose2d_model': flat,
                                           'model': str(place / 'lifter_with_key.py')})
    names = [[type(f).__name__ for f in s.smoother.filters] for s in inferencer._stages]
    assert names == [['HampelFilter', 'SavgolFilter'], ['OneEuroFilter']]
