from __future__ import annotations

import doctest
import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from smoothnet_plugin.datasets import PairedPoseDataset
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.io.bvh_output import hierarchy_text

from .test_cmu_to_npz import ASF

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
sys.path.insert(0, str(TOOLS))

from synthetic_video import (  # noqa: E402
    app,
    bodies,
    cameras,
    clips,
    estimators,
    motion,
    onnx_pose,
    pairs,
    pictures,
    render,
    retarget,
    scenes,
)

needs_compiler = pytest.mark.skipif(render.compiler() is None, reason='needs a C compiler')
SMALL = clips.Recipe([], bodies.capsule_bodies(), frames=4, size=(96, 72))


@pytest.fixture
def body():
    return bodies.capsule_bodies()[2]


def write_bvh(path, turns=None, frames=300):
    """A take with the bones of a capsule body, whose angles (Z, X, Y) by name are in degrees."""
    body = bodies.capsule_bodies()[0]
    offsets = body.heads - np.where(np.array(body.parents)[:, None] < 0, 0,
                                    body.heads[np.array(body.parents)])
    order, text = hierarchy_text(body.names, body.parents, 100 * offsets)
    values = np.zeros((frames, 3 + 3 * len(order)))
    values[:, :3] = 100 * body.heads[0]
    for name, angles in (turns or {}).items():
        column = 3 + 3 * order.index(body.names.index(name))
        values[:, column:column + 3] = angles
    rows = '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in values)
    path.write_text(f'{text}MOTION\nFrames: {frames}\nFrame Time: 0.0083333\n{rows}\n')
    return path


class TruthWithJitter(estimators.ClipEstimator):
    """Stands in for an estimator: it is handed the truth of the clip that it is shown."""

    def __init__(self, recipe, seeds):
        self.known = {clip.pictures[0].tobytes(): clip.arrays
                      for clip in (clips.film(seed, recipe) for seed in seeds)}

    def estimate(self, pictures):
        arrays = self.known[pictures[0].tobytes()]
        self.keypoint_names = list(arrays['keypoint_names'][:17])
        noise = np.random.default_rng(0).normal(0, 2, (len(pictures), 17, 2))
        return arrays['truth_2d'][:, :17] + noise, np.full((len(pictures), 17), 0.9)


@pytest.mark.parametrize('module', [cameras, estimators, motion, onnx_pose, retarget])
def test_examples_of_docstrings(module):
    assert doctest.testmod(module).failed == 0


# Bodies


def test_a_capsule_body_is_closed_and_faces_outwards(body):
    corners = body.vertices[body.faces].astype(float)
    volume = np.einsum('fi,fi->f', corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert 0.04 < volume < 0.11  # cubic metres
    edges = np.concatenate([body.faces[:, [i, (i + 1) % 3]] for i in range(3)])
    assert {tuple(edge) for edge in edges} == {tuple(edge[::-1]) for edge in edges}
    np.testing.assert_allclose(body.keypoints.sum(axis=1), 1, rtol=1e-5)


def test_keypoints_of_a_capsule_body_are_its_joints(body):
    places = dict(zip(body.keypoint_names, body.keypoints @ body.vertices))
    heads = dict(zip(body.names, body.heads))
    for keypoint, bone in (('left_knee', 'LeftLeg'), ('right_elbow', 'RightForeArm'),
                           ('left_wrist', 'LeftHand'), ('right_ankle', 'RightFoot')):
        np.testing.assert_allclose(places[keypoint], heads[bone], atol=1e-6)
    assert places['nose'][2] > 0.08 and places['left_ear'][0] > 0.05 > 0 > places['right_eye'][0]


def test_bodies_are_read_and_checked(tmp_path, body):
    arrays = dict(
        vertices=body.vertices[None], heads=body.heads[None], faces=body.faces, bones=body.bones,
        weights=body.weights, region=body.regions, names=np.array(body.names),
        parents=np.array(body.parents), keypoints=body.keypoints,
        keypoint_names=np.array(body.keypoint_names))
    np.savez(tmp_path / 'bodies.npz', **arrays)
    [read] = bodies.load_bodies(tmp_path / 'bodies.npz')
    np.testing.assert_array_equal(read.vertices, body.vertices)
    assert read.names == body.names and read.parents == body.parents
    # The renderer would write out of bounds.
    np.savez(tmp_path / 'bad.npz', **{**arrays, 'faces': body.faces + 9999})
    with pytest.raises(DataFormatError, match='do not fit together'):
        bodies.load_bodies(tmp_path / 'bad.npz')


# Motion


def test_a_pose_of_a_bvh_file_is_the_pose_of_the_body(tmp_path, body):
    """A quarter turn of the left arm about z: from +x to +y."""
    take = motion.read_motion(write_bvh(tmp_path / 'arm.bvh', {'LeftArm': [90, 0, 0]}, frames=5))
    assert len(take) == 4 and take.fps == pytest.approx(120, rel=1e-4)
    _, places = retarget.bone_transforms(take, body)
    heads = dict(zip(body.names, places[0]))
    length = body.heads[body.names.index('LeftForeArm')] - body.heads[body.names.index('LeftArm')]
    np.testing.assert_allclose(heads['LeftForeArm'] - heads['LeftArm'],
                               [0, np.linalg.norm(length), 0], atol=1e-6)
    np.testing.assert_allclose(heads['RightForeArm'] - heads['RightArm'], length * [-1, 1, 1],
                               atol=1e-6)


def test_rest_poses_may_differ(tmp_path, body):
    """The body's arms hang at rest and the file's are level: the pose is that of the file."""
    bent = body.heads.copy()
    for bone, place in (('LeftForeArm', [.2, -.2, 0]), ('LeftHand', [.35, -.35, 0])):
        bent[body.names.index(bone)] = bent[body.names.index('LeftArm')] + place
    take = motion.read_motion(write_bvh(tmp_path / 'rest.bvh', frames=3))
    _, places = retarget.bone_transforms(take, bodies.replace(body, heads=bent))
    arm = np.diff(places[0][[body.names.index(name) for name in (
        'LeftArm', 'LeftForeArm', 'LeftHand')]], axis=0)
    np.testing.assert_allclose(arm, [[.2 * 2 ** .5, 0, 0], [.15 * 2 ** .5, 0, 0]], atol=1e-6)


def test_bones_keep_their_lengths_and_skin_goes_along(body):
    take = motion.made_walk(3, seconds=2)
    transforms, places = retarget.bone_transforms(take, body)
    child = np.arange(1, len(body.names))
    parent = np.array(body.parents)[1:]
    lengths = np.linalg.norm(places[:, child] - places[:, parent], axis=-1)
    np.testing.assert_allclose(lengths - np.linalg.norm(
        body.heads[child] - body.heads[parent], axis=-1), 0, atol=1e-9)
    assert np.abs(places[..., 1].min()) < 0.15  # feet on the ground
    rest = np.concatenate([body.heads, np.ones((len(body.heads), 1))], axis=1)
    moved = np.einsum('tjab,jb->tja', transforms, rest)
    np.testing.assert_allclose(moved, places, atol=1e-5)


def test_the_made_walk_walks_forward_and_swings_legs_against_arms():
    take = motion.made_walk(0, seconds=4)
    forward = take.rotations['Hips'][:-1] @ [0, 0, 1]
    assert (np.einsum('ti,ti->t', np.diff(take.root, axis=0), forward) > 0).all()
    ahead = {bone: np.einsum('ti,ti->t', take.rotations[bone][:-1] @ take.rest[bone], forward)
             for bone in ('LeftUpLeg', 'RightUpLeg', 'LeftArm', 'LeftLeg')}
    assert np.corrcoef(ahead['LeftUpLeg'], ahead['RightUpLeg'])[0, 1] < -0.9
    assert np.corrcoef(ahead['LeftUpLeg'], ahead['LeftArm'])[0, 1] < -0.9
    assert (ahead['LeftLeg'] < ahead['LeftUpLeg'] + 0.01).all()  # knees bend backwards


def test_amc_and_missing_bones(tmp_path):
    (tmp_path / '01.asf').write_text(ASF)
    (tmp_path / '01_01.amc').write_text(
        ':FULLY-SPECIFIED\n1\nroot 0 0 0 0 0 0\nlfemur 0 0 0\nltibia 0\n')
    with pytest.raises(DataFormatError, match='has no bones LeftFoot, LeftArm'):
        motion.read_motion(tmp_path / '01_01.amc')
    assert motion.find_motion([tmp_path]) == [tmp_path / '01_01.amc']
    (tmp_path / 'empty').mkdir()
    with pytest.raises(DataFormatError, match=r'no .amc or .bvh file'):
        motion.find_motion([tmp_path / 'empty'])


# Cameras and pictures


def test_a_camera_sees_what_it_looks_at(rng):
    path = np.cumsum(rng.normal(0, 0.02, (50, 3)), axis=0) + [0, 1, 0]
    for seed in range(20):
        camera = cameras.draw_camera(np.random.default_rng(seed), path, (320, 240), 30)
        for frame in (0, 49):
            rotation = camera.rotations[frame]
            np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
            assert np.linalg.det(rotation) == pytest.approx(1)
            [(x, y, depth), (_, above, _)] = camera.project(path[frame] + [[0, 0, 0], [0, .1, 0]],
                                                            frame)
            assert 0 < x < 320 and -60 < y < 300 and depth > 0.5 and above < y


@needs_compiler
def test_a_triangle_covers_its_pixels_and_the_near_one_wins():
    image, depth = np.zeros((8, 8, 3), np.float32), np.full((8, 8), 1e9, np.float32)
    pixels = np.array([[0, 0, 2], [0, 7, 2], [7, 0, 2], [0, 0, 1], [0, 3, 1], [3, 0, 1],
                       [7, 7, 3], [0, 7, 3]], np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5], [6, 7, 2], [0, 2, 1]], np.int32)
    colours = np.repeat(np.array([10, 10, 10, 20, 20, 20, 30, 30], np.float32)[:, None], 3, axis=1)
    render.draw_triangles(image, depth, faces[:2], pixels, colours)
    rows, columns = np.mgrid[:8, :8]
    expected = np.where(rows + columns <= 3, 20, np.where(rows + columns <= 7, 10, 0))
    np.testing.assert_allclose(image[..., 0], expected, atol=1e-4)
    np.testing.assert_allclose(depth[expected == 20], 1, atol=1e-5)
    before = image.copy()
    render.draw_triangles(image, depth, faces[3:], pixels, colours * 2)  # seen from behind
    np.testing.assert_array_equal(image, before)


@needs_compiler
def test_skinning_and_normals_equal_numpy(body, rng):
    transforms = rng.normal(size=(len(body.names), 3, 4)).astype(np.float32)
    bones = rng.integers(0, len(body.names), body.bones.shape).astype(np.int32)
    weights = rng.dirichlet(np.ones(4), len(bones)).astype(np.float32)
    rest = np.concatenate([body.vertices, np.ones((len(bones), 1))], axis=1)
    expected = np.einsum('vk,vkab,vb->va', weights, transforms[bones], rest)
    np.testing.assert_allclose(render.skin(body.vertices, bones, weights, transforms), expected,
                               atol=1e-4)
    normals = render.vertex_normals(body.vertices, body.faces)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
    head = body.bones[:, 0] == body.names.index('Head')
    outward = body.vertices[head] - body.vertices[head].mean(axis=0)
    assert (np.einsum('vi,vi->v', outward, normals[head]) > 0).all()


@needs_compiler
def test_the_truth_lies_on_the_drawn_body(body, rng):
    """Seen from the front: visible keypoints lie where the picture shows the body, not the room."""
    transforms, _ = retarget.bone_transforms(motion.made_walk(1, seconds=1), body)
    centre = transforms[60, 0, :, 3] + transforms[60, 0, :, :3] @ body.heads[0]
    ahead = transforms[60, 0, :, :3] @ [0, 0, 1]
    place = centre + 3 * ahead
    camera = cameras.Camera('static', cameras.look_at(place, centre)[None], place[None], 120, 160,
                            120)
    stage = pictures.Stage(body, *scenes.dress(rng, body), scenes.draw_room(rng, 5),
                           scenes.draw_light(rng), camera)
    shot = stage.shoot(0, transforms[60][None])
    pixels = camera.project(render.skin(body.vertices, body.bones, body.weights, transforms[60]), 0)
    mask = render.silhouette(body.faces, pixels.astype(np.float32), 120, 160)
    names = list(body.keypoint_names)
    x, y = np.round(shot.truth_2d).astype(int).T
    assert cv2.dilate(mask, np.ones((3, 3)))[y, x].all()  # Ears lie on the outline.
    # Their left is on our right, and ears are behind the cheeks of a body that looks at us.
    assert shot.truth_2d[names.index('left_hip'), 0] > shot.truth_2d[names.index('right_hip'), 0]
    assert (shot.visible[[names.index(n) for n in ('nose', 'left_eye', 'right_hip')]] == 2).all()
    room = pictures.Stage(body, stage.colours, stage.dressed + np.float32([0, 99, 0]), stage.room,
                          stage.light, camera).shoot(0, transforms[60][None])
    differs = np.abs(shot.picture - room.picture).max(axis=2) > 1
    assert differs[mask > 0].mean() > 0.9
    behind = pictures.Stage(body, stage.colours, stage.dressed, stage.room, stage.light, camera,
                            pictures.Occluder((0, 0), (160, 60), 0, np.zeros(3)))
    covered = behind.shoot(0, transforms[60][None]).visible
    assert (covered[y < 59] == pictures.HIDDEN).all() and covered[names.index('nose')] == 1


def test_no_compiler_is_said_so(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setenv('PATH', '')
    monkeypatch.delenv('CC', raising=False)
    render.library.cache_clear()
    with pytest.raises(ConfigError, match='needs a C compiler'):
        render.library()
    assert not list(tmp_path.rglob('*.so'))


# Clips


@needs_compiler
def test_a_clip_follows_from_its_seed_alone(tmp_path):
    for folder in ('a', 'b'):
        clips.make_clip(5, SMALL, {}, tmp_path / folder)
    clips.make_clip(6, SMALL, {}, tmp_path / 'a')
    first, again, other = (path.read_bytes() for path in (
        tmp_path / 'a/000005.npz', tmp_path / 'b/000005.npz', tmp_path / 'a/000006.npz'))
    assert first == again != other
    for seed in range(4):  # Three in four have noise.
        one, two = (clips.film(seed, SMALL).pictures for _ in range(2))
        assert np.array_equal(one, two) and np.std(one) > 5
    with np.load(tmp_path / 'a/000005.npz') as npz:
        assert json.loads(str(npz['meta']))['seed'] == 5
        camera = cameras.Camera('', npz['camera_rotation'], npz['camera_centre'],
                                float(npz['camera_focal']), *npz['image_size'])
        for frame, points in enumerate(npz['truth_3d']):
            np.testing.assert_allclose(camera.project(points, frame)[:, :2],
                                       npz['truth_2d'][frame], atol=0.02)


@needs_compiler
def test_takes_that_are_too_short(tmp_path):
    short = write_bvh(tmp_path / 'short.bvh', frames=9)
    with pytest.raises(DataFormatError, match='make shorter clips with --frames'):
        clips.film(0, clips.Recipe([short], SMALL.bodies, frames=30, size=(96, 72)))
    clip = clips.film(0, clips.Recipe([short, write_bvh(tmp_path / 'long.bvh')], SMALL.bodies,
                                      frames=30, size=(96, 72)))
    assert json.loads(str(clip.arrays['meta']))['take'] == 'long' and len(clip.pictures) == 30


@needs_compiler
def test_clips_are_resumed_and_errors_leave_nothing(tmp_path, capsys, monkeypatch):
    command = [str(tmp_path), '--frames', '3', '--size', '96', '72', '--clips']
    app.main([*command, '1', '--video'])
    assert (tmp_path / '000000.mp4').stat().st_size > 0
    done = (tmp_path / '000000.npz').stat().st_mtime_ns

    class Interrupted(estimators.ClipEstimator):
        def estimate(self, pictures):
            raise KeyboardInterrupt

    monkeypatch.setitem(estimators.ESTIMATORS.module_dict, 'interrupted', Interrupted)
    with pytest.raises(KeyboardInterrupt):
        app.main([*command, '2', '--estimator', 'interrupted'])
    assert [path.name for path in tmp_path.glob('*.npz')] == ['000000.npz']
    app.main([*command, '2'])
    assert '1 clips exist and are skipped' in capsys.readouterr().out
    assert (tmp_path / '000000.npz').stat().st_mtime_ns == done
    assert (tmp_path / '000001.npz').is_file()


@pytest.mark.parametrize(('given', 'message'), [
    (['--clips', '0'], 'Expected --clips from 1'),
    (['--estimator', 'medipipe'], "Unknown estimator 'medipipe'.*mediapipe"),
    (['--estimator', 'onnx,model'], 'cannot be read; expected TYPE'),
    (['--estimator', 'onnx,modle=a.onnx'], "Estimator 'onnx': .*modle"),
    (['--estimator', 'onnx,model=none.onnx'], 'cannot be read as an ONNX model'),
    (['--bodies', 'none.npz'], 'none.npz'),
    (['--motion', 'none.bvh'], None),
])
def test_bad_arguments(tmp_path, monkeypatch, given, message):
    monkeypatch.chdir(tmp_path)
    if 'onnx,modle=a.onnx' in given or 'onnx,model=none.onnx' in given:
        pytest.importorskip('onnxruntime')
    with pytest.raises((ConfigError, DataFormatError), match=message):
        app.main(['clips', '--quiet', *given])
    assert not (tmp_path / 'clips').exists()


# Estimators


def pose_model(path, outputs, height=32, width=24):
    """An ONNX file whose outputs are (name, array) with a peak, wherever the input is anything."""
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')
    from onnx import TensorProto, helper, numpy_helper
    nodes, values, infos = [], [], []
    for name, array in outputs:
        values += [numpy_helper.from_array(array.astype(np.float32), f'{name}_c')]
        # The input counts with a factor of 0, since a graph has to use it.
        nodes += [helper.make_node('ReduceMean', ['input'], [f'{name}_m'], keepdims=0),
                  helper.make_node('Mul', [f'{name}_m', 'zero'], [f'{name}_z']),
                  helper.make_node('Add', [f'{name}_c', f'{name}_z'], [name])]
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape))
    values.append(numpy_helper.from_array(np.float32(0), 'zero'))
    entry = helper.make_tensor_value_info('input', TensorProto.FLOAT, [1, 3, height, width])
    model = helper.make_model(helper.make_graph(nodes, 'pose', [entry], infos, values),
                              opset_imports=[helper.make_opsetid('', 18)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def test_simcc_and_heatmaps_of_one_pose_agree(tmp_path, rng):
    """The places that both files hold, in a picture twice as large as the input."""
    columns, rows = rng.integers(2, 22, 17), rng.integers(2, 30, 17)
    x, y, maps = np.zeros((1, 17, 48)), np.zeros((1, 17, 64)), np.zeros((1, 17, 32, 24))
    for k in range(17):
        x[0, k, 2 * columns[k]], y[0, k, 2 * rows[k]] = 0.8, 0.9
        maps[0, k, rows[k], columns[k]] = 0.8
    expected = 2 * np.stack([columns, rows], axis=1)
    picture = np.zeros((64, 48, 3), np.uint8)
    for name, outputs in (('simcc', [('x', x), ('y', y)]), ('maps', [('maps', maps)])):
        estimator = onnx_pose.OnnxPose(pose_model(tmp_path / f'{name}.onnx', outputs))
        keypoints, scores = estimator.estimate([picture])
        np.testing.assert_allclose(keypoints[0], expected, atol=1e-3)
        np.testing.assert_allclose(scores, 0.8, rtol=1e-6)
        assert estimator.keypoint_names[0] == 'nose'


def test_the_window_follows_the_pose(tmp_path):
    """The second picture is cut out around the first pose: the same output lies elsewhere."""
    maps = np.zeros((1, 17, 32, 24))
    for k in range(17):
        maps[0, k, 4 + k // 2, 4 + k % 3] = 0.9
    estimator = onnx_pose.OnnxPose(pose_model(tmp_path / 'm.onnx', [('maps', maps)]), padding=1.5)
    picture = np.zeros((64, 48, 3), np.uint8)
    keypoints, _ = estimator.estimate([picture] * 2)
    again, _ = estimator.estimate([picture])
    np.testing.assert_array_equal(again[0], keypoints[0])  # The clip before is forgotten.
    low, high = keypoints[0].min(axis=0), keypoints[0].max(axis=0)
    scale = min(np.array([24, 32]) / (1.5 * (high - low)))
    np.testing.assert_allclose(keypoints[1], ((keypoints[0] / 2) - [12, 16]) / scale
                               + (low + high) / 2, atol=1e-3)


def test_the_network_sees_normalised_rgb(tmp_path):
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')
    from onnx import TensorProto, helper
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node('Identity', ['input'], ['maps'])], 'echo',
        [info('input', TensorProto.FLOAT, [1, 3, 32, 24])],
        [info('maps', TensorProto.FLOAT, [1, 3, 32, 24])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8),
              str(tmp_path / 'echo.onnx'))
    with pytest.raises(ConfigError, match='3 keypoints, which is not a common layout'):
        onnx_pose.OnnxPose(tmp_path / 'echo.onnx')
    estimator = onnx_pose.OnnxPose(tmp_path / 'echo.onnx', keypoint_names=['r', 'g', 'b'])
    picture = np.full((32, 24, 3), (103, 116, 124), np.uint8)  # the mean colour, BGR
    cv2.circle(picture, (6, 20), 0, (103, 116, 255), -1)  # one pixel is red
    cv2.circle(picture, (15, 9), 0, (255, 116, 124), -1)  # one is blue
    keypoints, scores = estimator.estimate([picture])
    np.testing.assert_allclose(keypoints[0, [0, 2]], [[6, 20], [15, 9]])
    np.testing.assert_allclose(scores[0], [1, 0, 1], atol=0.01)


def test_other_networks_are_refused(tmp_path):
    path = pose_model(tmp_path / 'box.onnx', [('boxes', np.zeros((1, 17, 5)))])
    with pytest.raises(ConfigError, match='expected an input'):
        onnx_pose.OnnxPose(path)


def test_arrays_of_another_shape_are_refused():
    class Wrong(estimators.ClipEstimator):
        keypoint_names = ('nose',)

        def estimate(self, pictures):
            return np.zeros((len(pictures), 2, 2)), np.zeros((len(pictures), 2))

    with pytest.raises(ConfigError, match=r"'wrong' returned keypoints of shape \(3, 2, 2\)"):
        clips.estimates_of('wrong', Wrong(), [np.zeros((4, 4, 3), np.uint8)] * 3)


def test_a_packaged_estimator_takes_the_surest_person(monkeypatch):
    from smoothnet_plugin.integrations.estimators.base import layout_of
    from smoothnet_plugin.structures import PoseInstance

    class Two:
        skeleton = layout_of(17)

        def __call__(self, picture):
            if not picture.any():
                return []
            return [PoseInstance(np.full((17, 2), place), np.full(17, score))
                    for place, score in ((1.0, 0.4), (2.0, 0.8), (3.0, 0.2))]

    monkeypatch.setattr(estimators, 'build_estimator', lambda name, **options: Two())
    estimator = estimators.build_estimators(['a=rtmlib'])['a']
    keypoints, scores = estimator.estimate([np.ones((4, 4, 3)), np.zeros((4, 4, 3))])
    assert (keypoints[0] == 2).all() and (scores[0] == 0.8).all()
    assert np.isnan(keypoints[1]).all() and not scores[1].any()


@needs_compiler
def test_a_name_that_would_overwrite_the_truth(tmp_path):
    class Nose(estimators.ClipEstimator):
        keypoint_names = ('nose',)

        def estimate(self, pictures):
            return np.zeros((len(pictures), 1, 2)), np.zeros((len(pictures), 1))

    with pytest.raises(ConfigError, match="'visible' makes a second member 'visible'"):
        clips.make_clip(0, SMALL, {'visible': Nose()}, tmp_path)
    assert not list(tmp_path.iterdir())


@needs_compiler
def test_the_example_of_the_readme(tmp_path, monkeypatch):
    text = (TOOLS / 'synthetic_video' / 'README.md').read_text()
    [example] = re.findall(r'<!-- example -->\n```python\n(.*?)```', text, re.DOTALL)
    (tmp_path / 'moving.py').write_text(example)
    monkeypatch.setitem(estimators.ESTIMATORS.module_dict, 'moving', None)
    del estimators.ESTIMATORS.module_dict['moving']
    monkeypatch.setitem(sys.modules, 'moving', None)
    app.main([str(tmp_path / 'clips'), '--clips', '1', '--seed', '3', '--frames', '12',
              '--size', '96', '72', '--import', str(tmp_path / 'moving.py'), '--estimator',
              'blob=moving,threshold=20', '--quiet'])
    with np.load(tmp_path / 'clips' / '000003.npz') as npz:
        assert npz['blob'].shape == (12, 1, 2) and list(npz['blob_keypoints']) == ['nose']
        found = np.isfinite(npz['blob'][:, 0, 0])
        assert found.any() and (npz['blob_scores'][found] > 0).all()


# Pairs


def test_pairs_match_by_name_and_offsets_are_taken_off(tmp_path, rng):
    truth = rng.uniform(0, 99, (40, 3, 2)).astype(np.float32)
    estimate = np.zeros((40, 2, 2), np.float32)
    estimate[:, 0] = truth[:, 2] + [5, -3]
    estimate[7, 0] += 50  # An outlier does not move the offset.
    estimate[9] = np.nan
    visible = np.full((40, 3), 2, np.uint8)
    visible[3, 2] = 0
    np.savez(tmp_path / '000001.npz', truth_2d=truth, visible=visible, fps=30.0,
             keypoint_names=['nose', 'left_hip', 'left_knee'], est=estimate,
             est_scores=np.full((40, 2), 0.5), est_keypoints=['left_knee', 'tail'])
    np.savez(tmp_path / '000002.npz', truth_2d=truth, visible=visible, fps=30.0,
             keypoint_names=['nose', 'left_hip', 'left_knee'], est=np.full((40, 0, 2), np.nan),
             est_scores=np.zeros((40, 0)), est_keypoints=np.array([], str))  # no person is found
    arguments = [str(tmp_path), '--estimator', 'est', '-o']
    pairs.main([*arguments, str(tmp_path / 'out' / 'pairs.npz')])
    dataset = PairedPoseDataset(tmp_path / 'out' / 'pairs.npz', representation='keypoints_2d',
                                scores_key='scores')
    [item] = list(dataset)
    assert dataset.metainfo['keypoint_names'] == ('left_knee',)
    assert item['meta']['name'] == '000001' and item['meta']['fps'] == 30
    with np.load(tmp_path / 'out' / 'pairs.npz') as npz:
        error = (npz['estimate'] - npz['ground_truth'])[:, 0]
    assert np.isnan(error[[3, 9]]).all()
    np.testing.assert_allclose(error[7], 50, atol=1e-4)
    np.testing.assert_allclose(np.delete(error, [3, 7, 9], axis=0), 0, atol=1e-4)
    kept = pairs.collect([tmp_path / '000001.npz'], 'est', keep_offset=True)
    np.testing.assert_allclose((kept['estimate'] - kept['ground_truth'])[0, 0], [5, -3], atol=1e-4)
    with pytest.raises(DataFormatError, match="no estimates of 'other', but of est"):
        pairs.collect([tmp_path / '000001.npz'], 'other')
    with pytest.raises(DataFormatError, match='finds no person in any of the 1 clips'):
        pairs.collect([tmp_path / '000002.npz'], 'est')


@pytest.mark.slow
@needs_compiler
def test_from_motion_to_a_table_of_smoothers(tmp_path, monkeypatch, run_tool):
    """64 frames of 320x240, twice, and MediaPipe on one where it is installed with its model."""
    takes = [write_bvh(tmp_path / 'wave.bvh', {
        'LeftArm': np.stack([40 * np.sin(np.arange(600) / 30), *np.zeros((2, 600))], axis=1)}, 600)]
    recipe = clips.Recipe(takes, bodies.capsule_bodies(), 64, (320, 240))
    monkeypatch.setitem(estimators.ESTIMATORS.module_dict, 'jitter',
                        lambda: TruthWithJitter(recipe, (0, 1)))
    chosen = ['--estimator', 'jitter']
    try:
        [built] = estimators.build_estimators(['mediapipe']).values()
        built.close()
        chosen += ['--estimator', 'mediapipe']
    except ConfigError:
        pass
    app.main([str(tmp_path / 'clips'), '--motion', str(takes[0]), '--clips', '2', '--frames', '64',
              '--size', '320', '240', '--quiet', *chosen])
    pairs.main([str(tmp_path / 'clips'), '--estimator', 'jitter', '-o',
                       str(tmp_path / 'pairs.npz')])
    run_tool('benchmark', TOOLS / 'synthetic_video' / 'pairs_2d.py', '--smoothers', 'robust',
             '--out', tmp_path / 'table.csv')
    header, *rows = (line.split(',') for line in
                     (tmp_path / 'table.csv').read_text().splitlines())
    raw, smoothed = (float(row[header.index('mpjpe')]) for row in rows)
    assert 2.0 < raw < 3.0 and smoothed < 0.8 * raw
