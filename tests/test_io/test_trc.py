from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import DataFormatError

from . import documents as d


def trc(tmp_path, text):
    (tmp_path / 'clip.trc').write_bytes(text.encode())
    return tmp_path / 'clip.trc'


def test_header_fields(tmp_path):
    tracks = io.load(trc(tmp_path, d.trc_text()))
    sequence = tracks[0]
    assert tracks.fps == 60 and sequence.unit == 'm' and sequence.representation == 'keypoints_3d'
    assert sequence.skeleton.keypoint_names == ('Hip', 'RHip', 'RKnee', 'RAnkle')
    np.testing.assert_array_equal(sequence.coords, [d.pose(t, 0, 3) for t in range(5)])
    np.testing.assert_array_equal(sequence.frame_ids, range(5))
    assert io.load(tmp_path / 'clip.trc', fps=30, unit='cm')[0].unit == 'cm'


@pytest.mark.parametrize('change', [
    lambda t: t, lambda t: t.replace('\n', '\r\n'), lambda t: t.rstrip('\n'),
    lambda t: t.replace('\n0\t', '\n\n0\t'),  # OpenSim's empty sixth line.
    lambda t: t.replace('\t42.25\t', '\t\t').replace('90', '90.000'),
    lambda t: t.replace('\n3\t', '\n3.0\t'), lambda t: t.replace('5.25\t145.0\t1.0', ''),
])
def test_comes_back_to_the_letter(tmp_path, change):
    path = trc(tmp_path, change(d.trc_text()))
    tracks = io.load(path)
    io.save(tmp_path / 'out.trc', tracks)
    assert (tmp_path / 'out.trc').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.trc', d.shifted(tracks))
    again = io.load(tmp_path / 'out.trc')
    known = tracks[0].valid  # A keypoint that is known in part stays as it is.
    np.testing.assert_array_equal(again[0].coords[known], tracks[0].coords[known] + 1)
    np.testing.assert_array_equal(again[0].coords[~known], tracks[0].coords[~known])
    assert (tmp_path / 'out.trc').read_text().splitlines()[:5] == d.trc_text().splitlines()[:5]


def test_missing_cells_are_filled(tmp_path):
    tracks = io.load(trc(tmp_path, d.trc_text().replace('5.25\t145.0\t1.0', '\t')))
    assert (~tracks[0].valid).sum() == 1
    coords = np.where(np.isnan(tracks[0].coords), 0.5, tracks[0].coords)
    io.save(tmp_path / 'out.trc', d.replaced(tracks, 0, tracks[0].replace(coords=coords)))
    assert (tmp_path / 'out.trc').read_text() == d.trc_text().replace('5.25\t145.0\t1.0',
                                                                      '0.500\t0.500\t0.500')


def test_interpolated_and_dropped_frames(tmp_path):
    lines = d.trc_text().splitlines()
    path = trc(tmp_path, '\n'.join(lines[:7] + lines[8:]) + '\n')
    tracks = d.bridged(io.load(path), 0, 2)
    io.save(tmp_path / 'out.trc', tracks)
    out = (tmp_path / 'out.trc').read_text().splitlines()
    assert out[:2] + out[3:7] + out[8:] == lines[:2] + lines[3:7] + lines[8:]
    assert out[2].split('\t')[2] == '5' and out[7].split('\t')[0] == '2'
    assert float(out[7].split('\t')[1]) == pytest.approx(2 / 60, abs=1e-8)
    io.save(tmp_path / 'out.trc', d.replaced(tracks, 0, tracks[0].select(slice(0, 2))))
    out = (tmp_path / 'out.trc').read_text().splitlines()
    assert len(out) == 7 and out[2].split('\t')[2] == '2'


def test_new_file_fills_the_grid(tmp_path):
    tracks = io.load(trc(tmp_path, d.trc_text()))
    rows = tracks[0].select(np.array([0, 1, 4]))
    io.save(tmp_path / 'new.trc', tracks.replace(tracks={0: rows}, source=None))
    lines = (tmp_path / 'new.trc').read_text().splitlines()
    header = d.trc_text().splitlines()[:5]
    assert lines[1:3] == header[1:3]
    assert lines[3].rstrip('\t') == header[3].rstrip('\t')
    assert lines[4] == header[4].rstrip('\t')
    assert lines[7].rstrip('\t') == '2\t0.033333333'
    again = io.load(tmp_path / 'new.trc')
    assert again.num_frames == 5 and again[0].valid.sum() == 12
    np.testing.assert_array_equal(again[0].coords[[0, 1, 4]], rows.coords)


@pytest.mark.parametrize('change, message', [
    (lambda t: t[:60], 'five lines of header'),
    (lambda t: t.replace('60\t60\t5\t4', '60\t60\t5\t3'), 'line 4: 4 marker names.*3'),
    (lambda t: t.replace('60\t60\t5', 'x\t60\t5'), "line 3: DataRate is 'x'"),
    (lambda t: t.replace('\n2\t', '\nb\t'), "line 8, frame number.*'b'"),
    (lambda t: t.replace('\n2\t', '\n1\t'), 'line 8: frame 1 occurs twice, first in line 7'),
    (lambda t: t.replace('\t44.25', '\tfar'), "line 8, column 6.*'far'"),
    (lambda t: t.rstrip('\n') + '\t7\n', 'line 10: 13 values for 4 markers'),
])
def test_bad_files(tmp_path, change, message):
    with pytest.raises(DataFormatError, match=message):
        io.load(trc(tmp_path, change(d.trc_text())), format='trc')


def test_one_person_with_fps(tmp_path):
    document = d.write(tmp_path / 'a.json', d.video(dims=3))
    with pytest.raises(DataFormatError, match=r'one person per file.*2 \(0, 1\)'):
        io.save(tmp_path / 'out.trc', io.load(document, fps=30))
    tracks = io.load(document)
    with pytest.raises(DataFormatError, match='needs the frames per second'):
        io.save(tmp_path / 'out.trc', tracks.replace(tracks={0: tracks[0]}))
    assert not (tmp_path / 'out.trc').exists()


def lines_of(path):
    return [line.split('\t') for line in path.read_text().splitlines()]


@pytest.mark.parametrize('change', [
    lambda lines: [*lines[:5], *(line.replace('\t', ' ') for line in lines[5:])],
    lambda lines: [lines[0], *(line.replace('\t', '  ') for line in lines[1:3]),
                   'Frame# Time Hip RHip RKnee RAnkle', lines[4],
                   *(line.replace('\t', ' ') for line in lines[5:])],
    lambda lines: [*lines[:3], lines[3].replace('Frame#\tTime', 'Frame# Time'), *lines[4:]],
    lambda lines: [*lines[:5], *(line.replace('.', ',') for line in lines[5:])],
])
def test_dialects_are_read_and_written_as_trc(tmp_path, change):
    standard = io.load(trc(tmp_path, d.trc_text()))
    path = tmp_path / 'dialect.trc'
    path.write_text('\n'.join(change(d.trc_text().splitlines())) + '\n')
    tracks = io.load(path)
    np.testing.assert_array_equal(tracks[0].coords, standard[0].coords)
    assert tracks[0].skeleton.keypoint_names == standard[0].skeleton.keypoint_names
    io.save(tmp_path / 'same.trc', tracks)
    assert (tmp_path / 'same.trc').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.trc', d.shifted(tracks))
    cells = [line[2:] for line in lines_of(tmp_path / 'out.trc')[5:]]
    np.testing.assert_array_equal(np.array(cells, float).reshape(-1, 4, 3),
                                  standard[0].coords + 1)


def test_new_numbers_have_the_decimals_of_the_file(tmp_path):
    tracks = io.load(trc(tmp_path, d.trc_text()))
    io.save(tmp_path / 'out.trc', d.shifted(tracks, 1 / 3))
    # Three in the file, and four for 0.1 mm.
    assert all(len(cell.partition('.')[2]) in (3, 4)
               for line in lines_of(tmp_path / 'out.trc')[5:] for cell in line[2:])


@pytest.mark.parametrize('unit', ['px', 'm'])
def test_flat_files_are_smoothed_in_2d(tmp_path, unit):
    text = d.trc_text(40).replace('\tm\t', f'\t{unit}\t')
    for z in ('0.5', '0.25', '0.125', '1.0'):
        text = text.replace(f'\t{z}\t', '\t0.0\t').replace(f'\t{z}\n', '\t0.0\n')
    tracks = io.load(trc(tmp_path, text))
    assert tracks[0].unit == 'px' and (tracks[0].coords[:, :, 2] == 0).all()
    noisy = tracks[0].coords + np.random.default_rng(0).normal(0, 3, (40, 4, 3)) * [1, 1, 0]
    tracks = d.replaced(tracks, 0, tracks[0].replace(coords=noisy))
    result = smooth(tracks, 'default', tmp_path / 'out.trc')
    np.testing.assert_array_equal(result[0].coords[:, :, :2],
                                  smooth(noisy[:, :, :2], 'default', fps=60))
    assert all(float(cell) == 0 for line in lines_of(tmp_path / 'out.trc')[5:]
               for cell in line[4::3])


def test_frames_far_apart_get_no_lines_between(tmp_path):
    frames = [0, 1, 2 * 10**12]
    document = d.write(tmp_path / 'a.json', [
        {'frame_id': t, 'instances': [d.person(i, dims=3, track_id=0)]}
        for i, t in enumerate(frames)])
    io.save(tmp_path / 'out.trc', io.load(document, fps=30))
    assert [int(line[0]) for line in lines_of(tmp_path / 'out.trc')[5:]] == frames


@pytest.mark.parametrize('gap', ['nan', '', '0.0'])
@pytest.mark.parametrize('separator', ['\t', ' '])
def test_bursts_of_lost_markers(tmp_path, gap, separator):
    """NaN, nothing or 0 0 0 for a marker that is lost, within the clip and at its ends."""
    if gap == '' and separator == ' ':
        pytest.skip('blanks cannot separate nothing')
    lines = d.trc_text(60).splitlines()
    lost = {(t, k) for k, frames in enumerate([range(10, 14), range(20, 45), range(5),
                                               range(57, 60)]) for t in frames}
    for t in range(60):
        cells = lines[5 + t].split('\t')
        for k in range(4):
            if (t, k) in lost:
                cells[2 + 3 * k:5 + 3 * k] = 3 * [gap]
        lines[5 + t] = separator.join(cells)
    path = trc(tmp_path, '\n'.join(lines) + '\n')
    result, report = smooth_with_report(path, 'gaussian', tmp_path / 'out.trc')
    assert report.missing_keypoints == len(lost) and report.filled_keypoints == 4
    truth = np.array([d.pose(t, 0, 3) for t in range(60)])
    measured = np.array([[(t, k) not in lost for k in range(4)] for t in range(60)])
    measured[10:14, 0] = True  # A short gap is interpolated.
    np.testing.assert_allclose(result[0].coords[measured], truth[measured], atol=1e-6)
    written = [line.split(separator) for line in
               (tmp_path / 'out.trc').read_text().splitlines()[5:]]
    for t, k in lost:
        if k:
            assert {cell.strip() for cell in written[t][2 + 3 * k:5 + 3 * k]} <= {gap, '0', '0.000'}


@pytest.mark.parametrize('unit', ['mm', 'm', 'cm'])
def test_moves_are_in_the_unit_of_the_file(tmp_path, unit):
    path = trc(tmp_path, d.trc_text(30).replace('\tm\t', f'\t{unit}\t'))
    for given, expected in ((None, unit), ('cm', 'cm')):
        _, report = smooth_with_report(path, 'gaussian', unit=given)
        assert report.unit == expected
        assert dict(report.lines())['move'].endswith(f' {expected}')


def test_the_pixels_of_sports2d(cases_dir, tmp_path):
    """Real joints of OpenPose, Z = 0 everywhere, as Sports2D writes them."""
    case = np.load(cases_dir / 'data' / 'openpose_cam1_30fps.npz')
    coords = case['coords'][:, 5:17]
    frames = np.arange(len(coords))
    for k, axis in np.ndindex(12, 2):
        known = np.isfinite(coords[:, k, axis])
        coords[:, k, axis] = np.interp(frames, frames[known], coords[known, k, axis])
    coords = np.round(coords, 5)
    head = d.trc_text(len(coords)).splitlines()[:5]
    head[2] = head[2].replace('60\t60', '30\t30').replace('\t4\tm', '\t12\tpx')
    head[3] = 'Frame#\tTime\t' + '\t\t\t'.join(f'm{k}' for k in range(12)) + '\t\t\t'
    head[4] = '\t\t' + '\t'.join(f'X{k}\tY{k}\tZ{k}' for k in range(1, 13)) + '\t'
    lines = ['\t'.join([str(t), f'{t / 30:.6f}', *(f'{x:.5f}\t{y:.5f}\t0.0' for x, y in pose)])
             for t, pose in enumerate(coords)]
    path = trc(tmp_path, '\n'.join([*head, *lines]) + '\n')
    result = smooth(path, 'default', tmp_path / 'out.trc')[0].coords
    assert (result[..., 2] == 0).all()
    np.testing.assert_allclose(result[..., :2], smooth(coords, 'default', fps=30), atol=1e-6)
