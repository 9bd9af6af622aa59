from __future__ import annotations

import os

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.integrations.estimators import build_estimator
from smoothnet_plugin.integrations.estimators.base import required
from smoothnet_plugin.visualization.video import read_timed

from .mmpose_parts import SCENES, Scene, coded_frames, pose_config, walker


def simcc_model(path, keypoints=17, width=24, height=32):
    """An ONNX file of RTMPose's layout: SimCC scores, here the mean of the input's columns.

    Every keypoint is where the picture is brightest.
    """
    onnx = pytest.importorskip('onnx')
    from onnx import TensorProto, helper, numpy_helper
    nodes, names = [], {}
    for name, axes, size in (('simcc_x', [1, 2], width), ('simcc_y', [1, 3], height)):
        shape = np.array([1, 1, size], np.int64)
        names[name] = [
            numpy_helper.from_array(np.array(axes, np.int64), f'{name}_axes'),
            numpy_helper.from_array(shape, f'{name}_shape'),
            # Scores of RTMPose are positive where there is a person.
            numpy_helper.from_array(np.full((1, keypoints, 1), 9, np.float32), f'{name}_nines')]
        nodes += [
            helper.make_node('ReduceMean', ['input', f'{name}_axes'], [f'{name}_m'], keepdims=0),
            helper.make_node('Reshape', [f'{name}_m', f'{name}_shape'], [f'{name}_r']),
            # Two bins to the pixel, as RTMPose has them.
            helper.make_node('Resize', [f'{name}_r', '', f'{name}_scales'], [f'{name}_b'],
                             mode='nearest'),
            helper.make_node('Add', [f'{name}_b', f'{name}_nines'], [name])]
        names[name].append(numpy_helper.from_array(np.array([1, 1, 2], np.float32),
                                                   f'{name}_scales'))
    graph = helper.make_graph(
        nodes, 'simcc', [helper.make_tensor_value_info(
            'input', TensorProto.FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info('simcc_x', TensorProto.FLOAT, [1, keypoints, 2 * width]),
         helper.make_tensor_value_info('simcc_y', TensorProto.FLOAT, [1, keypoints, 2 * height])],
        [tensor for tensors in names.values() for tensor in tensors])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return str(path)


def spot(x, y):
    picture = np.zeros((160, 120, 3), np.uint8)
    picture[y - 4:y + 5, x - 4:x + 5] = 255
    return picture


def test_rtmlib_with_a_pose_model_alone(tmp_path):
    pytest.importorskip('rtmlib')
    pytest.importorskip('onnxruntime')
    estimator = build_estimator('rtmlib', model=simcc_model(tmp_path / 'pose.onnx'))
    for place in ((40, 60), (80, 100)):
        [person] = estimator(spot(*place))
        assert person.keypoints.shape == (17, 2) and person.keypoint_scores.shape == (17,)
        np.testing.assert_allclose(person.keypoints, np.tile(place, (17, 1)), atol=8)
    assert estimator.skeleton.name == 'coco'
    assert build_estimator('rtmlib', model=simcc_model(tmp_path / 'hand.onnx', 26))


def test_rtmlib_needs_a_model(tmp_path):
    pytest.importorskip('rtmlib')
    pytest.importorskip('onnxruntime')
    with pytest.raises(ConfigError, match='--allow-download'):
        build_estimator('rtmlib')
    with pytest.raises(ConfigError, match='no model'):
        build_estimator('rtmlib', model=str(tmp_path / 'none.onnx'))
    (tmp_path / 'broken.onnx').write_bytes(b'not a model')
    with pytest.raises(ConfigError, match='cannot be read as an ONNX model'):
        build_estimator('rtmlib', model=str(tmp_path / 'broken.onnx'))


@pytest.fixture
def mediapipe_with_model():
    mediapipe = pytest.importorskip('mediapipe')
    from smoothnet_plugin.integrations.estimators.mediapipe_model import model_place
    if not (hasattr(mediapipe, 'solutions') or os.environ.get('MEDIAPIPE_POSE_MODEL')
            or model_place().is_file()):
        pytest.skip('MediaPipe has no model; python tools/mediapipe_model.py --download')


def test_mediapipe_on_the_sample(mediapipe_with_model, repo_dir):
    estimator = build_estimator('mediapipe')
    pictures = list(read_timed(repo_dir / 'demo/data/sports2d.mp4'))[100:103]
    for _, picture in pictures:
        [person] = estimator(picture)
        names = estimator.skeleton.keypoint_names
        at = dict(zip(names, person.keypoints))
        assert person.keypoints.shape == (33, 2)
        # The woman who walks: head above hip above ankle, in the left half of the picture.
        assert at['nose'][1] < at['left_hip'][1] < at['left_ankle'][1]
        assert 400 < at['left_hip'][0] < 700
        assert 0 <= person.keypoint_scores.min() <= person.keypoint_scores.max() <= 1
    assert estimator(np.full((200, 200, 3), 90, np.uint8)) == []
    estimator.close()


@pytest.mark.slow
def test_video_demo_with_mediapipe(mediapipe_with_model, tmp_path, repo_dir):
    """As a user runs it: nothing is replaced."""
    import runpy

    from smoothnet_plugin import load
    from smoothnet_plugin.visualization.timed_video import write_timed
    pictures = list(read_timed(repo_dir / 'demo/data/sports2d.mp4'))[100:130]
    clip = tmp_path / 'clip.mp4'
    write_timed(clip, ((time - pictures[0][0], picture) for time, picture in pictures))
    main = runpy.run_path(str(repo_dir / 'demo' / 'video_demo.py'))['main']
    main([str(clip), '--estimator', 'mediapipe', '-o', str(tmp_path / 'out.mp4'), '--quiet',
          '--height', '240'])
    assert len(list(read_timed(tmp_path / 'out.mp4'))) == 30
    smoothed = load(tmp_path / 'out.json')
    coords = smoothed[0].coords
    assert len(coords) >= 25 and coords.shape[1:] == (33, 2)
    # One who walks to the left; her nose moves evenly, above her ankles.
    assert np.diff(coords[:, 0, 0]).max() < 2
    assert (coords[:, 0, 1] < coords[:, 27, 1]).all()


def test_mediapipe_without_a_model(monkeypatch, tmp_path):
    mediapipe = pytest.importorskip('mediapipe')
    if hasattr(mediapipe, 'solutions'):
        pytest.skip('this MediaPipe has a model')
    from smoothnet_plugin.integrations.estimators import mediapipe as module
    monkeypatch.setattr(module, 'model_place', lambda: tmp_path / 'none.task')
    monkeypatch.delenv('MEDIAPIPE_POSE_MODEL', raising=False)
    with pytest.raises(ConfigError, match=r'--allow-download(.|\n)*pose_landmarker_full.task'):
        build_estimator('mediapipe')


def test_what_is_not_installed_is_named(monkeypatch):
    import sys
    for name in ('mediapipe', 'rtmlib', 'mmpose'):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ConfigError, match=rf'smoothnet_plugin\[{name}\]'):
            build_estimator(name, **({'model': 'human'} if name == 'mmpose' else {}))
    with pytest.raises(ConfigError, match='mediapipe, rtmlib'):
        build_estimator('openpose')


def test_a_package_for_another_numpy_is_one_line(monkeypatch, tmp_path):
    """What xtcocotools raises under MMPose."""
    (tmp_path / 'old_abi.py').write_text("raise ValueError('numpy.dtype size changed')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match='cannot be imported .numpy.dtype size changed'):
        required('old_abi', 'mmpose')


@pytest.mark.mmpose
def test_mmpose_model(mmpose, tmp_path):
    scene = SCENES['estimator'] = Scene([walker(6)], noise=3.0)
    estimator = build_estimator(
        'mmpose', model=pose_config(mmpose, tmp_path, 'estimator', smoother='gaussian'),
        det_model='whole_image', device='cpu')
    assert estimator.smoother == 'gaussian'
    assert estimator.skeleton.keypoint_names[0] == 'nose'
    for picture in coded_frames(3):
        [person] = estimator(picture)  # every picture is the first one of its call
        np.testing.assert_allclose(person.keypoints, (scene.people[0] + scene.errors[0])[0],
                                   atol=1e-3)


@pytest.mark.mmpose
def test_video_demo_with_mmpose(mmpose, tmp_path, repo_dir):
    import runpy

    from smoothnet_plugin import load

    from .mmpose_parts import write_video
    SCENES['demo'] = Scene([walker(12)], noise=3.0)
    config = pose_config(mmpose, tmp_path, 'demo')
    clip = write_video(tmp_path / 'clip.mp4', 12)
    main = runpy.run_path(str(repo_dir / 'demo' / 'video_demo.py'))['main']
    main([clip, '--pose2d', config, '--det-model', 'whole_image', '--device', 'cpu', '-o',
          str(tmp_path / 'out.mp4'), '--quiet', '--height', '240'])
    smoothed = load(tmp_path / 'out.json')[0].coords
    assert smoothed.shape == (12, 17, 2)
