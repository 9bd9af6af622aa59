from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.datasets import PairedPoseDataset
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import run_command


@pytest.fixture(scope='module')
def files(converter):
    return converter('uiprmd_files')


@pytest.fixture(scope='module')
def tool(converter):
    return converter('uiprmd_to_npz')


def motion(times, rng):
    """Kinect's numbers for a moving body: positions and angles, shape (T, 22, 3)."""
    offsets = rng.normal(0, 15, (1, 22, 3)) * np.ones((len(times), 1, 1))
    offsets[:, 0] = [0, 85, -240] + 20 * np.sin(2 * times[:, None] + [0, 1, 2])
    rate, phase = rng.uniform(1, 3, (22, 3)), rng.uniform(0, 6, (22, 3))
    angles = 25 * np.sin(rate * times[:, None, None] + phase)
    return offsets, angles


def write(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, table.reshape(len(table), -1), fmt='%.6f', delimiter=',')


def write_clip(root, files, name, seconds, lag, rng, noise=0.0):
    """A repetition in the archive's layout; Vicon begins ``lag`` seconds after Kinect."""
    seed = rng.integers(1 << 30)
    part = root / ('Incorrect Segmented Movements' if name.endswith('_inc')
                   else 'Segmented Movements')
    stem, inc = name.removesuffix('_inc'), '_inc' * name.endswith('_inc')
    kinect = motion(np.arange(int(seconds * 30)) / 30, np.random.default_rng(seed))
    for kind, table in zip(('positions', 'angles'), kinect):
        write(part / 'Kinect' / kind.capitalize() / f'{stem}_{kind}{inc}.txt', table)
    # The same body at Vicon's times, in the room's axes.
    fine = motion(lag + np.arange(int(seconds * 100)) / 100, np.random.default_rng(seed))
    for kind, table in zip(('positions', 'angles'), fine):
        write(root / f'{kind}.txt', table)
    places = files.read_kinect(root / 'positions.txt', root / 'angles.txt')
    for kind in ('positions', 'angles'):
        (root / f'{kind}.txt').unlink()
    places = places + rng.normal(0, noise, places.shape)
    room = Rotation.from_euler('xyz', [90, 10, 40], degrees=True).apply(
        places.reshape(-1, 3)).reshape(places.shape) + [1.0, 2.0, 0.5]
    markers = np.full((len(room), 39, 3), 1.0)
    for joint, names in enumerate(files._VICON_JOINTS):
        spread = rng.normal(0, 0.05, (len(names), 3))
        spread -= spread.mean(axis=0)
        for marker, beside in zip(names, spread):
            markers[:, files.VICON_MARKERS.index(marker)] = room[:, joint] + beside
    write(part / 'Vicon' / 'Positions' / f'{stem}_positions{inc}.txt', markers * 1000)


def test_kinect_positions_are_chained_through_the_angles(files, tmp_path):
    offsets, angles = np.zeros((2, 1, 22, 3))
    names = list(files.KINECT_PARENTS)
    offsets[0, 0] = [10, 80, -200]
    for name, offset in (('spine', [0, 30, 0]), ('chest', [0, 20, 0]), ('left_collar', [0, 5, 2]),
                         ('left_upper_arm', [15, 0, 0]), ('left_forearm', [25, 0, 0]),
                         ('right_lower_leg', [0, -40, 0])):
        offsets[0, names.index(name)] = offset
    angles[0, names.index('left_upper_arm')] = [0, 0, 90]
    angles[0, names.index('right_upper_leg')] = [90, 0, 0]
    write(tmp_path / 'p.txt', offsets)
    write(tmp_path / 'a.txt', angles)
    [places] = files.read_kinect(tmp_path / 'p.txt', tmp_path / 'a.txt')
    at = dict(zip(files.JOINTS, places * 100))
    np.testing.assert_allclose(at['Pelvis'], [10, 80, -200])
    np.testing.assert_allclose(at['LSho'], [25, 135, -198])
    np.testing.assert_allclose(at['LElb'], [25, 160, -198], atol=1e-9)
    np.testing.assert_allclose(at['RKnee'], [10, 80, -240], atol=1e-9)


def test_angles_turn_about_y_then_x_then_z(files, tmp_path):
    offsets, angles = np.zeros((2, 1, 22, 3))
    names = list(files.KINECT_PARENTS)
    offsets[0, names.index('left_lower_leg')] = [1, 2, 3]
    angles[0, names.index('left_upper_leg')] = [20, 30, 40]
    write(tmp_path / 'p.txt', offsets)
    write(tmp_path / 'a.txt', angles)
    x, y, z = (Rotation.from_rotvec(np.radians(angle) * axis).as_matrix()
               for angle, axis in zip((20, 30, 40), np.eye(3)))
    [places] = files.read_kinect(tmp_path / 'p.txt', tmp_path / 'a.txt')
    np.testing.assert_allclose(places[files.JOINTS.index('LKnee')] * 100,
                               z @ x @ y @ [1, 2, 3], atol=1e-9)


def test_vicon_joints_are_means_of_markers(files, tmp_path, rng):
    markers = rng.normal(0, 500, (4, 39, 3))
    markers[2, files.VICON_MARKERS.index('LWRB')] = 0
    write(tmp_path / 'v.txt', markers)
    joints = files.read_vicon(tmp_path / 'v.txt')
    of = {name: markers[:, index] / 1000 for index, name in enumerate(files.VICON_MARKERS)}
    np.testing.assert_allclose(joints[0, files.JOINTS.index('LWri')],
                               (of['LWRA'] + of['LWRB'])[0] / 2, atol=1e-8)
    np.testing.assert_allclose(joints[:, files.JOINTS.index('RKnee')], of['RKNE'], atol=1e-8)
    missing = np.isnan(joints).all(axis=-1)
    assert np.argwhere(missing).tolist() == [[2, files.JOINTS.index('LWri')]]
    # Blanks separate numbers as well.
    (tmp_path / 'v.txt').write_text((tmp_path / 'v.txt').read_text().replace(',', '  '))
    np.testing.assert_array_equal(files.read_vicon(tmp_path / 'v.txt'), joints)


def test_constant_offsets_of_joints_are_removed_from_the_truth(tool, rng):
    truth = np.repeat(rng.normal(size=(1, 12, 3)), 40, axis=0)
    estimate = truth + rng.normal(0, 0.05, (1, 12, 3))
    turned = truth @ Rotation.from_quat(rng.normal(size=4)).as_matrix() + 2
    moved, residual = tool.superimposed(turned, estimate)
    assert residual < 1e-9
    np.testing.assert_allclose(moved, estimate, atol=1e-9)
    # What is not constant stays.
    error = 0.01 * np.where(np.arange(40) % 2, 1, -1)[:, None, None] * np.ones((1, 12, 3))
    _, residual = tool.superimposed(truth, truth + error)
    assert residual == pytest.approx(0.01 * 3**0.5)


def test_rigid_transforms_have_no_mirror_and_no_scale(tool, rng):
    points = rng.normal(size=(30, 3))
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    rotation, translation = tool.rigid_transform(points, points @ turn.T + [1, 2, 3])
    np.testing.assert_allclose(rotation, turn, atol=1e-12)
    np.testing.assert_allclose(translation, [1, 2, 3], atol=1e-12)
    for other in (2 * points, points * [1, 1, -1]):
        rotation, _ = tool.rigid_transform(points, other)
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize('lag', [0.0, 0.37, -0.5])
def test_alignment_recovers_time_and_place(tool, files, tmp_path, rng, lag):
    write_clip(tmp_path, files, 'm01_s01_e01', 4.0, lag, rng)
    [clip] = files.find_clips([tmp_path], [1])
    kinect = files.read_kinect(clip.kinect_positions, clip.kinect_angles)
    pair = tool.align(kinect, files.read_vicon(clip.vicon_positions))
    assert pair.lag == pytest.approx(lag, abs=0.002)
    assert pair.residual < 1e-3
    assert len(pair.estimate) == len(pair.truth) == pytest.approx(120 - abs(lag) * 30, abs=1)
    np.testing.assert_allclose(pair.truth[0, 0], 0, atol=1e-12)
    np.testing.assert_allclose((pair.estimate - pair.truth).mean(axis=0), 0, atol=1e-9)
    # The estimate is Kinect's own, only shifted.
    first = round(max(lag, 0) * 30 + 0.4)
    shift = pair.estimate - kinect[first:first + len(pair.estimate)]
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0, 0], shift.shape), atol=1e-12)


def test_missing_markers_stay_missing_and_count_for_nothing(tool, files, tmp_path, rng):
    write_clip(tmp_path, files, 'm01_s01_e01', 4.0, 0.2, rng)
    [clip] = files.find_clips([tmp_path], [1])
    kinect = files.read_kinect(clip.kinect_positions, clip.kinect_angles)
    vicon = files.read_vicon(clip.vicon_positions)
    whole = tool.align(kinect, vicon)
    vicon[100:130, 3] = np.nan
    vicon[:20, 0] = np.nan
    pair = tool.align(kinect, vicon)
    assert pair.lag == whole.lag and pair.residual < 1e-3
    gone = np.isnan(pair.truth).any(axis=-1)
    assert 9 <= gone[:, 3].sum() <= 12 and 5 <= gone[:, 0].sum() <= 8
    assert gone.sum() == gone[:, [0, 3]].sum() and np.isfinite(pair.estimate).all()
    vicon[:, 5] = np.nan
    assert tool.align(kinect, vicon) is None
    assert tool.align(kinect[:10], vicon) is None


def test_the_archive_becomes_a_data_set(tool, files, tmp_path, rng, capsys):
    for name in ('m02_s01_e01', 'm01_s01_e02_inc', 'm01_s01_e02', 'm01_s02_e01', 'm01_s06_e01'):
        write_clip(tmp_path, files, name, 2.5, 0.1, rng)
    write_clip(tmp_path, files, 'm03_s02_e01', 2.5, 0.1, rng, noise=0.08)
    # Without Vicon there is nothing to compare with.
    (tmp_path / 'Segmented Movements' / 'Vicon' / 'Positions'
     / 'm01_s02_e01_positions.txt').unlink()
    out = tmp_path / 'train.npz'
    assert run_command(tool.main, [str(tmp_path), '-o', str(out), '--subjects', '1', '2', '3']) == 0
    printed = capsys.readouterr().out
    assert '3 clips' in printed and 'left out: 1 clips' in printed and 'm03_s02_e01' in printed
    with np.load(out) as data:
        assert data['names'].tolist() == ['m01_s01_e02', 'm01_s01_e02_inc', 'm02_s01_e01']
        assert data['estimate'].dtype == data['ground_truth'].dtype == np.float32
        assert data['estimate'].shape == (data['lengths'].sum(), 12, 3) and data['fps'] == 30
        assert np.linalg.norm(data['estimate'] - data['ground_truth'], axis=-1).max() < 0.005
    assert len(PairedPoseDataset(str(out))) == 3
    assert run_command(tool.main, [str(tmp_path), '-o', str(out), '--subjects', '2']) == 2
    assert 'residual' in capsys.readouterr().err


def test_layout_of_this_projects_data(files, motion_data):
    with np.load(motion_data('uiprmd_val.npz')) as data:
        assert tuple(data['joints']) == files.JOINTS and data['fps'] == files.KINECT_FPS
        starts = np.concatenate([[0], np.cumsum(data['lengths'])[:-1]])
        np.testing.assert_array_equal(data['ground_truth'][starts, 0], 0)
        residuals = np.add.reduceat(np.linalg.norm(
            data['estimate'] - data['ground_truth'], axis=-1).mean(axis=-1), starts)
        assert (residuals / data['lengths']).max() < 0.05


@pytest.mark.parametrize(('kind', 'change', 'message'), [
    ('Kinect/Angles/m01_s01_e01_angles.txt', lambda text: text[text.index('\n') + 1:], 'frames'),
    ('Kinect/Positions/m01_s01_e01_positions.txt', lambda text: 'x,' + text, 'numbers'),
    ('Vicon/Positions/m01_s01_e01_positions.txt', lambda text: '1,2,3\n', 'columns'),
])
def test_damaged_files_are_named(tool, files, tmp_path, rng, kind, change, message):
    write_clip(tmp_path, files, 'm01_s01_e01', 2.0, 0.0, rng)
    path = tmp_path / 'Segmented Movements' / kind
    path.write_text(change(path.read_text()))
    with pytest.raises(DataFormatError, match=message):
        tool.convert([tmp_path], [1])
    with pytest.raises(DataFormatError, match='No repetition of subjects'):
        tool.convert([tmp_path], [4])
