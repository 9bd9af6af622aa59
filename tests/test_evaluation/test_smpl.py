from __future__ import annotations

import pickle
import sys
import types

import numpy as np
import pytest
from scipy.sparse import csc_matrix, csr_matrix
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import ConfigError, DataFormatError, UnsafeFileError
from smoothnet_plugin.evaluation import SMPLMetric, WorstFramesMetric
from smoothnet_plugin.evaluation import functional as F
from smoothnet_plugin.evaluation.body_model import BodyModel, load_smpl_arrays

VERTICES = 30
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]


@pytest.fixture
def arrays(rng):
    """A body with SMPL's layout and no likeness to anybody."""
    return {
        'v_template': rng.normal(size=(VERTICES, 3)),
        'shapedirs': 0.1 * rng.normal(size=(VERTICES, 3, 12)),
        'posedirs': 0.05 * rng.normal(size=(VERTICES, 3, 207)),
        'J_regressor': rng.dirichlet(np.ones(VERTICES), 24),
        'weights': rng.dirichlet(np.ones(24), VERTICES),
        'kintree_table': np.array([[2 ** 32 - 1, *PARENTS[1:]], range(24)], dtype=np.uint32)}


@pytest.fixture
def extra(tmp_path, rng):
    regressor = rng.dirichlet(np.ones(VERTICES), 9)
    np.save(tmp_path / 'J_regressor_extra.npy', regressor)
    return tmp_path / 'J_regressor_extra.npy', regressor


@pytest.fixture
def model_file(tmp_path, arrays):
    np.savez(tmp_path / 'body.npz', **arrays)
    return tmp_path / 'body.npz'


def naive_body(arrays, extra_row, rotations, betas):
    """Linear blend skinning of one frame, vertex by vertex, in float64 (SMPL, section 3)."""
    shaped = arrays['v_template'] + arrays['shapedirs'][:, :, :10] @ betas
    joints = arrays['J_regressor'] @ shaped
    posed = shaped + arrays['posedirs'] @ (rotations[1:] - np.eye(3)).ravel()
    world = []
    for k, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3] = rotations[k]
        local[:3, 3] = joints[k] if k == 0 else joints[k] - joints[parent]
        world.append(local if k == 0 else world[parent] @ local)
    moved = np.array([m[:3, 3] for m in world])
    vertices = []
    for v in range(VERTICES):
        point = np.zeros(3)
        for k, m in enumerate(world):
            point += arrays['weights'][v, k] * (m[:3, :3] @ (posed[v] - joints[k]) + m[:3, 3])
        vertices.append(point)
    vertices = np.array(vertices)
    order = [8, 5, 2, 1, 4, 7, 21, 19, 17, 16, 18, 20, 12]
    return np.vstack([moved[order], extra_row @ vertices]), vertices


def rot6d(rotations):
    return rotations[..., :2].reshape(*rotations.shape[:-2], 6)


def poses(rng, frames, spread):
    angles = rng.normal(0, spread, (frames * 24, 3))
    return Rotation.from_rotvec(angles).as_matrix().reshape(frames, 24, 3, 3)


def smpl_sample(sample, pred, inputs, target, **meta):
    return sample(pred, inputs, target, **{'unit': '', 'representation': 'rot6d',
                                           'root_indices': None, **meta})


def test_body_against_naive_skinning(rng, arrays, model_file, extra):
    pytest.importorskip('smplx')
    body = BodyModel(model_file, extra[0])
    rotations, betas = poses(rng, 4, 0.5), rng.normal(size=(4, 10))
    keypoints, vertices = body(rotations, betas)
    assert (keypoints.shape, vertices.shape) == ((4, 14, 3), (4, VERTICES, 3))
    for t in range(4):
        expected = naive_body(arrays, extra[1][3], rotations[t], betas[t])
        assert keypoints[t] == pytest.approx(expected[0], abs=2e-5)
        assert vertices[t] == pytest.approx(expected[1], abs=2e-5)


@pytest.mark.parametrize('protocol', ['default', 'reference'])
@pytest.mark.parametrize('representation', ['rot6d', 'axis_angle'])
def test_metric_against_naive_bodies(rng, sample, arrays, model_file, extra, protocol,
                                     representation, monkeypatch):
    pytest.importorskip('smplx')
    monkeypatch.setattr('smoothnet_plugin.evaluation.posed_body._BATCH', 4)
    frames = 9
    target = poses(rng, frames, 0.4)
    inputs, pred = poses(rng, frames, 0.2) @ target, poses(rng, frames, 0.1) @ target
    betas, target_betas = rng.normal(size=(frames, 10)), rng.normal(size=10)
    if representation == 'rot6d':
        stored = [rot6d(r) for r in (pred, inputs, target)]
    else:
        stored = [Rotation.from_matrix(r.reshape(-1, 3, 3)).as_rotvec().reshape(frames, 24, 3)
                  for r in (pred, inputs, target)]
    metric = SMPLMetric(str(model_file), str(extra[0]), protocol=protocol, per_joint=True)
    metric.process({}, [smpl_sample(sample, *stored, representation=representation, betas=betas,
                                    target_betas=target_betas)])
    values = metric.evaluate(1)
    for prefix, rotations in (('input_', inputs), ('', pred)):
        joints, vertices = (np.array(part) for part in zip(*(
            naive_body(arrays, extra[1][3], r, b) for r, b in zip(rotations, betas))))
        true_joints, true_vertices = (np.array(part) for part in zip(*(
            naive_body(arrays, extra[1][3], r, target_betas) for r in target)))
        hips = joints[:, 2:4].mean(axis=1), true_joints[:, 2:4].mean(axis=1)
        zeros = protocol == 'reference'
        expected = {
            'mpjpe': F.mpjpe(joints, true_joints, root_indices=[2, 3]),
            'pa_mpjpe': F.pa_mpjpe(joints, true_joints),
            'accel_error': F.accel_error(joints, true_joints, root_indices=[2, 3])
            * ((frames - 2) / frames if zeros else 1),
            'mpvpe': F.mpvpe(vertices, true_vertices, *(() if zeros else hips))}
        for name, value in expected.items():
            assert values[prefix + name] == pytest.approx(1000 * value, rel=1e-4)
    assert values['improvement_mpvpe'] == values['mpvpe'] - values['input_mpvpe']
    assert 'joint/13/mpjpe' in values
    assert 'joint/0/mpvpe' not in values


def test_missing_rotations_and_missing_shape(rng, sample, model_file, extra):
    pytest.importorskip('smplx')
    target = poses(rng, 6, 0.4)
    pred = rot6d(poses(rng, 6, 0.1) @ target)
    pred[2, 5] = np.nan
    names = ('mpjpe', 'accel_error', 'mpvpe', 'mpjae')
    clip = smpl_sample(sample, pred, rot6d(target), rot6d(target))
    metric = SMPLMetric(str(model_file), str(extra[0]), metrics=names)
    metric.process({}, [clip])
    values = metric.evaluate(1)
    assert values['input_mpjpe'] == pytest.approx(0, abs=1e-3)
    kept = [0, 1, 3, 4, 5]
    metric.process({}, [smpl_sample(sample, *(c[kept] for c in (
        pred, rot6d(target), rot6d(target))))])
    without = metric.evaluate(1)
    for name in ('mpjpe', 'mpvpe', 'mpjae'):
        assert values[name] == pytest.approx(without[name])
    # Of the four accelerations only that of frames 3, 4, 5 has all its frames.
    assert np.isfinite(values['accel_error'])
    with pytest.raises(DataFormatError, match='not finite'):
        SMPLMetric(str(model_file), str(extra[0]), protocol='reference').process({}, [clip])


def test_padding_decodes_as_in_the_reference(rng, sample, model_file, extra):
    pytest.importorskip('smplx')
    target = rot6d(poses(rng, 8, 0.4))
    pred = target.copy()
    target[5:] = 0
    half_turn = target.copy()
    half_turn[5:] = rot6d(np.diag([-1.0, 1.0, -1.0]))
    metric = SMPLMetric(str(model_file), str(extra[0]), protocol='reference', per_sequence=True)
    metric.process({}, [smpl_sample(sample, pred, target, t, name=name)
                        for name, t in (('padded', target), ('decoded', half_turn))])
    values = metric.evaluate(2)
    assert values['sequence/padded/mpjpe'] == values['sequence/decoded/mpjpe'] > 0
    assert values['input_mpvpe'] == 0


def test_angles_need_no_body_model(rng, sample):
    target = poses(rng, 5, 0.5)
    turn = Rotation.from_rotvec([0, np.radians(10), 0]).as_matrix()
    clip = smpl_sample(sample, rot6d(turn @ target), rot6d(turn @ turn @ target), rot6d(target))
    metric = SMPLMetric()
    metric.process({}, [clip])
    assert metric.evaluate(1) == pytest.approx(
        {'input_mpjae': 20, 'mpjae': 10, 'improvement_mpjae': -10})


@pytest.mark.parametrize('length', [1.0, -0.3])
def test_quaternions_of_any_length_and_sign(rng, sample, length):
    target = poses(rng, 5, 0.5)
    pred = poses(rng, 5, 0.1) @ target
    quaternions, matrices = ([length * Rotation.from_matrix(r.reshape(-1, 3, 3)).as_quat().reshape(
        5, 24, 4) for r in (pred, target)], [rot6d(r) for r in (pred, target)])
    values = []
    for kind, (estimate, truth) in (('quaternion', quaternions), ('rot6d', matrices)):
        metric = SMPLMetric()
        metric.process({}, [smpl_sample(sample, estimate, estimate, truth, representation=kind)])
        values.append(metric.evaluate(1)['mpjae'])
    assert values[0] == pytest.approx(values[1]) and values[0] > 1
    with pytest.raises(DataFormatError, match='takes rotations'):
        SMPLMetric().process({}, [sample(*np.ones((3, 5, 24, 3)))])


def test_worst_frames_of_rotations(rng, sample, arrays, model_file, extra):
    pytest.importorskip('smplx')
    target = poses(rng, 40, 0.4)
    pred = poses(rng, 40, 0.1) @ target
    files = {'body_model': str(model_file), 'extra_regressor': str(extra[0])}
    clip = smpl_sample(sample, rot6d(pred), rot6d(pred), rot6d(target))
    metric = WorstFramesMetric(0.1, **files)
    metric.process({}, [clip])
    bodies = [np.array([naive_body(arrays, extra[1][3], r, np.zeros(10))[0] for r in rotations])
              for rotations in (pred, target)]
    errors = 1000 * F.mpjpe_per_joint(*bodies, None, [2, 3]).mean(axis=1)
    assert metric.evaluate(1)['mpjpe_top10'] == pytest.approx(np.sort(errors)[-4:].mean(), rel=1e-4)
    with pytest.raises(ConfigError, match='belong together'):
        WorstFramesMetric(body_model=str(model_file))


@pytest.mark.parametrize('protocol', [0, 2, 4])
@pytest.mark.parametrize('sparse', [csc_matrix, csr_matrix])
def test_published_pickles_are_read_without_chumpy(tmp_path, arrays, monkeypatch, protocol,
                                                   sparse):
    """The states are those that chumpy 0.70 writes."""
    ch, reordering = types.ModuleType('chumpy.ch'), types.ModuleType('chumpy.reordering')
    monkeypatch.setitem(sys.modules, 'chumpy', types.ModuleType('chumpy'))
    state = {'_dirty_vars': set(), '_itr': None, '_cache': {}, '_make_dense': True}
    for module, name in ((ch, 'Ch'), (reordering, 'Select')):
        setattr(module, name, type(name, (), {'__module__': module.__name__}))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    whole, select = ch.Ch(), reordering.Select()
    dirs = arrays['shapedirs']
    whole.__dict__.update(state, x=dirs)
    select.__dict__.update(state, a=whole, preferred_shape=(VERTICES, 3, 10), idxs=np.arange(
        dirs.size).reshape(dirs.shape)[:, :, :10].ravel())
    content = dict(arrays, shapedirs=select, J_regressor=sparse(arrays['J_regressor']),
                   bs_type='lrotmin', f=np.uint32(3))
    path = tmp_path / 'SMPL_NEUTRAL.pkl'
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    for name in ('chumpy', ch.__name__, reordering.__name__):
        monkeypatch.setitem(sys.modules, name, None)  # an import would fail
    read = load_smpl_arrays(path)
    assert set(read) == set(arrays)
    for name, array in read.items():
        expected = dirs[:, :, :10] if name == 'shapedirs' else arrays[name]
        assert (array == expected).all()


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('ran')",)


def test_a_pickle_that_would_run_code_is_not_run(tmp_path, arrays):
    path = tmp_path / 'body.pkl'
    path.write_bytes(pickle.dumps({**arrays, 'weights': Bomb()}))
    with pytest.raises(UnsafeFileError, match=r'body\.pkl.*builtins\.exec'):
        load_smpl_arrays(path)


def test_files_that_are_no_body_model(tmp_path, arrays, extra):
    with pytest.raises(DataFormatError, match='does not exist'):
        load_smpl_arrays(tmp_path / 'none.pkl')
    for name, content in (('cut.pkl', pickle.dumps(arrays)[:500]), ('empty.npz', b''),
                          ('text.pkl', b'hello')):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataFormatError, match='cannot be read as an SMPL model'):
            load_smpl_arrays(tmp_path / name)
    del arrays['posedirs']
    arrays['weights'] = np.zeros(3)
    np.savez(tmp_path / 'short.npz', **arrays)
    with pytest.raises(DataFormatError, match='posedirs, weights missing or of a wrong shape'):
        load_smpl_arrays(tmp_path / 'short.npz')


def test_arguments_that_will_not_do(model_file, extra, monkeypatch):
    with pytest.raises(ConfigError, match=r"mpjpe need body_model=.*metrics=\('mpjae',\)"):
        SMPLMetric(metrics=['mpjpe'])
    with pytest.raises(ConfigError, match="no metric 'mpjae' in the protocol 'reference'"):
        SMPLMetric(metrics=['mpjae'], protocol='reference')
    monkeypatch.setitem(sys.modules, 'smplx.lbs', None)
    with pytest.raises(ConfigError, match='needs the package smplx'):
        SMPLMetric(str(model_file), str(extra[0]))


def test_files_that_do_not_fit_each_other(rng, sample, model_file, extra, tmp_path):
    pytest.importorskip('smplx')
    np.save(tmp_path / 'other.npy', np.zeros((9, 6890)))
    with pytest.raises(DataFormatError, match=r'\(9, 6890\); expected \(9, 30\)'):
        BodyModel(model_file, tmp_path / 'other.npy')
    metric = SMPLMetric(str(model_file), str(extra[0]))
    with pytest.raises(DataFormatError, match='has 22 rotations a frame'):
        metric.process({}, [smpl_sample(sample, *np.ones((3, 5, 22, 6)))])
    with pytest.raises(DataFormatError, match=r'betas have shape \(3,\)'):
        metric.process({}, [smpl_sample(sample, *rot6d(poses(rng, 15, 1)).reshape(3, 5, 24, 6),
                                        betas=np.zeros(3))])
