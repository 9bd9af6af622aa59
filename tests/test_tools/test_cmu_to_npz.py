from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.datasets import MocapDataset
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import run_command

from .test_bvh_to_npz import BVH

ASF = """# a comment
:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   made for a test: with a colon
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name lfemur
     direction 0 -1 0
     length 9
     axis 0 0 20  XYZ
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
     id 2
     name ltibia
     direction 0 -1 0
     length 4.5
     axis 30 0 0  XYZ
    dof rx
    limits (-10.0 170.0)
  end
  begin
     id 3
     name head
     direction 0 1 0
     length 2.25
     axis 0 0 0  XYZ
  end
:hierarchy
  begin
    root lfemur head
    lfemur ltibia
  end
"""
UNIT = 0.0254 / 0.45


@pytest.fixture(scope='module')
def asf_amc(converter):
    return converter('asf_amc')


@pytest.fixture(scope='module')
def tool(converter):
    return converter('cmu_to_npz')


def write_amc(path, root, femur, tibia):
    lines = ['#!OML:ASF', ':FULLY-SPECIFIED', ':DEGREES']
    for number, rows in enumerate(zip(root, femur, tibia), start=1):
        lines.append(str(number))
        lines += [f"{name} {' '.join(f'{value:.9g}' for value in np.atleast_1d(row))}"
                  for name, row in zip(('root', 'lfemur', 'ltibia'), rows)]
    path.write_text('\n'.join(lines) + '\n')


@pytest.fixture
def folder(tmp_path, rng):
    folder = tmp_path / '07'
    folder.mkdir()
    (folder / '07.asf').write_text(ASF)
    for take, frames in (('07_02', 6), ('07_01', 9)):
        write_amc(folder / f'{take}.amc', rng.normal(size=(frames, 6)) * 20,
                  rng.normal(size=(frames, 3)) * 30, rng.normal(size=frames) * 30)
    return folder


def test_positions_by_hand(asf_amc, tmp_path):
    (tmp_path / '1.asf').write_text(ASF)
    skeleton = asf_amc.read_asf(tmp_path / '1.asf')
    assert list(skeleton.bones) == ['root', 'lfemur', 'head', 'ltibia']
    write_amc(tmp_path / 'a.amc', [[4.5, 0, 9, 0, 0, 0], [0, 0, 0, 0, 90, 0], [0] * 6],
              [[0, 0, 0], [0, 0, 0], [0, 0, 90]], [0, 0, 90])
    positions = asf_amc.joint_positions(skeleton, asf_amc.read_amc(tmp_path / 'a.amc', skeleton))
    # In the rest pose bones point along their directions, whatever their axes are.
    rest = np.array([[0, 0, 0], [0, -9, 0], [0, 2.25, 0], [0, -13.5, 0]])
    np.testing.assert_allclose(positions[0], (rest + [4.5, 0, 9]) * UNIT, atol=1e-12)
    # The root's rotation turns all.
    np.testing.assert_allclose(positions[1], rest * UNIT, atol=1e-12)
    # The femur by 90 degrees about z; the tibia about its own x, which the femur turned to y.
    np.testing.assert_allclose(positions[2] / UNIT, [[0, 0, 0], [9, 0, 0], [0, 2.25, 0],
                                                     [9, 0, -4.5]], atol=1e-9)


def test_bones_keep_their_length_and_turn_as_the_format_says(asf_amc, folder):
    skeleton = asf_amc.read_asf(folder / '07.asf')
    motion = asf_amc.read_amc(folder / '07_01.amc', skeleton)
    positions = asf_amc.joint_positions(skeleton, motion)
    for bone, parent, length in ((1, 0, 9), (2, 0, 2.25), (3, 1, 4.5)):
        np.testing.assert_allclose(
            np.linalg.norm(positions[:, bone] - positions[:, parent], axis=-1), length * UNIT)
    for frame in range(9):
        x, y, z = (Rotation.from_rotvec(np.radians(a) * e).as_matrix() for a, e in
                   zip(motion['root'][frame, 3:], np.eye(3)))
        turned = (z @ y @ x) @ [0, 2.25 * UNIT, 0]
        np.testing.assert_allclose(positions[frame, 2] - positions[frame, 0], turned, atol=1e-12)


def test_amc_becomes_a_data_set(tool, folder, tmp_path, capsys):
    out = tmp_path / 'amc.npz'
    assert run_command(tool.main, [str(tmp_path), '-o', str(out), '--format', 'amc']) == 0
    assert '2 clips, 8 frames, 4 joints' in capsys.readouterr().out
    with np.load(out) as data:
        assert data['names'].tolist() == ['amc_07_01', 'amc_07_02']
        assert data['lengths'].tolist() == [5, 3] and data['fps'].tolist() == [60, 60]
        first = data['positions'][[0, 5]].mean(axis=1)
        np.testing.assert_allclose(first, 0, atol=1e-6)
    assert len(MocapDataset(str(out), [])) == 2


def test_chosen_takes(tool, folder, tmp_path, capsys):
    (tmp_path / 'takes.txt').write_text('amc_07_02\namc_99_01\n')
    arguments = [str(folder), '-o', str(tmp_path / 'amc.npz'), '--format', 'amc', '--takes',
                 str(tmp_path / 'takes.txt')]
    assert run_command(tool.main, arguments) == 0
    with np.load(tmp_path / 'amc.npz') as data:
        assert data['names'].tolist() == ['amc_07_02']
    (tmp_path / 'takes.txt').write_text('amc_99_01\n')
    assert run_command(tool.main, arguments) == 2
    assert 'None of the files is a take' in capsys.readouterr().err


def test_bvh_takes_begin_after_their_t_pose(tool, converter, tmp_path, rng):
    for name in ('35_02', '35_01'):
        motion = rng.normal(size=(9, 15)) * 10
        rows = '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in motion)
        (tmp_path / f'{name}.bvh').write_text(BVH % 9 + rows + '\n')
    out = tmp_path / 'bvh.npz'
    assert run_command(tool.main, [str(tmp_path), '-o', str(out), '--format', 'bvh']) == 0
    take = converter('bvh_to_npz').read_take(tmp_path / '35_01.bvh', UNIT)
    with np.load(out) as data:
        assert data['names'].tolist() == ['bvh_35_01', 'bvh_35_02']
        assert data['lengths'].tolist() == [4, 4]
        expected = take.positions[1::2] - take.positions[1].mean(axis=0)
        np.testing.assert_allclose(data['positions'][:4], expected, atol=1e-6)


def test_takes_of_this_projects_data(repo_dir, motion_data):
    listed = (repo_dir / 'tools' / 'dataset_converters' / 'cmu_takes.txt').read_text().split()
    named = [str(name) for kind in ('amc', 'bvh')
             for name in np.load(motion_data(f'cmu_{kind}_60hz.npz'))['names']]
    assert listed == named


@pytest.mark.parametrize(('old', 'new', 'message'), [
    ('order TX TY TZ RX RY RZ', 'order RX RY RZ TX TY TZ', 'root order'),
    ('length 0.45', 'length x', 'x'),
    ('lfemur ltibia\n', 'lfemur ltibia rtibia\n', 'rtibia'),
    ('direction 0 1 0', 'direction 0 nan 0', 'head'),
    (':hierarchy', ':herarchy', 'hierarchy'),
])
def test_damaged_skeletons_are_named(asf_amc, tmp_path, old, new, message):
    path = tmp_path / 'a.asf'
    path.write_text(ASF.replace(old, new))
    with pytest.raises(DataFormatError, match=f'a.asf.*{message}'):
        asf_amc.read_asf(path)


@pytest.mark.parametrize(('old', 'new', 'message'), [
    ('ltibia', 'rtibia', 'ltibia'),
    ('ltibia 1', 'ltibia 1 2', 'shape'),
    ('ltibia 1', 'ltibia one', 'one'),
    ('ltibia 1', 'ltibia nan', 'ltibia'),
    ('lfemur 1 1 1\n', '', 'lfemur'),
])
def test_damaged_motions_are_named(asf_amc, tmp_path, old, new, message):
    (tmp_path / 'a.asf').write_text(ASF)
    path = tmp_path / 'a.amc'
    write_amc(path, np.ones((2, 6)), np.ones((2, 3)), np.ones(2))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DataFormatError, match=f'a.amc.*not an AMC motion.*{message}'):
        asf_amc.read_amc(path, asf_amc.read_asf(tmp_path / 'a.asf'))


def test_a_take_needs_its_skeleton(tool, folder, tmp_path, capsys):
    def convert(where, kind):
        return run_command(tool.main, [str(where), '-o', str(tmp_path / 'o.npz'), '--format', kind])

    (folder / '08.asf').write_text(ASF)
    assert convert(folder, 'amc') == 0
    (folder / '07.asf').unlink()
    (folder / '09.asf').write_text(ASF)
    assert convert(folder, 'amc') == 2
    assert "needs its skeleton '07.asf'" in capsys.readouterr().err
    assert convert(tmp_path / 'none', 'amc') == 2
    assert convert(folder, 'bvh') == 2
