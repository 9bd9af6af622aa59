"""Files of body-model parameters: made to the layout, smoothed, read by the layout's own rules."""

from __future__ import annotations

import os
import pickle
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin import load, save, smooth
from smoothnet_plugin.errors import DataFormatError, SmoothNetError, UnsafeFileError
from smoothnet_plugin.io import sniff
from smoothnet_plugin.structures import BodySequence
from smoothnet_plugin.structures.body_joints import BODY_JOINTS

N = 60


def angles(rng, joints, frames=N, noise=0.05, dtype=np.float32):
    """Axis-angles of joints that turn slowly, with noise: (frames, joints * 3)."""
    t = np.arange(frames)[:, None] / 30
    slow = 0.6 * np.sin(2 * np.pi * 0.4 * t + rng.uniform(0, 6, (1, joints * 3)))
    return (slow + rng.normal(0, noise, slow.shape)).astype(dtype)


def path(rng, width=3, frames=N, noise=0.02, dtype=np.float32):
    t = np.arange(frames)[:, None] / 30
    return (2 + np.sin(t + np.arange(width)) + rng.normal(0, noise, (frames, width))).astype(dtype)


def matrices(flat):
    return Rotation.from_rotvec(np.asarray(flat, np.float64).reshape(-1, 3)).as_matrix().reshape(
        *np.shape(flat)[:1], -1, 3, 3)


def jerky(values):
    return np.abs(np.diff(np.asarray(values, np.float64), n=2, axis=0)).mean()


def assert_smoother(new, old):
    assert np.shape(new) == np.shape(old)
    assert np.asarray(new).dtype == np.asarray(old).dtype
    assert jerky(new) < 0.6 * jerky(old)
    assert np.abs(np.asarray(new) - old).mean() < 0.1


@pytest.fixture
def joblib():
    return pytest.importorskip('joblib', reason='joblib checks what was written for it')


@pytest.fixture
def vibe(rng):
    ids = np.r_[2:30, 33:65]
    return {7: dict(
        pose=angles(rng, 24), betas=rng.normal(0, 0.3, (N, 10)).astype('f4'),
        pred_cam=path(rng), orig_cam=path(rng, 4), verts=np.zeros((N, 5, 3), 'f4'),
        joints3d=np.zeros((N, 49, 3), 'f4'), joints2d=None,
        joints2d_img_coord=np.zeros((N, 49, 2), 'f4'), bboxes=path(rng, 4), frame_ids=ids)}


def test_vibe(vibe, joblib, tmp_path):
    joblib.dump(vibe, tmp_path / 'vibe_output.pkl')
    assert sniff(tmp_path / 'vibe_output.pkl') == 'vibe'
    result = smooth(tmp_path / 'vibe_output.pkl', out=tmp_path / 'out.pkl', fps=30)
    body = result[7]
    assert isinstance(body, BodySequence) and set(body.points) == {'pred_cam', 'orig_cam'}
    assert body.skeleton.keypoint_names == BODY_JOINTS[24]
    new, old = joblib.load(tmp_path / 'out.pkl')[7], vibe[7]
    assert list(new) == [k for k in old if k not in ('verts', 'joints3d', 'joints2d_img_coord')]
    for key in ('pose', 'pred_cam', 'orig_cam'):
        assert_smoother(new[key], old[key])
    assert (new['betas'] == new['betas'][0]).all()
    np.testing.assert_allclose(new['betas'][0], old['betas'].mean(axis=0), atol=0.15)
    np.testing.assert_array_equal(new['frame_ids'], old['frame_ids'])  # missing stays missing
    np.testing.assert_array_equal(new['bboxes'], old['bboxes'])
    assert type(new['pose']) is np.ndarray

    smooth(tmp_path / 'vibe_output.pkl', out=tmp_path / 'kept.pkl', fps=30, betas='kept',
           write_options=dict(derived='keep'))
    kept = joblib.load(tmp_path / 'kept.pkl')[7]
    assert list(kept) == list(old)
    np.testing.assert_array_equal(kept['betas'], old['betas'])
    with pytest.raises(SmoothNetError, match='drop, keep'):
        save(tmp_path / 'x.pkl', result, derived='maybe')


def test_nothing_changes_what_is_not_smoothed(vibe, joblib, tmp_path):
    joblib.dump(vibe, tmp_path / 'in.pkl')
    save(tmp_path / 'out.pkl', load(tmp_path / 'in.pkl'))
    new = joblib.load(tmp_path / 'out.pkl')
    assert list(new[7]) == list(vibe[7])
    for key, value in vibe[7].items():
        np.testing.assert_array_equal(new[7][key], value)
    smooth(tmp_path / 'in.pkl', out=tmp_path / 'none.pkl', fps=30, strength=0)
    np.testing.assert_array_equal(joblib.load(tmp_path / 'none.pkl')[7]['pose'], vibe[7]['pose'])


def test_wham(rng, joblib, tmp_path):
    pose = angles(rng, 24)
    world = pose.copy()
    world[:, :3] = angles(rng, 1)
    content = defaultdict(dict)
    content[0] = dict(pose=pose, trans=path(rng), pose_world=world, trans_world=path(rng),
                      betas=rng.normal(0, 1, (N, 10)), verts=np.zeros((N, 3, 3)),
                      frame_ids=np.arange(N))
    joblib.dump(content, tmp_path / 'wham_output.pkl')
    assert sniff(tmp_path / 'wham_output.pkl') == 'wham'
    tracks = smooth(tmp_path / 'wham_output.pkl', out=tmp_path / 'out.pkl', fps=30)
    assert tracks[0].num_keypoints == 25
    new = joblib.load(tmp_path / 'out.pkl')
    assert type(new) is defaultdict and 'verts' not in new[0]
    for key in ('pose', 'pose_world', 'trans', 'trans_world'):
        assert_smoother(new[0][key], content[0][key])
    np.testing.assert_array_equal(new[0]['pose'][:, 3:], new[0]['pose_world'][:, 3:])
    assert np.abs(new[0]['pose'][:, :3] - new[0]['pose_world'][:, :3]).mean() > 0.1


def test_wham_without_the_world(rng, joblib, tmp_path):
    joblib.dump({1: dict(pose=angles(rng, 24), trans=path(rng), frame_ids=np.arange(N))},
                tmp_path / 'w.pkl')
    assert sniff(tmp_path / 'w.pkl') == 'wham' and load(tmp_path / 'w.pkl')[1].num_keypoints == 24


def test_results_of_whams_api(rng):
    pose = matrices(angles(rng, 24))
    person = dict(poses_root_cam=pose[:, :1], poses_body=pose[:, 1:],
                  betas=np.zeros((N, 10)), frame_id=np.arange(N))
    new = smooth({0: person}, fps=30)[0]
    for key in ('poses_body',):
        assert_smoother(new[key], person[key])
        product = new[key] @ new[key].swapaxes(-1, -2)
        np.testing.assert_allclose(product, np.broadcast_to(np.eye(3), product.shape), atol=1e-6)
    assert new['frame_id'] is person['frame_id']


def phalp_frame(matrix, number, people, **more):
    return dict(time=number, shot=0, tid=[tid for tid, _ in people],
                tracked_time=[lost for _, lost in people],
                smpl=[dict(global_orient=matrix[number, :1].astype('f4'),
                           body_pose=matrix[number, 1:].astype('f4'),
                           betas=np.full(10, 0.1, 'f4')) for _ in people],
                camera=[np.array([0.1, 0.2, 30], 'f4') for _ in people],
                conf=[np.array(0.8)] * len(people), bbox=[np.zeros(4)] * len(people),
                mask=[dict(size=[4, 4], counts=b'abc')] * len(people),
                tracked_ids=[1], img_path=f'{number}.jpg', **more)


def test_phalp(rng, joblib, tmp_path):
    pose = matrices(angles(rng, 24))
    content = {f'/v/{i:06d}.jpg': phalp_frame(
        pose, i, [(3, 0)] + ([(5, max(0, i - 40))] if i > 4 else []), **{
            '3d_joints': [0], 'pose': [0]}) for i in range(N)}
    joblib.dump(content, tmp_path / 'demo_v.pkl', compress=3)
    assert sniff(tmp_path / 'demo_v.pkl') == 'phalp'
    tracks = smooth(tmp_path / 'demo_v.pkl', out=tmp_path / 'out.pkl', fps=30)
    # Ghosts, which repeat the last pose, are no measurements.
    assert tracks[5].frame_ids.max() == 40 and len(tracks[3]) == N
    assert (tracks[3].scores == 0.8).all()
    head = (tmp_path / 'out.pkl').read_bytes()[:1]
    assert head == b'x'  # compressed as before
    new = joblib.load(tmp_path / 'out.pkl')
    assert list(new) == list(content)
    bodies = np.stack([frame['smpl'][0]['body_pose'] for frame in new.values()])
    assert_smoother(bodies, pose[:, 1:].astype('f4'))
    for key, frame in content.items():
        assert set(frame) - set(new[key]) == {'3d_joints', 'pose'}
        assert new[key]['mask'] == frame['mask'] and new[key]['tid'] == frame['tid']
    last = list(content)[-1]  # The ghost there stays as it was.
    np.testing.assert_array_equal(new[last]['smpl'][1]['body_pose'],
                                  content[last]['smpl'][1]['body_pose'])


def test_phalp_cuts(rng, joblib, tmp_path):
    pose = matrices(angles(rng, 24))
    content = {('v.mp4', i): phalp_frame(pose, i, [(3, 0)]) for i in range(N)}
    content['v.mp4', 30]['shot'] = 1
    joblib.dump(content, tmp_path / 'demo.pkl', compress=3)
    tracks = load(tmp_path / 'demo.pkl')
    assert set(tracks.tracks) == {3, '3_shot2'} and tracks['3_shot2'].frame_ids[0] == 30
    smooth(tmp_path / 'demo.pkl', 'gaussian', tmp_path / 'out.pkl', fps=30)
    assert set(joblib.load(tmp_path / 'out.pkl')) == set(content)


def test_gvhmr(rng, tmp_path):
    torch = pytest.importorskip('torch')
    body, shape = torch.from_numpy(angles(rng, 21)), torch.from_numpy(
        rng.normal(0, 0.2, (N, 10)).astype('f4'))
    content = {f'smpl_params_{name}': dict(
        body_pose=body, betas=shape, global_orient=torch.from_numpy(angles(rng, 1)),
        transl=torch.from_numpy(path(rng))) for name in ('global', 'incam')}
    content['K_fullimg'] = torch.eye(3).repeat(N, 1, 1)
    content['net_outputs'] = {'pred': {'x': torch.ones(1, N, 2)}}
    torch.save(content, tmp_path / 'hmr4d_results.pt')
    assert sniff(tmp_path / 'hmr4d_results.pt') == 'gvhmr'
    tracks = smooth(tmp_path / 'hmr4d_results.pt', out=tmp_path / 'out.pt')
    assert tracks.fps == 30 and tracks[0].num_keypoints == 23
    new = torch.load(tmp_path / 'out.pt', weights_only=True)
    for group in ('smpl_params_global', 'smpl_params_incam'):
        for key in ('body_pose', 'global_orient', 'transl'):
            assert_smoother(new[group][key].numpy(), content[group][key].numpy())
        assert torch.equal(new[group]['betas'], new[group]['betas'][:1].expand(N, 10))
    assert torch.equal(*(new[f'smpl_params_{name}']['body_pose'] for name in ('global', 'incam')))
    assert torch.equal(new['net_outputs']['pred']['x'], content['net_outputs']['pred']['x'])


def romp_image(pose, cam, index, ids=None):
    rows = {'smpl_thetas': pose[index:index + 1], 'global_orient': pose[index:index + 1, :3],
            'body_pose': pose[index:index + 1, 3:], 'smpl_betas': np.full((1, 10), 0.5, 'f4'),
            'cam': cam[index:index + 1], 'center_confs': np.array([0.9], 'f4'),
            'joints': np.zeros((1, 71, 3), 'f4')}
    return rows if ids is None else {**rows, 'track_ids': np.array(ids)}


def objects(value):
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def test_romp_video(rng, tmp_path):
    pose, cam = angles(rng, 24), path(rng)
    pose[:, 66:] = 0  # ROMP's hands
    results = {f'{i:05d}.jpg': romp_image(pose, cam, i, [4]) if i != 20 else {} for i in range(N)}
    shown = [i for i in range(N) if i != 20]
    sequences = {4: {'frame_id': shown, 'smpl_thetas': [pose[i] for i in shown],
                     'cam': [cam[i] for i in shown]}}
    np.savez(tmp_path / 'video_results.npz', results=objects(results),
             sequence_results=objects(sequences))
    assert sniff(tmp_path / 'video_results.npz') == 'romp'
    smooth(tmp_path / 'video_results.npz', out=tmp_path / 'out.npz', fps=30)
    with np.load(tmp_path / 'out.npz', allow_pickle=True) as file:
        new, by_id = file['results'].item(), file['sequence_results'].item()
    assert list(new) == list(results) and new['00020.jpg'] == {}
    after = np.concatenate([new[f'{i:05d}.jpg']['smpl_thetas'] for i in shown])
    assert_smoother(after, pose[shown])
    np.testing.assert_allclose(after[:, 66:], 0, atol=1e-7)
    np.testing.assert_array_equal(after[:, 3:], np.concatenate(
        [new[f'{i:05d}.jpg']['body_pose'] for i in shown]))
    np.testing.assert_array_equal(np.stack(by_id[4]['smpl_thetas']), after)
    assert 'joints' not in new['00000.jpg']


def test_romp_folder(rng, tmp_path):
    pose, cam = angles(rng, 24), path(rng)
    folder = tmp_path / 'romp'
    folder.mkdir()
    for i in range(N):
        np.savez(folder / f'{i:05d}.npz', results=objects(romp_image(pose, cam, i)))
    assert sniff(folder) == 'romp'
    smooth(folder, out=tmp_path / 'out', fps=30, input_format='romp', output_format='romp')
    after = [np.load(file, allow_pickle=True)['results'].item()['smpl_thetas']
             for file in sorted((tmp_path / 'out').glob('*.npz'))]
    assert_smoother(np.concatenate(after), pose)


def test_romp_without_ids(rng, tmp_path):
    pose, cam = angles(rng, 24), path(rng)
    two = {key: np.repeat(value, 2, axis=0) for key, value in romp_image(pose, cam, 0).items()}
    np.savez(tmp_path / 'r.npz', results=objects({'a': two}))
    with pytest.raises(DataFormatError, match='temporal'):
        load(tmp_path / 'r.npz')


def test_mmhuman3d_inference_result(rng, tmp_path):
    poses = {3: angles(rng, 23).reshape(N, 23, 3), 8: angles(rng, 23).reshape(N, 23, 3)}
    frames = np.repeat(np.arange(N), 2)
    people = np.tile([8, 3], N)
    body = np.stack([poses[person][frame] for frame, person in zip(frames, people)])
    smpl = dict(body_pose=body, global_orient=np.repeat(angles(rng, 1), 2, axis=0),
                betas=rng.normal(0, 0.1, (2 * N, 10)).astype('f4'))
    np.savez_compressed(
        tmp_path / 'inference_result.npz', smpl=objects(smpl), person_id=people, frame_id=frames,
        verts=objects([1, 2]), pred_cams=rng.normal(0, 1, (2 * N, 3)), __key_strict__=False,
        bboxes_xyxy=np.zeros((2 * N, 5)))
    assert sniff(tmp_path / 'inference_result.npz') == 'mmhuman3d'
    tracks = smooth(tmp_path / 'inference_result.npz', out=tmp_path / 'out.npz', fps=30)
    assert set(tracks.tracks) == {3, 8}
    with np.load(tmp_path / 'out.npz', allow_pickle=True) as file:
        assert 'verts' not in file and not file['__key_strict__']
        np.testing.assert_array_equal(file['person_id'], people)
        new = file['smpl'].item()
    for person, old in poses.items():
        assert_smoother(new['body_pose'][people == person], old)


def test_humandata_of_smplx(rng, tmp_path):
    smplx = dict(global_orient=angles(rng, 1), body_pose=angles(rng, 21).reshape(N, 21, 3),
                 left_hand_pose=angles(rng, 15).reshape(N, 15, 3),
                 right_hand_pose=angles(rng, 15).reshape(N, 15, 3), jaw_pose=angles(rng, 1),
                 leye_pose=angles(rng, 1), reye_pose=angles(rng, 1), betas=np.zeros((N, 10)),
                 transl=path(rng), expression=rng.normal(0, 1, (N, 10)))
    np.savez(tmp_path / 'h.npz', smplx=objects(smplx), __data_len__=N,
             keypoints3d=np.zeros((N, 190, 4)), keypoints3d_mask=np.ones(190))
    tracks = smooth(tmp_path / 'h.npz', out=tmp_path / 'out.npz', fps=30)
    assert tracks[0].num_keypoints == 55
    with np.load(tmp_path / 'out.npz', allow_pickle=True) as file:
        new = file['smplx'].item()
    for key in set(smplx) - {'betas', 'expression'}:
        assert_smoother(new[key], smplx[key])
    np.testing.assert_array_equal(new['expression'], smplx['expression'])


@pytest.mark.parametrize('compressed', [False, True])
def test_amass_smplh(rng, tmp_path, compressed):
    content = dict(poses=angles(rng, 52, dtype=np.float64), trans=path(rng, dtype=np.float64),
                   betas=rng.normal(0, 1, 16), dmpls=rng.normal(0, 1, (N, 8)),
                   gender=np.array(b'male'), mocap_framerate=np.array(60.0))
    (np.savez_compressed if compressed else np.savez)(tmp_path / 'a_poses.npz', **content)
    assert sniff(tmp_path / 'a_poses.npz') == 'amass'
    tracks = smooth(tmp_path / 'a_poses.npz', out=tmp_path / 'out.npz')
    assert tracks.fps == 60 and tracks[0].num_keypoints == 52
    with np.load(tmp_path / 'out.npz') as new:
        assert list(new) == list(content)
        for key in ('poses', 'trans'):
            assert_smoother(new[key], content[key])
        for key in ('betas', 'dmpls', 'gender', 'mocap_framerate'):
            np.testing.assert_array_equal(new[key], content[key])


def test_amass_smplx_parts_agree(rng, tmp_path):
    poses = angles(rng, 55)
    parts = dict(root_orient=poses[:, :3], pose_body=poses[:, 3:66], pose_jaw=poses[:, 66:69],
                 pose_eye=poses[:, 69:75], pose_hand=poses[:, 75:])
    np.savez(tmp_path / 'x_stageii.npz', poses=poses, **parts, trans=path(rng), betas=np.zeros(16),
             mocap_frame_rate=30.0, surface_model_type='smplx', gender='neutral')
    smooth(tmp_path / 'x_stageii.npz', out=tmp_path / 'out.npz')
    with np.load(tmp_path / 'out.npz') as new:
        assert_smoother(new['poses'], poses)
        np.testing.assert_array_equal(
            np.concatenate([new[key] for key in parts], axis=1), new['poses'])


def test_smplx_npz_by_parts(rng, tmp_path):
    content = dict(global_orient=angles(rng, 1), body_pose=angles(rng, 21), transl=path(rng),
                   betas=np.zeros((1, 10)), left_hand_pose=rng.normal(0, 1, (N, 6)))
    np.savez(tmp_path / 'p.npz', **content)
    tracks = smooth(tmp_path / 'p.npz', out=tmp_path / 'out.npz', fps=30)
    assert tracks[0].num_keypoints == 22
    with np.load(tmp_path / 'out.npz') as new:
        assert_smoother(new['body_pose'], content['body_pose'])
        np.testing.assert_array_equal(new['left_hand_pose'], content['left_hand_pose'])  # PCA


def test_aist(rng, tmp_path):
    content = dict(smpl_poses=angles(rng, 24, dtype=np.float64), smpl_scaling=np.array([90.0]),
                   smpl_trans=100 * path(rng, dtype=np.float64), smpl_loss=0.1)
    (tmp_path / 'm.pkl').write_bytes(pickle.dumps(content))
    assert sniff(tmp_path / 'm.pkl') == 'aist'
    tracks = smooth(tmp_path / 'm.pkl', out=tmp_path / 'out.pkl')
    assert tracks.fps == 60
    new = pickle.loads((tmp_path / 'out.pkl').read_bytes())
    assert_smoother(new['smpl_poses'], content['smpl_poses'])
    assert jerky(new['smpl_trans']) < 0.6 * jerky(content['smpl_trans'])
    np.testing.assert_array_equal(new['smpl_scaling'], content['smpl_scaling'])
    assert new['smpl_loss'] == 0.1


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, obj):
        data = obj if isinstance(obj, bytes) else obj.encode('latin1')
        self.write(pickle.BINSTRING + len(data).to_bytes(4, 'little') + data)
        self.memoize(obj)

    dispatch[bytes] = save_str
    dispatch[str] = save_str


def test_3dpw_of_python_2(rng, tmp_path):
    content = dict(poses=[angles(rng, 24, dtype=np.float64), angles(rng, 24, dtype=np.float64)],
                   trans=[path(rng, dtype=np.float64), path(rng, dtype=np.float64)],
                   poses_60Hz=[np.zeros((2 * N, 72))] * 2, betas=[np.zeros(10)] * 2,
                   genders=['m', 'f'], jointPositions=[np.zeros((N, 72))] * 2,
                   campose_valid=[np.ones(N)] * 2, img_frame_ids=np.arange(N),
                   cam_poses=np.zeros((N, 4, 4)), sequence='outdoors')
    with (tmp_path / 's.pkl').open('wb') as file:
        Python2Pickler(file, protocol=2).dump(content)
    assert sniff(tmp_path / 's.pkl') == 'pw3d'
    tracks = smooth(tmp_path / 's.pkl', out=tmp_path / 'out.pkl')
    assert len(tracks) == 2 and tracks.fps == 30
    new = pickle.loads((tmp_path / 'out.pkl').read_bytes(), encoding='latin1')
    for actor in (0, 1):
        for key in ('poses', 'trans'):
            assert_smoother(new[key][actor], content[key][actor])
    assert 'jointPositions' not in new and new['genders'] == ['m', 'f']
    np.testing.assert_array_equal(new['poses_60Hz'][0], content['poses_60Hz'][0])


def test_dict_of_arrays_and_of_people(rng):
    torch = pytest.importorskip('torch')
    person = dict(global_orient=angles(rng, 1), body_pose=torch.from_numpy(angles(rng, 23)),
                  betas=rng.normal(0, 1, (N, 10)), transl=path(rng), gender='male')
    new = smooth(person, fps=30)
    assert list(new) == list(person) and new['gender'] is person['gender']
    assert isinstance(new['body_pose'], torch.Tensor) and new['body_pose'].dtype == torch.float32
    assert_smoother(new['body_pose'].numpy(), person['body_pose'].numpy())
    assert_smoother(new['transl'], person['transl'])
    assert (new['betas'] == new['betas'][0]).all()
    both = smooth({'a': person, 'b': person}, fps=30)
    np.testing.assert_array_equal(both['b']['body_pose'], new['body_pose'])
    live = smooth(person, 'gaussian', fps=30, lookahead=5)
    assert_smoother(live['transl'], person['transl'])
    with pytest.raises(DataFormatError, match='no rotations'):
        smooth({'x': np.zeros((4, 5))})
    with pytest.raises(DataFormatError, match='one form'):
        smooth({'global_orient': person['global_orient'],
                'body_pose': matrices(person['body_pose'])}, fps=30)


@pytest.mark.parametrize('shape', [(N, 72), (N, 24, 3), (N, 24, 3, 3)])
def test_arrays(rng, shape):
    values = angles(rng, 24)
    values = matrices(values) if len(shape) == 4 else values.reshape(shape)
    new = smooth(values, representation='rotmat' if len(shape) == 4 else 'axis_angle', fps=30)
    assert_smoother(new, values)


def test_the_camera_has_its_own_band(rng):
    """Trembling rotations do not make a calm camera move, nor the other way round."""
    calm = np.tile([0.9, 0.1, 0.2], (N, 1)) + 1e-6 * rng.normal(0, 1, (N, 3))
    person = dict(pose=angles(rng, 24, noise=0.2), pred_cam=calm)
    assert np.abs(smooth(person, fps=30)['pred_cam'] - calm).max() < 1e-5
    still = dict(pose=np.tile(angles(rng, 24)[:1], (N, 1)), pred_cam=path(rng, noise=0.3))
    assert np.abs(smooth(still, fps=30)['pose'] - still['pose']).max() < 1e-5


def test_what_is_missing_stays_missing(rng):
    person = dict(pose=angles(rng, 24), transl=path(rng))
    person['pose'][:20] = np.nan
    person['transl'][50:] = np.nan
    new = smooth(person, fps=30)
    assert np.isnan(new['pose'][:20]).all() and np.isnan(new['transl'][50:]).all()
    assert np.isfinite(new['pose'][20:]).all() and np.isfinite(new['transl'][20:50]).all()


def test_conversion_to_amass_and_bvh(vibe, joblib, tmp_path):
    joblib.dump(vibe, tmp_path / 'v.pkl')
    tracks = smooth(tmp_path / 'v.pkl', out=tmp_path / 'a.npz', fps=30)
    amass = load(tmp_path / 'a.npz', format='amass')
    assert amass.fps == 30 and amass[0].num_keypoints == 52
    np.testing.assert_allclose(amass[0].coords[:, :22], tracks[7].coords[:, :22], atol=1e-5)
    save(tmp_path / 'a.bvh', tracks)
    bvh = load(tmp_path / 'a.bvh')
    assert bvh[0].skeleton.keypoint_names[0] == 'pelvis' and bvh[0].num_keypoints == 24
    names = bvh[0].skeleton.keypoint_names
    for joint in ('left_knee', 'right_wrist', 'head'):
        np.testing.assert_allclose(
            bvh[0].coords[:, names.index(joint)].reshape(-1, 3, 3),
            matrices(tracks[7].coords[:, BODY_JOINTS[24].index(joint)])[:, 0], atol=1e-4)
    with pytest.raises(DataFormatError, match='amass'):
        save(tmp_path / 'w.pkl', tracks, format='wham')
    with pytest.raises(DataFormatError, match='choose one of amass, bvh, npy, npz, smoothnet_npz'):
        save(tmp_path / 'w.json', tracks, format='coco')
    both = tracks.replace(tracks={1: tracks[7], 2: tracks[7]})
    for name in ('b.npz', 'b.bvh'):
        with pytest.raises(DataFormatError, match='one person'):
            save(tmp_path / name, both)


class Evil:
    def __reduce__(self):
        return os.system, ('touch /tmp/smoothnet_evil',)


@pytest.mark.parametrize('compress', [0, 3, ('gzip', 3), ('xz', 3)])
def test_a_pickle_that_would_run_code(vibe, joblib, tmp_path, compress):
    vibe[7]['extra'] = Evil()
    joblib.dump(vibe, tmp_path / 'v.pkl', compress=compress)
    for options in ({}, {'format': 'vibe'}):
        with pytest.raises(DataFormatError) as caught:
            load(tmp_path / 'v.pkl', **options)
        assert caught.type is UnsafeFileError and 'system' in str(caught.value)
    assert not Path('/tmp/smoothnet_evil').exists()


@pytest.mark.parametrize('compress', [0, 3, ('bz2', 3)])
def test_cut_off(vibe, joblib, tmp_path, compress):
    joblib.dump(vibe, tmp_path / 'v.pkl', compress=compress)
    content = (tmp_path / 'v.pkl').read_bytes()
    for share in (0.01, 0.3, 0.7, 0.99):
        (tmp_path / 'cut.pkl').write_bytes(content[:int(share * len(content))])
        with pytest.raises(DataFormatError, match='cut off|damaged'):
            load(tmp_path / 'cut.pkl')


def test_bombs_are_not_inflated(tmp_path):
    (tmp_path / 'b.pkl').write_bytes(zlib.compress(b'\x80\x04' + bytes(1 << 25), 9))
    assert (tmp_path / 'b.pkl').stat().st_size < 1 << 16
    with pytest.raises(DataFormatError, match='larger than'):
        load(tmp_path / 'b.pkl')


@pytest.mark.parametrize(('key', 'value', 'match'), [
    ('pose', np.zeros((N, 70)), 'shape'), ('pose', np.zeros((N - 1, 72)), 'frame_ids|shape'),
    ('frame_ids', np.zeros(N), 'increase'), ('frame_ids', np.arange(N - 1), 'whole numbers'),
    ('betas', np.zeros((3, 10)), 'row'), ('pose', 'text', 'numbers'),
    ('pred_cam', [[1], [2, 3]], 'inhomogeneous|numbers')])
def test_arrays_that_do_not_fit(vibe, joblib, tmp_path, key, value, match):
    vibe[7][key] = value
    joblib.dump(vibe, tmp_path / 'v.pkl')
    with pytest.raises(DataFormatError, match=match):
        load(tmp_path / 'v.pkl')


def test_damaged_npz_and_pt(rng, tmp_path):
    np.savez(tmp_path / 'a.npz', poses=np.zeros((N, 71)), trans=np.zeros((N, 3)))
    with pytest.raises(DataFormatError, match='poses'):
        load(tmp_path / 'a.npz')
    np.savez(tmp_path / 'a.npz', poses=np.zeros((N, 72)), mocap_framerate='fast')
    with pytest.raises(DataFormatError, match='frame rate'):
        load(tmp_path / 'a.npz')
    np.savez(tmp_path / 'm.npz', smpl=objects({'betas': np.zeros((4, 10))}))
    with pytest.raises(DataFormatError, match='rotations'):
        load(tmp_path / 'm.npz')
    np.savez(tmp_path / 'r.npz', results=objects({'a': {'smpl_thetas': np.zeros((1, 70))}}))
    with pytest.raises(DataFormatError, match='shape'):
        load(tmp_path / 'r.npz')
    torch = pytest.importorskip('torch')
    torch.save({'smpl_params_incam': {'body_pose': torch.zeros(4, 62)}}, tmp_path / 'g.pt')
    with pytest.raises(DataFormatError, match='body_pose'):
        load(tmp_path / 'g.pt')
    content = (tmp_path / 'g.pt').read_bytes()
    (tmp_path / 'g.pt').write_bytes(content[:-200])
    with pytest.raises(DataFormatError):
        load(tmp_path / 'g.pt')
