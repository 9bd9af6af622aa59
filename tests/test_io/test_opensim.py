"""OpenSim's .mot and .sto."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import DataFormatError

from . import documents as d

NAMES = ('pelvis_tilt', 'pelvis_tx', 'knee_angle_r')


def motion(values, dt=0.01, separator='\t', header=('Coordinates', 'version=1', 'nRows={}',
                                                    'nColumns=3', 'inDegrees=yes', '',
                                                    'made by hand', 'endheader')):
    rows = [separator.join(['time', *NAMES])] + [
        separator.join([f'{t * dt:.4f}', *(f'{v:.6f}' if np.isfinite(v) else 'nan' for v in row)])
        for t, row in enumerate(values)]
    return '\n'.join([line.format(len(values)) for line in header] + rows) + '\n'


@pytest.fixture
def values(rng):
    t = np.arange(120)[:, None] / 100
    clean = np.hstack([20 * np.sin(6 * t), 0.9 + 0.02 * np.sin(5 * t), 30 + 30 * np.cos(4 * t)])
    return clean, np.round(clean + rng.normal(size=(120, 3)) * [1, 0.001, 1], 6)


@pytest.mark.parametrize('separator', ['\t', '   '])
def test_round_trip(tmp_path, values, separator):
    _, noisy = values
    noisy[5, 0] = np.nan
    (tmp_path / 'a.mot').write_text(motion(noisy, separator=separator))
    assert io.sniff(tmp_path / 'a.mot') == 'opensim'
    tracks = io.load(tmp_path / 'a.mot')
    assert list(tracks.tracks) == list(NAMES) and tracks.fps == 100
    assert tracks['pelvis_tilt'].representation == 'scalar' and tracks['pelvis_tilt'].unit == 'deg'
    np.testing.assert_array_equal(tracks['knee_angle_r'].coords[:, 0, 0], noisy[:, 2])
    io.save(tmp_path / 'b.mot', tracks)
    assert (tmp_path / 'b.mot').read_bytes() == (tmp_path / 'a.mot').read_bytes()


@pytest.mark.parametrize('name', ['default', 'robust', 'network', 'classical', 'one_euro',
                                  'kalman', 'savgol', 'butterworth', 'OutlierGate'])
def test_every_column_is_smoothed_by_itself(tmp_path, values, name):
    clean, noisy = values
    (tmp_path / 'a.mot').write_text(motion(noisy))
    _, report = smooth_with_report(tmp_path / 'a.mot', name, tmp_path / 'b.mot')
    assert 'columns' in ' '.join(report.notes) and report.unit == '' and report.fps == 100
    before, after = (path.read_text().splitlines() for path in (tmp_path / 'a.mot',
                                                                tmp_path / 'b.mot'))
    assert before[:9] == after[:9]
    cells = [line.split('\t') for line in after[9:]]
    assert [row[0] for row in cells] == [line.split('\t')[0] for line in before[9:]]
    assert all(len(cell.partition('.')[2]) == 6 for row in cells for cell in row[1:])
    result = np.array(cells, dtype=float)[:, 1:]
    if name not in ('OutlierGate', 'one_euro'):
        errors = [np.abs(poses - clean).mean(axis=0) for poses in (result, noisy)]
        assert (errors[0] < 0.8 * errors[1]).all()
    alone = smooth(noisy[:, 1:2, None], name, fps=100, representation='scalar')
    np.testing.assert_allclose(result[:, 1], alone[:, 0, 0], atol=1e-6)


def test_wrapped_angles(tmp_path, values):
    _, noisy = values
    angle = 170 + np.linspace(0, 40, 120)
    noisy[:, 0] = np.round((angle + 180) % 360 - 180, 6)
    (tmp_path / 'a.mot').write_text(motion(noisy))
    tracks = io.load(tmp_path / 'a.mot')
    np.testing.assert_allclose(tracks['pelvis_tilt'].coords[:, 0, 0], angle)
    io.save(tmp_path / 'b.mot', tracks)
    assert (tmp_path / 'b.mot').read_bytes() == (tmp_path / 'a.mot').read_bytes()
    smooth(tmp_path / 'a.mot', 'gaussian', tmp_path / 'c.mot')
    written = np.array([line.split('\t') for line in (
        tmp_path / 'c.mot').read_text().splitlines()[9:]], dtype=float)[:, 1]
    np.testing.assert_allclose(written, noisy[:, 0], atol=0.6)
    jumps = [np.abs(np.diff(angles)) > 300 for angles in (written, noisy[:, 0])]
    np.testing.assert_array_equal(*jumps)


@pytest.mark.parametrize('kind, cell, representation', [
    ('Vec3', '1.5,{:.3f},0.5', 'keypoints_3d'), ('Quaternion', '0.8,{:.3f},0.6,0', 'quaternion')])
def test_values_of_several_numbers(tmp_path, kind, cell, representation):
    lines = ['DataRate=100.000000', f'DataType={kind}', 'version=3', 'endheader',
             'time\tpelvis\tfoot'] + [f'{t / 100}\t{cell.format(0.001 * t)}\tnan' for t in range(9)]
    (tmp_path / 'a.sto').write_text('\n'.join(lines))
    tracks = io.load(tmp_path / 'a.sto')
    assert list(tracks.tracks) == ['pelvis']
    assert tracks['pelvis'].representation == representation
    if kind == 'Quaternion':  # (w, x, y, z) in the file.
        np.testing.assert_allclose(tracks['pelvis'].coords[3, 0], [0.003, 0.6, 0, 0.8])
    io.save(tmp_path / 'b.sto', tracks)
    assert (tmp_path / 'b.sto').read_bytes() == (tmp_path / 'a.sto').read_bytes()
    smooth(tmp_path / 'a.sto', 'gaussian', tmp_path / 'c.sto')
    again = io.load(tmp_path / 'c.sto')['pelvis'].coords
    np.testing.assert_allclose(again, tracks['pelvis'].coords, atol=0.02)


def test_other_scalars_as_motion(tmp_path, values):
    _, noisy = values
    (tmp_path / 'a.mot').write_text(motion(noisy))
    tracks = io.load(tmp_path / 'a.mot')
    io.save(tmp_path / 'a.npz', tracks)
    again = io.load(tmp_path / 'a.npz')
    io.save(tmp_path / 'b.mot', again)
    for name, sequence in io.load(tmp_path / 'b.mot'):
        np.testing.assert_array_equal(sequence.coords, tracks[name].coords)
        assert sequence.unit == ('m' if name == 'pelvis_tx' else 'deg')
    with pytest.raises(DataFormatError, match='trc'):
        io.save(tmp_path / 'c.mot', io.load(d.write(tmp_path / 'a.json', d.video(5, 1, dims=3))))


def test_frames_are_dropped(tmp_path, values):
    _, noisy = values
    (tmp_path / 'a.mot').write_text(motion(noisy))
    tracks = io.load(tmp_path / 'a.mot')
    io.save(tmp_path / 'b.mot', tracks.replace(tracks={
        key: sequence.select(slice(0, 100)) for key, sequence in tracks},
        frame_ids=tracks.frame_ids[:100]))
    text = (tmp_path / 'b.mot').read_text()
    assert 'nRows=100\n' in text and len(text.splitlines()) == 109


@pytest.mark.parametrize('change, words', [
    (('endheader', 'end'), 'unknown|known format'), (('time\t', 'zeit\t'), "first of them 'time'"),
    (('pelvis_tx', 'pelvis_tilt'), 'two columns'), (('inDegrees=yes', 'DataType=Matrix'), 'Matrix'),
    (('0.0100\t', '0.0100\tx\t'), '5 cells'), (('0.0100\t', 'x\t'), 'time'),
    (('0.0300', '0.0100'), 'decrease')])
def test_damaged(tmp_path, values, change, words):
    (tmp_path / 'a.mot').write_text(motion(values[1]).replace(*change, 1))
    with pytest.raises(DataFormatError, match=words) as caught:
        io.load(tmp_path / 'a.mot')
    assert 'a.mot' in str(caught.value)
