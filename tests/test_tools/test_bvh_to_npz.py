from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.datasets import MocapDataset
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import run_command

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT LeftArm
  {
    OFFSET 0 10 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT LeftHand
    {
      OFFSET 5 0 0
      CHANNELS 3 Zrotation Yrotation Xrotation
      End Site
      {
        OFFSET 1 0 0
      }
    }
  }
  JOINT Leg
  {
    OFFSET 0 -8 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 0 -1 0
    }
  }
}
MOTION
Frames: %d
Frame Time: 0.0083333
"""


@pytest.fixture(scope='module')
def tool(converter):
    return converter('bvh_to_npz')


def write(path, motion):
    rows = '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in motion)
    path.write_text(BVH % len(motion) + rows + '\n')
    return path


def test_positions_by_hand(tool, tmp_path):
    motion = np.zeros((3, 15))
    motion[:, :3] = [1, 2, 3]
    motion[1, 3] = 90  # the root turns about z
    motion[2, 6] = 90  # the arm turns about z
    take = tool.read_bvh(write(tmp_path / 'a.bvh', motion))
    assert [joint.name for joint in take.joints] == ['Hips', 'LeftArm', 'LeftHand', 'Leg']
    assert take.fps == pytest.approx(120, rel=1e-4)
    positions = tool.joint_positions(take)
    np.testing.assert_allclose(positions[0], [[1, 2, 3], [1, 12, 3], [6, 12, 3], [1, -6, 3]])
    np.testing.assert_allclose(positions[1], [[1, 2, 3], [-9, 2, 3], [-9, 7, 3], [9, 2, 3]],
                               atol=1e-9)
    np.testing.assert_allclose(positions[2], [[1, 2, 3], [1, 12, 3], [1, 17, 3], [1, -6, 3]],
                               atol=1e-9)


def test_positions_equal_products_of_matrices(tool, tmp_path, rng):
    motion = rng.uniform(-90, 90, (4, 15)).round(6)
    take = tool.read_bvh(write(tmp_path / 'a.bvh', motion))

    def matrix(degrees):
        z, y, x = (Rotation.from_rotvec(np.deg2rad(angle) * np.eye(3)[axis]).as_matrix()
                   for angle, axis in zip(degrees, (2, 1, 0)))
        return z @ y @ x

    for row, found in zip(motion, tool.joint_positions(take)):
        hips, arm = matrix(row[3:6]), matrix(row[6:9])
        shoulder = row[:3] + hips @ [0, 10, 0]
        np.testing.assert_allclose(found[2], shoulder + hips @ arm @ [5, 0, 0], atol=1e-9)
        np.testing.assert_allclose(found[3], row[:3] + hips @ [0, -8, 0], atol=1e-9)


def test_what_is_written_is_what_the_dataset_reads(tool, tmp_path, rng, capsys):
    for name, frames in (('walk', 11), ('run', 6)):
        write(tmp_path / f'{name}.bvh', rng.uniform(-90, 90, (frames, 15)))
    out = tmp_path / 'out' / 'mocap.npz'
    assert run_command(tool.main, [str(tmp_path), '-o', str(out), '--metres-per-unit', '0.05',
                      '--fps', '60', '--skip-frames', '1']) == 0
    assert '2 clips, 8 frames, 4 joints' in capsys.readouterr().out
    dataset = MocapDataset(out, [])
    assert [len(item['target']) for item in dataset] == [3, 5]
    assert dataset[0]['meta']['name'] == 'run' and dataset[0]['meta']['fps'] == 60.
    bones = np.linalg.norm(dataset[1]['target'][:, 1] - dataset[1]['target'][:, 0], axis=-1)
    np.testing.assert_allclose(bones, 0.5, rtol=1e-5)


@pytest.mark.parametrize(('change', 'message'), [
    (lambda text: '', 'is empty'),
    (lambda text: 'HTML', 'expected a BVH file with HIERARCHY'),
    (lambda text: text[:300], 'ends in the middle|at an unexpected place|could not convert'),
    (lambda text: text[:-40], 'values of motion; 2 frames of 15 channels need 30'),
    (lambda text: text.replace('Zrotation', 'Wrotation', 1), "unknown channel 'Wrotation'"),
    (lambda text: text.replace('0.000000', 'nan', 1), 'not finite'),
    (lambda text: text.replace('0.0083333', '0'), 'frame time 0'),
    (lambda text: text.replace('MOTION', '} MOTION'), "'}' at an unexpected place"),
])
def test_bad_files(tool, tmp_path, change, message):
    path = write(tmp_path / 'a.bvh', np.zeros((2, 15)))
    path.write_text(change(path.read_text()))
    with pytest.raises(DataFormatError, match=message):
        tool.read_bvh(path)


def test_bad_arguments(tool, tmp_path, capsys):
    first = write(tmp_path / 'a.bvh', np.zeros((2, 15)))
    second = write(tmp_path / 'b.bvh', np.zeros((2, 15)))
    second.write_text(second.read_text().replace('Leg', 'RightLeg'))
    arguments = ['-o', str(tmp_path / 'o.npz'), '--metres-per-unit', '1']
    for given, message in (
            ([str(first), str(second)], 'has other joints'),
            ([str(tmp_path / 'none.bvh')], 'does not exist'),
            ([str(first), '--fps', '50'], 'which 50 does not divide'),
            ([str(first), '-o', str(tmp_path)], 'is a directory')):
        assert run_command(tool.main, [*arguments, *given]) == 2
        assert message in capsys.readouterr().err
    (tmp_path / 'empty').mkdir()
    assert run_command(tool.main, [str(tmp_path / 'empty'), *arguments]) == 2
    assert not (tmp_path / 'o.npz').exists()
