from __future__ import annotations

import cv2
import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import BodySequence, PoseSequence, PoseTracks, Skeleton
from smoothnet_plugin.structures.body_joints import BODY_JOINTS, LEFT_HAND
from smoothnet_plugin.visualization import View, draw_clip
from smoothnet_plugin.visualization.mesh import draw_mesh
from smoothnet_plugin.visualization.palette import BACKGROUND
from smoothnet_plugin.visualization.posed import body_meshes, with_joints
from smoothnet_plugin.visualization.scene import build_scene

from ..body_file import ball, body_arrays

GREY = (200, 200, 200)


@pytest.fixture
def body(tmp_path):
    pytest.importorskip('smplx')
    from smoothnet_plugin.evaluation.body_model import BodyModel
    np.savez(tmp_path / 'model.npz', **body_arrays())
    return BodyModel(tmp_path / 'model.npz')


def people(rng, frames=10, spread=0.2, names=BODY_JOINTS[24], **fields):
    """A person in some pose, in axis-angles."""
    return BodySequence(rng.normal(0, spread, (frames, len(names), 3)), fps=30,
                        representation='axis_angle',
                        skeleton=Skeleton('body', names, root=(names[0],)), **fields)


def picture(size=200):
    return np.full((size, size, 3), BACKGROUND, np.uint8)


def test_aball_covers_a_disc_lit_from_above():
    points, faces = ball()
    image = picture()
    draw_mesh(image, 80 * points + [100, 100, 0], faces, GREY)
    inside = (image != BACKGROUND).any(axis=-1)
    outline = cv2.convexHull((80 * points[:, :2] + 100).astype(np.float32))
    assert inside.sum() == pytest.approx(cv2.contourArea(outline), rel=0.03)
    grey = image.astype(int).sum(axis=-1)
    assert grey[60:90, 60:90].mean() > 1.3 * grey[120:150, 120:150].mean()
    reversed_faces, far = picture(), picture()
    draw_mesh(reversed_faces, 80 * points + [100, 100, 0], faces[:, ::-1], GREY)
    draw_mesh(far, 80 * points + [100, 100, 5000], faces, GREY)
    assert (reversed_faces == image).all() and (far == image).all()


def test_what_is_in_front_hides_what_is_behind():
    points, faces = ball()
    front, alone = picture(), picture()
    draw_mesh(alone, 60 * points + [100, 100, -300], faces, GREY)
    both = np.concatenate([30 * points + [100, 100, 200], 60 * points + [100, 100, -300]])
    draw_mesh(front, both, np.concatenate([faces, faces + len(points)]), GREY)
    assert (front == alone).all()
    behind = picture()
    both[:, 2] *= -1
    draw_mesh(behind, both, np.concatenate([faces, faces + len(points)]), GREY)
    assert (behind != alone).any()


def test_points_far_outside_and_faint_meshes():
    points, faces = ball()
    image, faint = picture(), picture()
    draw_mesh(image, 1e7 * points, faces, GREY)
    assert image.shape == (200, 200, 3)
    draw_mesh(faint, 80 * points + [100, 100, 0], faces, (0, 0, 0), faint=True)
    assert 0.4 < faint[100, 100].mean() / np.mean(BACKGROUND) < 0.7


@pytest.mark.parametrize('turn', [0.0, 200.0])
def test_the_mesh_lies_around_the_joints(body, rng, turn):
    shift = np.linspace(0, 1, 10)[:, None] * [1.0, 0.1, 0.5]
    clip = PoseTracks({0: people(rng, points={'transl': shift})}, fps=30)
    numbers = range(10)
    scene = build_scene({'raw': with_joints(clip, body)}, numbers, 30, 0, None,
                        View(follow=True, turn=turn))
    frames = list(draw_clip({'raw': clip}, fps=30, view=View(True, turn, body=body)))
    for frame, points in zip(frames, scene.camera.project(scene.panels['raw'][0].coords)):
        columns, rows = points.round().astype(int).T
        assert (frame[44 + rows, columns] != BACKGROUND).any(axis=-1).all()


def test_the_shape_changes_the_mesh_and_the_bones(body, rng):
    large = np.zeros((10, 12))
    large[:, 0] = 1
    clips = [PoseTracks({0: people(np.random.default_rng(1), betas=betas)}, fps=30)
             for betas in (None, large)]
    heights, bones = [], []
    for clip in clips:
        vertices = body_meshes(clip, body)[0].vertices(3)
        heights.append(np.ptp(vertices[:, 1]))
        joints = with_joints(clip, body)[0].coords[3]
        bones.append(np.linalg.norm(joints[4] - joints[1]))
    assert heights[1] == pytest.approx(1.1 * heights[0], rel=1e-5)
    assert bones[1] == pytest.approx(1.1 * bones[0], rel=1e-5)


def test_joints_of_the_model_are_those_of_its_regressor(body, rng):
    clip = PoseTracks({0: people(rng)}, fps=30)
    vertices = body_meshes(clip, body)[0].vertices(5)
    regressed = body_arrays()['J_regressor'] @ vertices
    joints = with_joints(clip, body)[0].coords[5]
    np.testing.assert_allclose(joints - joints[0], regressed, atol=1e-5)


def test_joints_go_by_name(body, rng):
    """WHAM has a root in the world beside the one in the camera, AMASS hands of SMPL-H."""
    whole = people(rng, names=(*BODY_JOINTS[22], *LEFT_HAND, 'pelvis_world'))
    part = whole.rotations().replace(
        coords=whole.coords[:, :22], valid=None, filled=None,
        skeleton=Skeleton('body', BODY_JOINTS[22]))
    meshes = [body_meshes(PoseTracks({0: one}, fps=30), body)[0].vertices(2)
              for one in (whole, part)]
    np.testing.assert_array_equal(*meshes)
    joints = [with_joints(PoseTracks({0: one}, fps=30))[0] for one in (whole, part)]
    np.testing.assert_array_equal(joints[0].coords[:, :22], joints[1].coords)
    assert joints[0].num_keypoints == 37


def test_joints_that_only_the_model_has_are_straight(tmp_path, rng):
    """A file of SMPL-H with the model of SMPL-X, whose jaw and eyes it does not have."""
    pytest.importorskip('smplx')
    from smoothnet_plugin.evaluation.body_model import BodyModel
    np.savez(tmp_path / 'smplx.npz', **body_arrays(55))
    model = BodyModel(tmp_path / 'smplx.npz')
    part, whole = people(rng, names=BODY_JOINTS[52]), people(rng, names=BODY_JOINTS[55])
    whole.coords[:] = 0
    for i, name in enumerate(BODY_JOINTS[55]):
        if name in BODY_JOINTS[52]:
            whole.coords[:, i] = part.coords[:, BODY_JOINTS[52].index(name)]
    meshes = [body_meshes(PoseTracks({0: one}, fps=30), model)[0].vertices(2)
              for one in (part, whole)]
    np.testing.assert_array_equal(*meshes)
    assert with_joints(PoseTracks({0: part}, fps=30), model)[0].num_keypoints == 55


def test_missing_rotations_have_no_mesh(body, rng):
    sequence = people(rng)
    sequence.coords[4, 3] = np.nan
    clip = PoseTracks({0: sequence.select(np.arange(10) != 7).replace(valid=None)}, fps=30)
    mesh = body_meshes(clip, body)[0]
    assert [number for number in range(10) if mesh.vertices(number) is None] == [4, 7]
    assert len(list(draw_clip({'raw': clip}, fps=30, view=View(body=body)))) == 10


@pytest.mark.slow
def test_the_nearer_of_two_people_is_in_front(body, rng):
    same = people(rng, spread=0.0)
    upright = BodySequence.of_rotations(same.rotations())

    def at(depth):
        shift = np.tile([0.0, 0.0, depth], (10, 1))
        return BodySequence.of_rotations(upright.rotations(), points={'transl': shift})

    frames = [next(draw_clip({'raw': PoseTracks(dict(zip(keys, map(at, (0.0, 0.3)))), fps=30)},
                             fps=30, view=View(body=body))) for keys in ((1, 2), (2, 1))]
    colors = [set(map(tuple, frame.reshape(-1, 3).tolist())) for frame in frames]
    assert colors[0] != colors[1]


def test_models_that_cannot_be_drawn(tmp_path, rng):
    pytest.importorskip('smplx')
    from smoothnet_plugin.evaluation.body_model import BodyModel
    arrays = body_arrays()
    faces = arrays.pop('f')
    np.savez(tmp_path / 'bare.npz', **arrays)
    clip = PoseTracks({0: people(rng)}, fps=30)
    with pytest.raises(DataFormatError, match='no triangles'):
        body_meshes(clip, BodyModel(tmp_path / 'bare.npz'))
    np.savez(tmp_path / 'model.npz', f=faces, **arrays)
    keypoints = PoseTracks({0: PoseSequence(
        rng.random((5, 17, 3)), fps=30, representation='keypoints_3d')}, fps=30)
    with pytest.raises(DataFormatError, match='hold keypoints'):
        body_meshes(keypoints, BodyModel(tmp_path / 'model.npz'))
    cut = {key: value for key, value in arrays.items() if key != 'kintree_table'}
    cut.update(weights=arrays['weights'][:, :20], J_regressor=arrays['J_regressor'][:20],
               kintree_table=arrays['kintree_table'][:, :20], f=faces)
    np.savez(tmp_path / 'cut.npz', **cut)
    with pytest.raises(DataFormatError, match='has 20 joints'):
        body_meshes(clip, BodyModel(tmp_path / 'cut.npz'))
