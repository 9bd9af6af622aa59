"""MMPose's own demos and functions, with the opt-in import in the config."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from .mmpose_parts import (
    AUTOPATCH,
    SCENES,
    FakeDetector,
    Scene,
    acceleration,
    coded_frames,
    frame_number,
    heard,
    pose_config,
    read_video,
    unpatched,
    walker,
    write_video,
)
from .video_sets import random_checkpoint

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models

IMPORT = dict(imports=[AUTOPATCH])
FRAMES = 12


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('stock')


@pytest.fixture(scope='module')
def scene():
    return Scene([walker(FRAMES)], noise=3.0)


@pytest.fixture(scope='module')
def clip(place):
    return write_video(place / 'clip.mp4', FRAMES)


@pytest.fixture(autouse=True)
def fresh(scene):
    SCENES['stock'] = scene
    with unpatched():
        yield


@pytest.fixture(autouse=True)
def detector(mmpose, scene, monkeypatch):
    """A detector in mmdet's place that knows where people are."""
    import mmdet.apis
    from mmengine.config import Config

    class Detector:
        cfg = Config(dict(test_dataloader=dict(dataset=dict(pipeline=[]))))

    def inference_detector(_, image):
        scene.now = frame_number(image)
        return FakeDetector(scene)(image)['predictions'][0]

    monkeypatch.setattr(mmdet.apis, 'init_detector', lambda *_, **__: Detector())
    monkeypatch.setattr(mmdet.apis, 'inference_detector', inference_detector)


@pytest.fixture(scope='module')
def configs(mmpose, place, scene):
    SCENES['stock'] = scene
    return {'key': pose_config(mmpose, place, 'stock', custom_imports=IMPORT, smoother='one_euro'),
            'no key': pose_config(mmpose, place, 'stock', custom_imports=IMPORT)}


@pytest.fixture(scope='module')
def lifters(mmpose, place):
    from mmengine.config import Config
    paths = {}
    for name in ('no key', 'key'):
        cfg = Config.fromfile(
            Path(mmpose.__file__).parent / '.mim' / 'configs' / 'body_3d_keypoint'
            / 'image_pose_lift' / 'h36m' / 'image-pose-lift_tcn_8xb64-200e_h36m.py')
        cfg.custom_imports = IMPORT
        if name == 'key':
            cfg.smoother = dict(type='OneEuroFilter')
        paths[name] = str(place / f"lifter_{name.replace(' ', '_')}.py")
        cfg.dump(paths[name])
    return paths


def run_demo(mmpose, monkeypatch, name, *arguments):
    demo = Path(mmpose.__file__).parent / '.mim' / 'demo' / name
    monkeypatch.setattr(sys, 'argv', [str(demo), *map(str, arguments)])
    runpy.run_path(str(demo), run_name='__main__')


def poses_of(results):
    frames = json.loads(results.read_text())['instance_info']
    return np.array([frame['instances'][0]['keypoints'] for frame in frames])


def test_topdown_demo_smooths_where_the_key_is(mmpose, configs, place, clip, scene, tmp_path,
                                               monkeypatch):
    weights = random_checkpoint(configs['no key'], place / 'pose.pth')
    poses, pictures = {}, {}
    for which in ('no key', 'key'):
        out = tmp_path / which
        with heard() as said:
            run_demo(mmpose, monkeypatch, 'topdown_demo_with_mmdet.py', 'det.py', 'det.pth',
                     configs[which], weights, '--input', clip, '--output-root', out,
                     '--save-predictions', '--device', 'cpu')
        assert sum('without delay' in line for line in said) == (which == 'key')
        poses[which] = poses_of(out / 'results_clip.json')
        pictures[which] = read_video(out / 'clip.mp4')
    raw = scene.people[0] + scene.errors[0]
    np.testing.assert_allclose(poses['no key'], raw, atol=1e-3)
    assert acceleration(poses['key']) < 0.8 * acceleration(raw)
    assert len(pictures['key']) == FRAMES
    changed = [np.abs(a.astype(int) - b).max() for a, b in zip(*pictures.values())]
    assert max(changed) > 100


@pytest.mark.parametrize('keys', [('lifter',), ('flat',)])
def test_lifter_demo_smooths_where_the_key_is(mmpose, configs, lifters, place, clip, tmp_path,
                                              monkeypatch, keys):
    flat = random_checkpoint(configs['no key'], place / 'pose.pth')
    lifter = random_checkpoint(lifters['no key'], place / 'lifter.pth')
    found = {}
    for which in ('raw', 'smooth'):
        out = tmp_path / which
        run_demo(mmpose, monkeypatch, 'body3d_pose_lifter_demo.py', 'det.py', 'det.pth',
                 configs['key' if which == 'smooth' and 'flat' in keys else 'no key'], flat,
                 lifters['key' if which == 'smooth' and 'lifter' in keys else 'no key'], lifter,
                 '--input', clip, '--output-root', out, '--save-predictions', '--device', 'cpu',
                 '--disable-rebase-keypoint')
        found[which] = poses_of(out / 'results_clip.json').reshape(FRAMES, -1, 3)
    assert acceleration(found['smooth']) < 0.8 * acceleration(found['raw'])


def test_lifted_people_without_an_id_stay_as_they_are(mmpose, lifters, scene):
    from mmengine.structures import InstanceData
    from mmpose.apis import inference_pose_lifter_model, init_model
    from mmpose.structures import PoseDataSample, merge_data_samples
    model = init_model(lifters['key'], device='cpu')
    plain = init_model(lifters['no key'], device='cpu')
    plain.load_state_dict(model.state_dict())
    rng = np.random.default_rng(0)

    def person(pose, track_id):
        sample = PoseDataSample()
        sample.gt_instances = InstanceData()
        sample.pred_instances = InstanceData(
            keypoints=pose[None] + rng.normal(0, 3, (1, 17, 2)), bboxes=np.array([[0, 0, 90, 90]]))
        sample.set_field(track_id, 'track_id')
        return sample

    for frame in range(5):
        people = [[person(scene.people[0][frame], 4), person(scene.people[0][frame] + 9, -1)]]
        smooth = inference_pose_lifter_model(model, people)
        raw = inference_pose_lifter_model(plain, people)
    assert smooth[0].pred_instances.track_ids.tolist() == [4]
    assert np.abs(smooth[0].pred_instances.keypoints - raw[0].pred_instances.keypoints).max() > 1e-4
    np.testing.assert_array_equal(smooth[1].pred_instances.keypoints,
                                  raw[1].pred_instances.keypoints)
    assert merge_data_samples(smooth).pred_instances.track_ids.tolist() == [4, -1]


def test_names_taken_before_the_import_are_served(mmpose, configs, scene):
    from mmpose.apis import inference_topdown, init_model
    model = init_model(configs['key'], device='cpu')
    assert 'bboxes' in inference_topdown.__code__.co_varnames
    results = []
    for number, image in enumerate(coded_frames(6)):
        scene.now = number
        [sample] = inference_topdown(model, image, scene.boxes(number))
        results.append(sample.pred_instances)
    assert [pred.track_ids.tolist() for pred in results] == [[0]] * 6
    assert [pred.keypoint_scores.max() for pred in results] == [np.float32(0.8)] * 6
    smoothed = np.array([pred.keypoints[0] for pred in results])
    raw = (scene.people[0] + scene.errors[0])[:6]
    assert 0.1 < np.abs(smoothed[1:] - raw[1:]).max() < 40

    autopatch = sys.modules[AUTOPATCH]
    autopatch.reset_smoother(model)
    scene.now = 3
    [again] = inference_topdown(model, coded_frames(4)[3], scene.boxes(3))
    np.testing.assert_allclose(again.pred_instances.keypoints[0], raw[3], atol=1e-3)


def test_an_empty_frame_is_not_taken_for_a_person(mmpose, configs, scene):
    from mmpose.apis import inference_topdown, init_model
    model = init_model(configs['key'], device='cpu')
    image = coded_frames(1)[0]
    for boxes in (scene.boxes(0), np.zeros((0, 4)), scene.boxes(0)):
        [sample] = inference_topdown(model, image, boxes)
    assert sample.pred_instances.track_ids.tolist() == [0]


def test_a_one_stage_model_is_smoothed(mmpose, tmp_path):
    import torch
    from mmengine.config import Config
    from mmpose.apis import inference_bottomup, init_model
    cfg = Config.fromfile(
        Path(mmpose.__file__).parent / '.mim' / 'configs' / 'body_2d_keypoint' / 'rtmo' / 'coco'
        / 'rtmo-s_8xb32-600e_coco-640x640.py')
    cfg.merge_from_dict({'model.backbone.init_cfg': None, 'model.test_cfg.score_thr': -1,
                         'model.test_cfg.nms_pre': 2, 'custom_imports': IMPORT,
                         'smoother': 'one_euro'})
    cfg.dump(tmp_path / 'rtmo.py')
    torch.manual_seed(0)
    model = init_model(str(tmp_path / 'rtmo.py'), device='cpu')
    rng = np.random.default_rng(0)
    images = [np.clip(image + rng.normal(0, 20, image.shape), 0, 255).astype(np.uint8)
              for image in coded_frames(4)]
    smooth = [inference_bottomup(model, image)[0].pred_instances for image in images]
    model.cfg.pop('smoother')
    raw = [inference_bottomup(model, image)[0].pred_instances for image in images]
    assert all(len(one) == len(other) > 0 for one, other in zip(smooth, raw))
    assert all('track_ids' in pred for pred in smooth) and 'track_ids' not in raw[0]
    np.testing.assert_allclose(smooth[0].keypoints, raw[0].keypoints, atol=1e-3)
    for one, other in zip(smooth, raw):
        np.testing.assert_array_equal(one.keypoint_scores, other.keypoint_scores)


def test_unrelated_images_are_left_alone_with_a_warning(mmpose, configs, scene, tmp_path, place):
    import cv2
    from mmpose.apis import inference_topdown, init_model
    files = []
    for number, image in enumerate(coded_frames(3)):
        files.append(str(tmp_path / f'{number}.png'))
        cv2.imwrite(files[-1], image)
    model = init_model(configs['key'], device='cpu')
    raw = (scene.people[0] + scene.errors[0])[:3]
    with heard() as said:
        for number, file in enumerate(files):
            [sample] = inference_topdown(model, file, scene.boxes(number))
            np.testing.assert_allclose(sample.pred_instances.keypoints[0], raw[number], atol=1e-3)
    assert sum('image_sequence = True' in line for line in said) == 1
    sequence = pose_config(mmpose, place, 'stock', custom_imports=IMPORT, smoother='one_euro',
                           image_sequence=True)
    model = init_model(sequence, device='cpu')
    for number, file in enumerate(files):
        [sample] = inference_topdown(model, file, scene.boxes(number))
    assert np.abs(sample.pred_instances.keypoints[0] - raw[2]).max() > 0.1


def test_a_test_loop_without_the_hook_warns_once(mmpose, tmp_path, capsys):
    from .video_sets import HOOK, coco_config, run_test
    run_test(coco_config(mmpose, tmp_path, custom_imports=IMPORT, smoother='one_euro'))
    assert ''.join(capsys.readouterr()).count('no effect on the test loop') == 1
    (tmp_path / 'hooked').mkdir()
    run_test(coco_config(mmpose, tmp_path / 'hooked', custom_imports=IMPORT, smoother='one_euro',
                         custom_hooks=[HOOK]))
    assert 'no effect' not in ''.join(capsys.readouterr())


def test_folder_with_the_stock_inferencer_demo(mmpose, place, scene, tmp_path, monkeypatch):
    import cv2
    folder = tmp_path / 'frames'
    folder.mkdir()
    for number, image in enumerate(coded_frames(FRAMES)):
        cv2.imwrite(str(folder / f'{number}.png'), image)
    config = pose_config(mmpose, place, 'stock', custom_imports=IMPORT, smoother='gaussian',
                         image_sequence=True)
    run_demo(mmpose, monkeypatch, 'inferencer_demo.py', folder, '--pose2d', config, '--det-model',
             'whole_image', '--device', 'cpu', '--pred-out-dir', tmp_path / 'out')
    poses = np.array([json.loads((tmp_path / 'out' / f'{n}.json').read_text())[0]['keypoints']
                      for n in range(FRAMES)])
    assert acceleration(poses) < 0.5 * acceleration(scene.people[0] + scene.errors[0])
