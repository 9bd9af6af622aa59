from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin import load, save, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io.bvh_output import euler_angles
from smoothnet_plugin.io.bvh_text import joint_positions, parse_bvh

HEADER = """HIERARCHY
ROOT mixamorig:Hips
{
\tOFFSET 0.00 0.00 0.00
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
\tJOINT Left Arm
\t{
\t\tOFFSET 10 0 0
\t\tCHANNELS 3 Yrotation Xrotation Zrotation
\t\tJOINT Knee
\t\t{
\t\t\tOFFSET 5 0 0
\t\t\tCHANNELS 1 Xrotation
\t\t\tEnd Site
\t\t\t{
\t\t\t\tOFFSET 1 0 0
\t\t\t}
\t\t}
\t}
}
"""
FRAMES = 80


def motion(rng, noise=2.0):
    """Angles in degrees whose first axis turns all the way round twice."""
    t = np.arange(FRAMES)[:, None] / 30
    values = 30 * np.sin(2 * np.pi * 0.4 * t + np.arange(10)) + rng.normal(0, noise, (FRAMES, 10))
    values[:, 6] += 720 * np.arange(FRAMES) / FRAMES
    return values


def text(values, end='\n', **changes):
    rows = end.join(' '.join(f'{v:.4f}' for v in row) for row in values)
    header = HEADER.replace('\n', end)
    return f'{header}MOTION{end}Frames: {len(values)}{end}Frame Time: 0.0333333{end}{rows}{end}'


@pytest.fixture
def file(rng, tmp_path):
    path = tmp_path / 'in.bvh'
    path.write_bytes(text(motion(rng)).encode())
    return path


def test_it_comes_back_to_the_letter(file, tmp_path):
    save(tmp_path / 'out.bvh', load(file))
    assert (tmp_path / 'out.bvh').read_bytes() == file.read_bytes()


@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_smoothed(rng, tmp_path, end):
    values = motion(rng)
    (tmp_path / 'in.bvh').write_bytes(text(values, end).encode())
    tracks = smooth(tmp_path / 'in.bvh', out=tmp_path / 'out.bvh')
    assert tracks.fps == pytest.approx(30, abs=0.01)
    assert tracks[0].skeleton.keypoint_names == ('mixamorig:Hips', 'Left Arm', 'Knee')
    content = (tmp_path / 'out.bvh').read_bytes().decode()
    assert content.startswith(HEADER.replace('\n', end) + f'MOTION{end}Frames: {FRAMES}{end}')
    new = parse_bvh(content, tmp_path)
    assert new.values.shape == values.shape
    # Angles stay on the branch of the file, so that curves do not jump.
    assert np.abs(new.values - values).max() < 20
    assert np.abs(np.diff(new.values, 2, axis=0)).mean() < 0.4 * np.abs(
        np.diff(values, 2, axis=0)).mean()
    old = parse_bvh(text(values), tmp_path)
    clean = parse_bvh(text(motion(rng, 0)), tmp_path)
    errors = [np.linalg.norm(joint_positions(m) - joint_positions(clean), axis=-1)[:, 1:].mean()
              for m in (old, new)]
    assert errors[1] < 0.7 * errors[0]


def test_positions_by_an_independent_way(file):
    parsed = parse_bvh(file.read_text(), file)
    hips, arm, knee = parsed.values[:, :6], parsed.values[:, 6:9], parsed.values[:, 9:]
    for t in range(0, FRAMES, 9):
        root = Rotation.from_euler('ZYX', hips[t, 3:], degrees=True)
        first = hips[t, :3] + root.apply([10, 0, 0])
        second = first + (root * Rotation.from_euler('YXZ', arm[t], degrees=True)).apply([5, 0, 0])
        np.testing.assert_allclose(joint_positions(parsed)[t], [hips[t, :3], first, second],
                                   atol=1e-9)
    assert knee.shape == (FRAMES, 1)


@pytest.mark.parametrize('axes', ['ZYX', 'YXZ', 'ZXZ', 'XY', 'Z', 'YX'])
def test_angles_next_to_those_of_the_file(rng, axes):
    angles = rng.uniform(-400, 400, (50, len(axes)))
    if len(axes) == 3:
        angles[:5, 1] = 90 if axes[0] != axes[2] else 0  # gimbal lock
    matrices = Rotation.from_euler(axes, angles, degrees=True).as_matrix()
    found = euler_angles(matrices, axes, angles)
    again = Rotation.from_euler(axes, found, degrees=True).as_matrix()
    np.testing.assert_allclose(again, matrices, atol=1e-6)
    np.testing.assert_allclose(found[5:], angles[5:], atol=1e-4)


@pytest.mark.parametrize(('old', 'new', 'match'), [
    ('ROOT', 'ROUTE', 'unexpected place'), ('Frames: 80', 'Frames: 81', '81 frames'),
    ('Xposition', 'Wposition', 'unknown channel'),
    ('Frame Time: 0.0333333', 'Frame Time: 0', 'time'), ('6 X', '5 X', 'header'),
    ('Yrotation Xrotation\n', 'Zrotation Xrotation\n', 'rotations about'),
    ('MOTION', 'MOTOIN', 'unexpected|header'),
    ('OFFSET 10 0 0', 'OFFSET 10 0 x', 'could not convert')])
def test_damaged(file, old, new, match):
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(DataFormatError, match=match):
        load(file)


def test_cut_off(file):
    content = file.read_text()
    for share in (0.02, 0.1, 0.5, 0.95):
        file.write_text(content[:int(share * len(content))])
        with pytest.raises(DataFormatError):
            load(file)
