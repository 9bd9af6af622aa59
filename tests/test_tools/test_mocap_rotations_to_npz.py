from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.processing.kinematics import forward_kinematics
from smoothnet_plugin.processing.rotations import to_rotmat
from smoothnet_plugin.utils.command import run_command

from .test_bvh_to_npz import write
from .test_cmu_to_npz import ASF, UNIT, write_amc


@pytest.fixture(scope='module')
def tool(converter):
    return converter('mocap_rotations_to_npz')


def posed(content, take):
    """Joints of one take relative to its root, by what the npz file holds."""
    start = content['lengths'][:take].sum()
    rotations = content['rotations'][start:start + content['lengths'][take]]
    return forward_kinematics(to_rotmat(rotations, 'quaternion'), content['parents'],
                              content['offsets'][take])


def test_bvh(tool, tmp_path, converter, rng):
    motions = [rng.uniform(-60, 60, (frames, 15)) for frames in (9, 5)]
    paths = [write(tmp_path / f'take{i}.bvh', motion) for i, motion in enumerate(motions)]
    tool.main([str(tmp_path), '-o', str(tmp_path / 'out.npz'), '--format', 'bvh', '--fps', '60',
               '--metres-per-unit', '0.01', '--skip-frames', '1'])
    with np.load(tmp_path / 'out.npz') as file:
        content = dict(file)
    assert content['lengths'].tolist() == [4, 2]
    assert content['joints'].tolist() == ['Hips', 'LeftArm', 'LeftHand', 'Leg']
    assert content['parents'].tolist() == [-1, 0, 1, 0] and content['fps'] == 60
    for i, path in enumerate(paths):
        expected = converter('bvh_to_npz').read_take(path, 0.01).positions[1::2]
        np.testing.assert_allclose(posed(content, i), expected - expected[:, :1], atol=1e-6)


def test_amc_ends_of_bones_are_joints_of_their_children(tool, tmp_path, converter, rng):
    (tmp_path / '01.asf').write_text(ASF)
    root, femur, tibia = (rng.uniform(-40, 40, (4, n)) for n in (6, 3, 1))
    write_amc(tmp_path / '01_02.amc', root, femur, tibia)
    take = tool.read_amc_take(tmp_path / '01_02.amc')
    content = tool.collect([take], 120.0)
    assert content['joints'].tolist() == ['root', 'lfemur', 'head', 'ltibia']
    expected = converter('cmu_to_npz').read_amc_take(tmp_path / '01_02.amc').positions
    # The tibia's joint is the end of the femur.
    np.testing.assert_allclose(posed(content, 0)[:, 3] + root[:, None, :3].squeeze(1) * UNIT,
                               expected[:, 1], atol=1e-6)


@pytest.mark.parametrize('problem', ['joints', 'rate', 'none'])
def test_what_does_not_fit_together_is_refused(tool, tmp_path, problem):
    first = tool.read_bvh_take(write(tmp_path / 'a.bvh', np.zeros((3, 15))), 0.01)
    takes = {'joints': [first, tool.RotationTake('b', ['Hips'], [-1], first.rotations[:, :1],
                                                 first.offsets[:1], 120.0)],
             'rate': [first], 'none': []}[problem]
    with pytest.raises(DataFormatError, match={
            'joints': "'b' has other joints than 'a'", 'rate': 'does not divide',
            'none': 'no takes'}[problem]):
        tool.collect(takes, 50.0 if problem == 'rate' else 120.0)


def test_command_refuses_an_empty_folder(tool, tmp_path, capsys):
    code = run_command(lambda: tool.main([str(tmp_path), '-o', str(tmp_path / 'o.npz'),
                                          '--format', 'bvh']))
    assert code and 'no .bvh file' in capsys.readouterr().err
