from __future__ import annotations

import numpy as np
import pytest

from .mmpose_parts import (
    SCENES,
    Scene,
    acceleration,
    coded_frames,
    heard,
    pose_config,
    walker,
)

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models

TYPE = 'smoothnet_plugin.SmoothTopdownPoseEstimator'
STEADY = dict(type='KalmanFilter', cutoff=2.0, causal=True)


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('topdown')


def model_of(mmpose, place, scene=None, **options):
    """The real RTMPose-t, turned into the smoothing estimator in the way a user would."""
    from mmengine.config import Config
    from mmpose.apis import init_model
    config = Config.fromfile(pose_config(mmpose, place, scene))
    config.model.update(type=TYPE, **options)
    return init_model(config, device='cpu')


def play(model, scene, pictures=None):
    """Everybody's keypoints, frame by frame; people in the order of the scene."""
    from mmpose.apis import inference_topdown
    pictures = coded_frames(len(scene)) if pictures is None else pictures
    frames = []
    for scene.now, picture in enumerate(pictures):
        samples = inference_topdown(model, picture, scene.boxes(scene.now))
        frames.append([sample.pred_instances for sample in samples])
    return frames


def keypoints(frames, person=0):
    return np.stack([people[person].keypoints[0] for people in frames])


def test_jitter_falls_and_position_error_does_not_rise(mmpose, place):
    scene = SCENES['estimator'] = Scene([walker(80, 60, seed=1), walker(80, 220, 0.5, seed=2)], 3.0)
    frames = play(model_of(mmpose, place, 'estimator', smoother=STEADY), scene)
    for number, (truth, error) in enumerate(zip(scene.people, scene.errors)):
        got = keypoints(frames, number)
        assert acceleration(got) < 0.4 * acceleration(truth + error)
        assert np.linalg.norm(got - truth, axis=-1).mean() < np.linalg.norm(error, axis=-1).mean()
        assert {people[number].track_ids[0] for people in frames} == {number}
        for t, people in enumerate(frames):
            np.testing.assert_allclose(people[number].bboxes[0], scene.boxes(t)[number], atol=1e-3)
            np.testing.assert_array_equal(people[number].keypoint_scores, np.float32(0.8))


def test_default_smoother_lowers_jitter_and_error(mmpose, place):
    scene = SCENES['estimator'] = Scene([walker(60)], 3.0)
    got = keypoints(play(model_of(mmpose, place, 'estimator'), scene))
    raw = scene.people[0] + scene.errors[0]
    assert acceleration(got) < 0.7 * acceleration(raw)
    assert np.linalg.norm(got - scene.people[0], axis=-1).mean() < np.linalg.norm(
        scene.errors[0], axis=-1).mean()


def test_new_video_begins_with_reset_other_size_or_other_folder(mmpose, place, tmp_path):
    import cv2
    scene = SCENES['estimator'] = Scene([walker(4)], 3.0)
    model = model_of(mmpose, place, 'estimator', smoother=STEADY)
    raw, pictures = (scene.people[0] + scene.errors[0])[0], coded_frames(1)

    def is_first_frame():
        return np.allclose(keypoints(play(model, scene, pictures))[0], raw, atol=1e-3)

    assert is_first_frame()
    play(model, scene)
    assert not is_first_frame()
    play(model, scene)
    model.reset_smoother()
    assert is_first_frame()
    play(model, scene, [picture[:200] for picture in coded_frames(4)])
    assert is_first_frame()
    for folder in ('a', 'b'):
        (tmp_path / folder).mkdir()
        for number, picture in enumerate(coded_frames(4)):
            cv2.imwrite(str(tmp_path / folder / f'{number}.png'), picture)
        play(model, scene, [str(tmp_path / folder / f'{n}.png') for n in range(3)])
    first, *_ = keypoints(play(model, scene, [str(tmp_path / 'a' / '0.png')]))
    np.testing.assert_allclose(first, raw, atol=1e-3)


def test_checkpoints_of_the_plain_estimator_load_unchanged(mmpose, place, capfd):
    import torch
    from mmengine.config import Config
    from mmpose.apis import inference_topdown, init_model
    torch.manual_seed(0)
    path = pose_config(mmpose, place)
    plain = init_model(path, device='cpu')
    weights = str(place / 'plain.pth')
    torch.save({'state_dict': plain.state_dict()}, weights)
    config = Config.fromfile(path)
    config.model.update(type=TYPE, smoother=dict(type='OneEuroFilter'))
    capfd.readouterr()
    with heard() as logged:
        model = init_model(config, weights, device='cpu')
    said = ' '.join([*logged, *capfd.readouterr()])
    assert 'Loads checkpoint' in said
    assert 'unexpected' not in said and 'missing' not in said
    assert model.state_dict().keys() == plain.state_dict().keys()
    picture = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    boxes = np.array([[20, 30, 120, 220], [150, 20, 300, 230.]])
    for got, expected in zip(inference_topdown(model, picture, boxes),
                             inference_topdown(plain, picture, boxes), strict=True):
        for name, value in expected.pred_instances.items():
            np.testing.assert_allclose(got.pred_instances[name], value, rtol=1e-5)


def test_several_pictures_in_one_batch_are_frames(mmpose, place):
    import torch
    scene = SCENES['estimator'] = Scene([walker(6)], 3.0)
    model = model_of(mmpose, place, 'estimator', smoother=STEADY)
    one_by_one = keypoints(play(model, scene))
    model.reset_smoother()
    from mmengine.dataset import Compose, pseudo_collate
    pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)
    batch = pseudo_collate([pipeline(dict(
        img=picture, img_path=f'{number}.jpg', bbox=scene.boxes(number).astype(np.float32),
        bbox_score=np.ones(1, np.float32), **model.dataset_meta))
        for number, picture in enumerate(coded_frames(6))])
    with torch.no_grad():
        samples = model.test_step(batch)
    np.testing.assert_allclose([s.pred_instances.keypoints[0] for s in samples], one_by_one,
                               atol=1e-3)


def test_training_is_not_touched(mmpose, place):
    from mmengine.config import Config
    from mmpose.registry import MODELS
    config = Config.fromfile(pose_config(mmpose, place)).model
    model = MODELS.build({**config, 'type': TYPE})
    from mmpose.models.pose_estimators import TopdownPoseEstimator
    assert type(model).loss is TopdownPoseEstimator.loss
    assert not [name for name, _ in model.named_modules() if 'smooth' in name]
