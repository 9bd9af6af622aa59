from __future__ import annotations

import functools
import json

import cv2
import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError

from .mmpose_parts import (
    FPS,
    HEIGHT,
    SCENES,
    WIDTH,
    FakeDetector,
    Scene,
    acceleration,
    coded_frames,
    frame_number,
    heard,
    pose_config,
    read_video,
    walker,
    write_video,
)

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('pose2d')


@pytest.fixture(scope='module')
def random_model(mmpose, place):
    """The real RTMPose-t with random weights: its config and its checkpoint."""
    import torch
    from mmpose.apis import init_model
    config = pose_config(mmpose, place)
    torch.manual_seed(0)
    weights = str(place / 'random.pth')
    torch.save({'state_dict': init_model(config, device='cpu').state_dict()}, weights)
    return config, weights


@pytest.fixture(scope='module')
def video(place):
    return write_video(place / 'clip.mp4', 10)


@pytest.fixture(scope='module')
def truth_inferencer(mmpose, place):
    """Inferencer of an estimator with known truth and noise; tests set scene and smoother."""
    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
    SCENES['pose2d'] = Scene([walker()])
    config = pose_config(mmpose, place, 'pose2d')
    return SmoothPose2DInferencer(config, device='cpu', det_model='whole_image')


@pytest.fixture
def run(truth_inferencer):
    """Function that smooths a scene and returns the results of its frames."""

    def run(scene, inputs=None, smoother='default', lookahead=None, detector=True, tracker=None,
            **options):
        SCENES['pose2d'] = scene
        truth_inferencer.set_smoother(smoother, tracker, lookahead)
        truth_inferencer.detector = FakeDetector(scene) if detector else None
        truth_inferencer.det_cat_ids = (0,)
        options.setdefault('image_sequence', True)
        inputs = coded_frames(len(scene)) if inputs is None else inputs
        return list(truth_inferencer(inputs, return_datasamples=True, **options))

    yield run
    truth_inferencer.detector = None


def predictions(results):
    return [sample.pred_instances for result in results for sample in result['predictions']]


def person(results, track_id):
    """Keypoints (T, K, 2) of a person who is in every frame."""
    return np.stack([p.keypoints[p.track_ids == track_id][0] for p in predictions(results)])


@pytest.mark.parametrize('lookahead', [None, 3])
def test_json_samples_and_drawing_agree_and_only_keypoints_differ_from_mmpose(
        random_model, video, tmp_path, lookahead, monkeypatch):
    from mmpose.apis.inferencers import Pose2DInferencer

    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
    arguments = dict(model=random_model[0], weights=random_model[1], device='cpu',
                     det_model='whole_image')
    stock = [r['predictions'][0] for r in Pose2DInferencer(**arguments)(video)]
    inferencer = SmoothPose2DInferencer(**arguments, smoother='gaussian', lookahead=lookahead)
    drawn, draw = [], inferencer.visualizer.add_datasample

    def noted(name, image, sample, **kwargs):
        drawn.append((frame_number(image), sample.pred_instances.keypoints.copy()))
        return draw(name, image, sample, **kwargs)

    monkeypatch.setattr(inferencer.visualizer, 'add_datasample', noted)
    results = list(inferencer(video, return_datasamples=True, out_dir=str(tmp_path), kpt_thr=0.0,
                              draw_bbox=True))
    dumped = json.loads((tmp_path / 'predictions' / 'clip.json').read_text())
    assert [entry['frame_id'] for entry in dumped] == list(range(10))
    assert [number for number, _ in drawn] == list(range(10))
    pictures = read_video(tmp_path / 'visualizations' / 'clip.mp4')
    assert [frame_number(picture) for picture in pictures] == list(range(10))
    assert len(results) == len(stock) == 10
    moved = 0
    for pred, entry, (_, keypoints), before in zip(predictions(results), dumped, drawn, stock,
                                                   strict=True):
        [record] = entry['instances']
        np.testing.assert_array_equal(record['keypoints'], pred.keypoints[0])
        np.testing.assert_array_equal(keypoints, pred.keypoints)
        assert record['track_id'] == pred.track_ids[0] == 0 and 'filled' not in record
        for name in ('keypoint_scores', 'bbox', 'bbox_score'):
            np.testing.assert_array_equal(record[name], before[0][name])
        moved += not np.array_equal(record['keypoints'], before[0]['keypoints'])
    assert moved >= 8


@pytest.mark.parametrize(('smoother', 'lookahead', 'least'), [
    ('default', None, 0.8),
    (dict(type='KalmanFilter', cutoff=2.0, causal=True), 0, 0.6),
])
def test_known_jitter_goes_and_the_position_error_does_not_rise(run, place, smoother, lookahead,
                                                                least):
    scene = Scene([walker(90)], noise=3.0)
    clip = write_video(place / 'jitter.mp4', 90)
    truth, raw = scene.people[0], scene.people[0] + scene.errors[0]
    got = person(run(scene, clip, smoother, lookahead, detector=False), 0)
    assert acceleration(got) < (1 - least) * acceleration(raw)
    assert np.linalg.norm(got - truth, axis=-1).mean() < np.linalg.norm(raw - truth, axis=-1).mean()


def test_video_equals_smoothing_the_array(run, place):
    from smoothnet_plugin import smooth
    scene = Scene([walker(20)], noise=3.0)
    clip = write_video(place / 'fps.mp4', 20, fps=50)
    raw = person(run(scene, clip, dict(type='GaussianFilter', sigma=1e-9), detector=False), 0)
    got = person(run(scene, clip, 'butterworth', detector=False), 0)
    np.testing.assert_allclose(got, smooth(raw, 'butterworth', fps=50), atol=1e-3)
    assert not np.allclose(got, smooth(raw, 'butterworth', fps=30), atol=0.1)


@pytest.mark.parametrize('lookahead', [None, 4])
def test_two_people_who_cross_keep_their_ids(run, lookahead):
    scene = Scene([walker(60, 60, 3.0, seed=1), walker(60, 240, -3.0, seed=2)], noise=1.0)
    results = run(scene, smoother='gaussian', lookahead=lookahead, nms_thr=0.9)
    first = predictions(results)[0].keypoints[:, 0, 0]
    for number, truth in zip(np.argsort(first), scene.people):
        assert np.linalg.norm(person(results, number) - truth, axis=-1).max() < 15


@pytest.mark.parametrize('lookahead', [None, 8])
def test_person_who_leaves_briefly_is_interpolated_and_for_long_is_not(run, lookahead):
    scene = Scene([walker(70, 60, 1.0, seed=1), walker(70, 220, 0.3, seed=2)], noise=1.0)
    truth = scene.people[1].copy()
    scene.people[1][10:14] = np.nan
    scene.people[1][30:50] = np.nan
    found = predictions(run(scene, smoother='gaussian', lookahead=lookahead,
                            tracker=dict(max_lost=40)))
    assert [len(pred) for pred in found] == [1 if 30 <= t < 50 else 2 for t in range(70)]
    right = found[0].track_ids[found[0].keypoints[:, 0, 0].argmax()]
    for t, pred in enumerate(found):
        filled = 10 <= t < 14
        if len(pred) == 1:
            continue
        assert sorted(pred.track_ids.tolist()) == [0, 1]
        row = int(pred.keypoints[:, 0, 0].argmax())
        assert pred.track_ids[row] == right and pred.filled[row] == filled
        assert pred.keypoint_scores[row].any() != filled
        assert np.abs(pred.keypoints[row] - truth[t]).max() < 12
        box = [*(truth[t].min(0) - 8), *(truth[t].max(0) + 8)]
        np.testing.assert_allclose(pred.bboxes[row], box, atol=6)


def test_interpolated_people_are_marked_in_json_and_drawn(run, place, tmp_path, truth_inferencer):
    scene = Scene([walker(20, seed=1)])
    scene.people[0][8:10] = np.nan
    clip = write_video(place / 'gap.mp4', 20)
    run(scene, clip, 'gaussian', out_dir=str(tmp_path), draw_bbox=True)
    dumped = json.loads((tmp_path / 'predictions' / 'gap.json').read_text())
    assert [[p.get('filled', False) for p in frame['instances']] for frame in dumped] == [
        [t in (8, 9)] for t in range(20)]
    pictures = read_video(tmp_path / 'visualizations' / 'gap.mp4')
    assert [frame_number(picture) for picture in pictures] == list(range(20))


@pytest.mark.parametrize('lookahead', [None, 0, 3])
def test_first_frames_without_people_stay_empty(run, lookahead):
    scene = Scene([walker(20, seed=1)])
    scene.people[0][:6] = np.nan
    found = predictions(run(scene, smoother='gaussian', lookahead=lookahead))
    assert [len(pred) for pred in found] == [0] * 6 + [1] * 14
    assert all(pred.track_ids.tolist() == [0] for pred in found[6:])


def test_frames_without_people_are_drawn_and_dumped(run, place, tmp_path):
    scene = Scene([np.full((5, 17, 2), np.nan)])
    run(scene, write_video(place / 'empty_scene.mp4', 5), out_dir=str(tmp_path), draw_bbox=True)
    dumped = json.loads((tmp_path / 'predictions' / 'empty_scene.json').read_text())
    assert dumped == [{'frame_id': t, 'instances': []} for t in range(5)]
    assert len(read_video(tmp_path / 'visualizations' / 'empty_scene.mp4')) == 5


def test_whole_image_boxes_that_were_asked_for_stay(run):
    found = predictions(run(Scene([walker(3)]), detector=False))
    assert [pred.bboxes.tolist() for pred in found] == [[[0, 0, WIDTH, HEIGHT]]] * 3


@pytest.mark.parametrize('lookahead', [None, 2])
@pytest.mark.parametrize('frames', [0, 1])
def test_shortest_videos(run, place, tmp_path, frames, lookahead):
    clip = write_video(place / f'short{frames}.mp4', frames)
    results = run(Scene([walker(1)]), clip, lookahead=lookahead, detector=False,
                  pred_out_dir=str(tmp_path))
    assert len(results) == frames
    assert len(json.loads((tmp_path / f'short{frames}.json').read_text())) == frames


def test_videos_do_not_influence_one_another(run, place):
    first, second = Scene([walker(15, 60)], 2.0), Scene([walker(15, 250, seed=3)], 2.0)
    clip = write_video(place / 'again.mp4', 15)
    alone = person(run(first, clip, 'one_euro', 1, detector=False), 0)
    run(second, clip, 'one_euro', 1, detector=False)
    np.testing.assert_array_equal(person(run(first, clip, 'one_euro', 1, detector=False), 0), alone)


def test_images_are_refused_unless_declared_as_a_sequence(run, tmp_path):
    scene = Scene([walker(12)], noise=2.0)
    for number, frame in enumerate(coded_frames(12)):
        cv2.imwrite(str(tmp_path / f'{number}.png'), frame)
    for inputs in (str(tmp_path), coded_frames(2)):
        with pytest.raises(ConfigError, match='image_sequence=True'):
            run(scene, inputs, image_sequence=False)
    results = run(scene, str(tmp_path), 'gaussian', pred_out_dir=str(tmp_path / 'out'))
    samples = [result['predictions'][0] for result in results]
    assert [int(s.img_path.rpartition('/')[2][:-4]) for s in samples] == list(range(12))
    assert acceleration(person(results, 0)) < 0.5 * acceleration(scene.people[0] + scene.errors[0])
    for number, pred in enumerate(predictions(results)):
        [record] = json.loads((tmp_path / 'out' / f'{number}.json').read_text())
        np.testing.assert_array_equal(record['keypoints'], pred.keypoints[0])
        assert record['track_id'] == 0


def test_single_picture_is_not_smoothed(run, tmp_path):
    scene = Scene([walker(1)], noise=2.0)
    cv2.imwrite(str(tmp_path / '0.png'), coded_frames(1)[0])
    for inputs in (str(tmp_path / '0.png'), coded_frames(1)[0], str(tmp_path)):
        [pred] = predictions(run(scene, inputs, image_sequence=False))
        np.testing.assert_allclose(pred.keypoints[0], scene.people[0][0] + scene.errors[0][0],
                                   atol=1e-3)
    empty = Scene([np.full((1, 17, 2), np.nan)])
    [pred] = predictions(run(empty, coded_frames(1)[0], image_sequence=False))
    assert len(pred) == 0


def test_generator_is_smoothed_in_step_with_its_frames(run, truth_inferencer):
    scene, read = Scene([walker(12)], noise=2.0), []

    def frames():
        for number, frame in enumerate(coded_frames(12)):
            read.append(number)
            yield frame

    with pytest.raises(ConfigError, match='lookahead=N'):
        run(scene, frames(), 'gaussian', detector=False)
    assert read == []
    run(scene, frames(), 'gaussian', lookahead=3, detector=False)
    read.clear()
    behind = []
    for number, result in enumerate(truth_inferencer(frames(), return_vis=True)):
        behind.append(read[-1] - number)
        assert frame_number(result['visualization'][0]) == number
    assert behind == [3] * 9 + [2, 1, 0]


def test_webcam_needs_a_lookahead(run, truth_inferencer, monkeypatch):
    truth_inferencer.set_smoother('gaussian')
    monkeypatch.setattr(truth_inferencer, '_get_webcam_inputs', lambda name: iter(coded_frames(2)))
    with pytest.raises(ConfigError, match='webcam.*lookahead=N'):
        list(truth_inferencer('webcam:0'))


@pytest.mark.parametrize('lookahead', [-1, 1.5, True])
def test_strange_lookahead(truth_inferencer, lookahead):
    with pytest.raises(ConfigError, match='whole number of frames'):
        truth_inferencer.set_smoother('gaussian', lookahead=lookahead)


def test_input_that_changes_between_the_readings(run):

    class Shrinking(list):
        readings = 0

        def __iter__(self):
            self.readings += 1
            return iter(self[:len(self) + 1 - self.readings])

    with pytest.raises(DataFormatError, match='3 frames at the first reading and fewer'):
        run(Scene([walker(3)]), Shrinking(coded_frames(3)), detector=False)


def test_unknown_frame_rate_is_logged(run, monkeypatch):
    from smoothnet_plugin.integrations.mmpose import mixin
    said, scene = [], Scene([walker(3)])
    monkeypatch.setattr(mixin, 'print_log', lambda text, **_: said.append(text))
    run(scene, detector=False)
    assert len(said) == 1 and '30 frames per second are assumed' in said[0]
    run(scene, smoother=dict(type='PoseSmoother', filters='gaussian', fps=25), detector=False)
    assert len(said) == 1


def test_drawn_heatmaps_are_those_of_the_frame(random_model, video, tmp_path):
    from mmpose.apis.inferencers import Pose2DInferencer

    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
    inferencer = SmoothPose2DInferencer(*random_model, device='cpu', det_model='whole_image')
    results = list(inferencer(video, return_datasamples=True, draw_heatmap=True,
                              vis_out_dir=str(tmp_path / 'drawn.mp4')))
    stock = Pose2DInferencer(*random_model, device='cpu', det_model='whole_image')
    for result, expected in zip(results, stock(video, return_datasamples=True, draw_heatmap=True),
                                strict=True):
        np.testing.assert_array_equal(result['predictions'][0].pred_fields.heatmaps,
                                      expected['predictions'][0].pred_fields.heatmaps)
    pictures = read_video(tmp_path / 'drawn.mp4')
    assert [picture.shape[0] for picture in pictures] == [2 * HEIGHT] * 10


def test_configs_key_is_honoured_silently_and_weights_are_loaded_once(mmpose, place, recwarn,
                                                                      monkeypatch):
    from smoothnet_plugin.filters import GaussianFilter
    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
    built, init = [], GaussianFilter.__init__

    @functools.wraps(init)
    def noted(self, *args, **kwargs):
        built.append(kwargs)
        init(self, *args, **kwargs)

    monkeypatch.setattr(GaussianFilter, '__init__', noted)
    SCENES['key'] = Scene([walker(6)], noise=2.0)
    entry = dict(type='PoseSmoother', filters=[dict(type='GaussianFilter', sigma=2.0)], lookahead=2)
    config = pose_config(mmpose, place, 'key', smoother=entry)
    recwarn.clear()
    with heard() as said:
        inferencer = SmoothPose2DInferencer(config, device='cpu', det_model='whole_image')
        for _ in range(2):
            assert len(list(inferencer(iter(coded_frames(6))))) == 6
    assert built == [{'sigma': 2.0}]
    said += [str(w.message) for w in recwarn]
    assert any('Checkpoint is not loaded' in text for text in said), 'logging was not seen'
    assert not [text for text in said if 'smooth' in text.lower() and 'assumed' not in text]


@pytest.mark.parametrize('lookahead', [None, 3])
def test_person_by_person_samples(run, lookahead, place, tmp_path):
    scene = Scene([walker(20, 60, seed=1), walker(20, 220, seed=2)], noise=1.0)
    scene.people[1][8:10] = np.nan
    clip = write_video(place / 'persons.mp4', 20)
    results = run(scene, clip, 'gaussian', lookahead, merge_results=False,
                  pred_out_dir=str(tmp_path))
    dumped = json.loads((tmp_path / 'persons.json').read_text())
    assert [len(entry['instances']) for entry in dumped] == [2] * 20
    for t, result in enumerate(results):
        people = [sample.pred_instances for sample in result['predictions']]
        if t in (8, 9):  # one sample: the interpolated person is added to it
            people = [people[0][i:i + 1] for i in range(len(people[0]))]
        assert sorted(p.track_ids[0] for p in people) == [0, 1]
        assert sum(p.filled[0] for p in people) == (t in (8, 9))


def test_built_through_the_registries(mmpose, place):
    from mmengine.registry import DefaultScope
    from mmpose.registry import INFERENCERS

    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
    SCENES['built'] = Scene([walker(2)])
    config = pose_config(mmpose, place, 'built')
    with DefaultScope.overwrite_default_scope('mmpose'):
        inferencer = INFERENCERS.build(dict(
            type='smoothnet_plugin.SmoothPose2DInferencer', model=config, device='cpu',
            det_model='whole_image', smoother='gaussian'))
    assert isinstance(inferencer, SmoothPose2DInferencer)
    assert FPS == 30
