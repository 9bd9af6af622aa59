from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.filters import DefaultFilter
from smoothnet_plugin.filters.refined_rotations import RefinedRotations
from smoothnet_plugin.processing import so3

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
CONFIG = TOOLS.parent / 'configs/default/rotation-transformer_w64_1xb32_cmu.py'
JOINTS = ('Hips', 'LeftUpLeg', 'LeftLeg', 'LeftFoot', 'RightUpLeg', 'RightLeg', 'RightFoot',
          'Spine', 'LeftArm', 'LeftForeArm', 'RightArm', 'RightForeArm')
PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 7, 10]


@pytest.fixture(autouse=True)
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    yield
    for name in [name for name in sys.modules if name.split('.')[0] == 'rotation_network']:
        del sys.modules[name]


@pytest.fixture
def data(tmp_path, rng):
    """Two takes of a training subject and one of another."""
    t = np.arange(200)[:, None, None] / 60
    clips = [so3.exp(0.4 * np.sin(2 * t + rng.uniform(0, 6, (12, 3)))) for _ in range(3)]
    clips[1][100, 3] = so3.exp(np.array([2.0, 0, 0]))  # An artefact: the joint is left out.
    clips[0][:, 7] = clips[0][:1, 7]  # A joint that never turns.
    np.savez(tmp_path / 'takes.npz', rotations=np.concatenate(clips).astype(np.float32),
             parents=PARENTS, lengths=[200] * 3, names=['01_01', '01_02', '02_01'],
             joints=JOINTS, fps=60.0)
    return tmp_path


def test_takes_are_cleaned_and_subjects_left_out(data):
    from rotation_network.takes import load_takes
    takes = load_takes([data / 'takes.npz'], ['02'])
    assert [take.name for take in takes] == ['01_01', '01_02']
    assert 'Spine' not in takes[0].joints and 'LeftFoot' not in takes[1].joints
    # The arms hang on the root's level where the spine does not turn.
    depth = [dict(zip(take.joints, take.depth)) for take in takes]
    assert depth[0]['LeftArm'] == 1 and depth[1]['LeftArm'] == 2
    with pytest.raises(DataFormatError, match='no usable take'):
        load_takes([data / 'takes.npz'], ['01', '02'])
    with pytest.raises(DataFormatError, match='is not a file of mocap_rotations_to_npz'):
        load_takes([data / 'gone.npz'], [])


def test_training_writes_weights_that_the_package_uses(data, capsys):
    from rotation_network.train import main
    text = CONFIG.read_text().replace('steps = 3200', 'steps = 3').replace(
        'clips = 400', 'clips = 4').replace('batch = 32', 'batch = 2').replace(
        'joints = (10, 14, 17, 17, 17)', 'joints = (5, 10)').replace(
        'hidden_size=128', 'hidden_size=16')
    (data / 'config.py').write_text(text)
    out = data / 'weights.safetensors'
    main([str(data / 'config.py'), str(data / 'takes.npz'), '--out', str(out)])
    own = DefaultFilter(checkpoint=out).for_poses(6, (), 30.0)
    assert isinstance(own, RefinedRotations)
    coords = so3.quaternions_to_6d(so3.exp(np.zeros((70, 6, 3))))
    np.testing.assert_allclose(own.filter(coords, fps=30.0), coords, atol=1e-6)


def test_errors_of_each_kind(data, rng):
    from rotation_network.errors import drift, with_errors
    from rotation_network.takes import load_takes
    take = load_takes([data / 'takes.npz'], [])[2]
    for kind in ('white', 'drift', 'bursts', 'all', 'none'):
        found = with_errors(take, take.rotations, 60.0, {kind: 1.0}, rng)
        angle = np.linalg.norm(so3.difference(take.rotations, found), axis=-1)
        np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-6)
        assert (angle.max() > 0.01) == (kind != 'none')
    values = drift((4000, 20), 10.0, rng)
    assert values.std() == pytest.approx(1, rel=0.1)
    assert np.corrcoef(values[1:].ravel(), values[:-1].ravel())[0, 1] == pytest.approx(
        np.exp(-0.1), abs=0.03)


def test_exchanged_limbs_are_mirrored(data, rng):
    from rotation_network.errors import exchanged, other_sides
    from rotation_network.takes import load_takes
    take = load_takes([data / 'takes.npz'], [])[2]
    mates = other_sides(take.joints)
    names = {take.joints[a]: take.joints[b] for a, b in mates.items()}
    assert names['LeftUpLeg'] == 'RightUpLeg' and names['RightForeArm'] == 'LeftForeArm'
    assert 'Hips' not in names and other_sides(('left_hip', 'right_hip', 'lfoot', 'rfoot',
                                                'lowerback')) == {0: 1, 1: 0, 2: 3, 3: 2}
    found = exchanged(take.joints, take.rotations, 60.0, rng)
    changed = (found != take.rotations).any(axis=-1)
    assert changed.any() and not changed[:, 0].any()
    frame, joint = np.argwhere(changed)[0]
    vector = so3.log(take.rotations[frame, mates[joint]])
    np.testing.assert_allclose(so3.log(found[frame, joint]), vector * [1, -1, -1], atol=1e-6)


def test_joints_that_swing_alone(rng):
    from rotation_network.takes import swinging
    take = swinging(rng, frames=80)
    assert take.rotations.shape == (80, len(take.joints), 4)
    np.testing.assert_allclose(np.linalg.norm(take.rotations, axis=-1), 1)
    steps = np.linalg.norm(so3.difference(take.rotations[:-1], take.rotations[1:]), axis=-1)
    assert 0 < steps.max() < 0.5
