"""Damaged, odd and hostile files: tracks or an error of ours, and little memory."""

from __future__ import annotations

import io as byte_streams
import json
import pickle
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError, DataFormatError, SmoothNetError, UnsafeFileError

from . import documents as d

MEGABYTE = 1 << 20


def npy(header: str, version=(1, 0), body: bytes = bytes(400)) -> bytes:
    text = header.encode() + b'\n'
    size = struct.pack('<H' if version[0] == 1 else '<I', len(text))
    return b'\x93NUMPY' + bytes(version) + size + text + body


def npz(path, member: bytes, method: int = 0, name: str = 'coords.npy'):
    with zipfile.ZipFile(path, 'w', method) as archive:
        archive.writestr(name, member)
    return path


def array_bytes() -> bytes:
    stream = byte_streams.BytesIO()
    np.save(stream, np.zeros((9, 5, 2)))
    return stream.getvalue()


@pytest.mark.parametrize('header', [
    "{'descr':((('<f8'", "{'descr':" + '-' * 3000 + '1}', "{'a':1}\n  b\n c",
    f"{{'descr':'<f8','fortran_order':False,'shape':({10**30},)}}",
    "{'descr':'<f8','fortran_order':False,'shape':('a',)}",
    "{'descr':'<f8','fortran_order':False,'shape':(-1,)}",
    "{'descr':'<f8','fortran_order':False,'shape':(100000000,5,2)}",
    "{'descr':'<U0','fortran_order':False,'shape':(1000000000,5,2)}",
    "{'descr':'|V99999999','fortran_order':False,'shape':(9,5,2)}"])
@pytest.mark.parametrize('version', [(1, 0), (2, 0), (3, 0), (9, 9)])
def test_npy_headers(tmp_path, header, version):
    path = npz(tmp_path / 'a.npz', npy(header, version))
    with pytest.raises(DataFormatError, match=r"a\.npz.*'coords'"):
        io.load(path)


def test_members_that_cannot_be_unpacked(tmp_path):
    content = bytearray(npz(tmp_path / 'a.npz', array_bytes(), 14).read_bytes())
    content[60:64] = b'\xff' * 4
    (tmp_path / 'lzma.npz').write_bytes(content)
    content = bytearray(npz(tmp_path / 'b.npz', array_bytes()).read_bytes())
    directory = content.find(b'PK\x01\x02')
    content[6] |= 1
    content[directory + 8] |= 1
    (tmp_path / 'encrypted.npz').write_bytes(content)
    content = bytearray((tmp_path / 'b.npz').read_bytes())
    content[directory + 6] = content[4] = 99
    (tmp_path / 'version.npz').write_bytes(content)
    for name in ('lzma', 'encrypted', 'version'):
        with pytest.raises(DataFormatError, match=rf'{name}\.npz'):
            io.load(tmp_path / f'{name}.npz', format='npz')


def test_single_values_in_place_of_sequences(tmp_path):
    np.savez(tmp_path / 'a.npz', imgname=np.array('x'), joints_3d=np.array(1.0))
    with pytest.raises(DataFormatError, match="'joints_3d': expected an entry per sequence"):
        io.load(tmp_path / 'a.npz')


@pytest.mark.parametrize('end', ['\r', '\r\n', '\n'])
def test_tables_of_every_line_end(tmp_path, end):
    path = tmp_path / 'a.csv'
    path.write_bytes(f'frame,a_x,a_y{end}0,1,2{end}1,2,3{end}'.encode())
    tracks = io.load(path)
    np.testing.assert_array_equal(tracks[0].coords[:, 0], [[1, 2], [2, 3]])
    io.save(tmp_path / 'b.csv', tracks)
    assert (tmp_path / 'b.csv').read_bytes() == path.read_bytes()


@pytest.mark.parametrize('text', ['a' * 140_000, '"' + 'a' * 140_000, 'frame,a_x,a_y\n0,"1', '"',
                                  'frame,a_x,a_y\n' + '1' * 140_000 + ',2,3\n'])
def test_tables_of_long_or_open_cells(tmp_path, text):
    (tmp_path / 'a.csv').write_text(text)
    with pytest.raises(DataFormatError, match=r'a\.csv'):
        io.load(tmp_path / 'a.csv')


def test_too_many_columns(tmp_path):
    names = [f'k{i}_{axis}' for i in range(30_000) for axis in 'xy']
    (tmp_path / 'a.csv').write_text(','.join(names) + '\n' + ','.join(['1'] * len(names)) + '\n')
    with pytest.raises(DataFormatError, match='60000 columns; expected at most'):
        io.load(tmp_path / 'a.csv')


def sample(**more):
    return {'img_path': '/a/1.jpg', **more, 'pred_instances': {
        'keypoints': np.zeros((1, 5, 2)), 'keypoint_scores': np.ones((1, 5))}}


@pytest.mark.parametrize('more', [
    {'track_id': np.array([1, 2])}, {'track_id': np.array([[3]])}, {'track_id': {}},
    {'img_path': np.array(5)}, {'img_path': []}, {'img_path': '/a/' + '9' * 5000 + '.jpg'},
    {'img_path': '/a/' + '9' * 20 + '.jpg'}, {'img_path': np.array(['/a/1.jpg'])}])
def test_dumps_with_odd_ids_and_paths(tmp_path, more):
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps([sample(**more)]))
    try:
        tracks = io.load(tmp_path / 'a.pkl')
    except SmoothNetError as error:
        assert 'a.pkl' in str(error)
        return
    assert len(tracks) == 1


@pytest.mark.parametrize('values', [np.full((1, 5), '0.9'), np.full((1, 5), None),
                                    np.ones((1, 5), complex)], ids=['text', 'objects', 'complex'])
def test_dumps_of_scores_that_are_no_numbers(tmp_path, values):
    content = sample()
    content['pred_instances']['keypoint_scores'] = values
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps([content]))
    with pytest.raises(DataFormatError, match=r'a\.pkl.*keypoint_scores have values of type'):
        io.load(tmp_path / 'a.pkl', format='mmengine_dump')


def test_names_of_thousands_of_digits(tmp_path):
    document = [{**entry, 'image_id': f"{'9' * 5000}{entry['image_id']}"}
                for entry in d.alphapose(3)]
    assert len(io.load(d.write(tmp_path / 'a.json', document))) == 2


@pytest.mark.parametrize('content', [
    b'\x80\x04]r' + struct.pack('<I', 2 * 10**8) + b'N.',
    b']p200000000\nN.', b'\x80\x02]r' + struct.pack('<I', 10**9) + b'0.',
    *(b'\x80\x04cbuiltins\n' + kind + b'\n(J' + struct.pack('<i', 10**9) + b'tR.'
      for kind in (b'bytes', b'bytearray')),
    *(b'\x80\x04cbuiltins\n' + kind + b'\n(cbuiltins\nrange\n(J' + struct.pack('<i', 2 * 10**7)
      + b'tRtR.' for kind in (b'set', b'frozenset')),
    b'\x80\x05\x96' + struct.pack('<Q', 10**9) + b'abc.',
    b'\x80\x04\x8e' + struct.pack('<Q', 10**12) + b'abc.',
    b'\x80\x04\x95' + struct.pack('<Q', 10**9) + b'].',
])
def test_pickles_that_ask_for_memory(tmp_path, content):
    (tmp_path / 'a.pkl').write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataFormatError, match=r'a\.pkl'):
            io.load(tmp_path / 'a.pkl', format='mmengine_dump')
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_tensors_larger_than_their_storage(tmp_path):
    torch = pytest.importorskip('torch')
    tensor = torch.zeros(1).expand(10**6, 17, 2)
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps([{
        'pred_instances': {'keypoints': tensor}, 'img_path': '1.jpg'}]))
    with pytest.raises(DataFormatError, match='larger than its storage'):
        io.load(tmp_path / 'a.pkl')


def test_clips_with_far_frames_take_little_memory(tmp_path):
    rows = ''.join(f'{i},1,2\n' for i in range(3000)) + '59000,1,2\n'
    (tmp_path / 'a.csv').write_text('frame,a_x,a_y\n' + rows)
    document = [entry for t in [*range(1000), 19_000] for entry in [{
        'image_id': t, 'category_id': 1, 'keypoints': d.flat(t), 'score': 1, 'idx': 1}]]
    d.write(tmp_path / 'a.json', document)
    for name, frames in (('a.csv', 59_001), ('a.json', 19_001)):
        tracemalloc.start()
        tracks = io.load(tmp_path / name)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(tracks.frame_ids) == frames and peak < 24 * MEGABYTE


def test_lone_surrogates_come_back(tmp_path):
    text = ('[{"frame_id": 0, "a": "\\ud800", "b": "\u00e9", '
            '"instances": [{"keypoints": [[1, 2], [3, 4]]}]}]')
    (tmp_path / 'a.json').write_text(text, encoding='utf-8')
    io.save(tmp_path / 'b.json', io.load(tmp_path / 'a.json'))
    assert (tmp_path / 'b.json').read_text(encoding='utf-8') == text


def test_names_that_are_no_unicode_are_refused_in_tables(tmp_path):
    demo = d.demo(2, 1)
    demo['meta_info']['keypoint_id2name']['0'] = '\ud800'
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(demo))
    with pytest.raises(DataFormatError, match='not valid Unicode'):
        io.save(tmp_path / 'a.csv', io.load(path))
    assert not (tmp_path / 'a.csv').exists()


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-be', 'utf-32', 'latin-1', 'cp037'])
@pytest.mark.parametrize('name', ['a.json', 'a.csv', 'a.trc'])
def test_other_encodings_are_named(tmp_path, encoding, name):
    texts = {'a.json': '[{"frame_id": 0, "n": "\u00e9", "instances": []}]',
             'a.csv': 'frame,caf\u00e9_x,caf\u00e9_y\n0,1,2\n',
             'a.trc': d.trc_text().replace('Hip', 'H\u00fcfte')}
    content = texts[name].encode(encoding)
    if encoding == 'utf-16-be':
        content = b'\xfe\xff' + content
    (tmp_path / name).write_bytes(content)
    named = {'utf-16': 'UTF-16', 'utf-16-be': 'UTF-16', 'utf-32': 'UTF-(16 or UTF-)?32'}
    with pytest.raises(DataFormatError, match=named.get(encoding, name)):
        io.load(tmp_path / name)


@pytest.mark.parametrize('name', ['a.json', 'a.csv', 'a.trc'])
def test_a_byte_order_mark_is_kept(tmp_path, name):
    texts = {'a.json': json.dumps(d.video(2)), 'a.csv': d.csv_text(2), 'a.trc': d.trc_text(2)}
    (tmp_path / name).write_bytes(b'\xef\xbb\xbf' + texts[name].encode())
    out = tmp_path / f'out_{name}'
    io.save(out, io.load(tmp_path / name))
    assert out.read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize('rate', ['nan', 'inf', '1e308', '1e400', '-60', '0', '1000001'])
def test_frame_rates_that_are_none(tmp_path, rate):
    text = d.trc_text().replace('60\t60\t5', f'{rate}\t60\t5')
    (tmp_path / 'a.trc').write_text(text)
    with pytest.raises(DataFormatError, match='DataRate is|frames per second'):
        io.load(tmp_path / 'a.trc')
    path = d.write(tmp_path / 'a.json', d.video(2))
    if float(rate) > 0 and float(rate) > 10**6:
        with pytest.raises(ConfigError, match='at most 1000000'):
            io.load(path, fps=float(rate))


@pytest.mark.parametrize('content, message', [
    (b'\x89HDF\r\n\x1a\n' + bytes(99), 'an HDF5 file'), (b'\x1f\x8b' + bytes(99), 'a gzip file'),
    (b'\0\0\0\x18ftypmp42' + bytes(99), 'an MP4'), (b'<html></html>', 'XML or HTML'),
    (b'{"a": 1, "b": 2}', 'JSON.*keys a, b'),
    (b'[{"x": 1}]', 'JSON: a list of 1, the first an object with the keys x'),
    (b'\x93NUMPY\x01\0', 'npy'), (b'time,left,right\n1,2,3\n', 'columns: time, left, right'),
    (b'hello world\n', "begins with 'hello world'"), (b'\0\1\2\xff' * 9, 'binary data'),
    (pickle.dumps({'betas': 1, 'pose': np.zeros(3)}), 'pickle: an object with the keys betas'),
    (pickle.dumps({3: {'verts': 1}}), 'keys 3, the first of them an object with the keys verts'),
])
def test_unknown_files_are_described(tmp_path, content, message):
    (tmp_path / 'a').write_bytes(content)
    with pytest.raises(DataFormatError, match=rf'no known format\. .*{message}') as caught:
        io.load(tmp_path / 'a')
    assert ', mmpose_video, ' in str(caught.value)


def test_unknown_archives_are_described(tmp_path):
    np.savez(tmp_path / 'a.npz', verts=np.zeros(3), trans=np.zeros(3))
    with pytest.raises(DataFormatError, match='arrays verts, trans; expected coords'):
        io.load(tmp_path / 'a.npz')
    with pytest.raises(UnsafeFileError, match='not read'):
        (tmp_path / 'b.pkl').write_bytes(pickle.dumps(subprocess.run))
        io.load(tmp_path / 'b.pkl')


@pytest.fixture
def damaged_files(repo_dir):
    folder = repo_dir.parent / 'shared' / 'cases' / 'damaged'
    if not folder.is_dir():
        pytest.skip('needs ../shared/cases/damaged, absent here')
    return folder


def test_a_crash_of_ezc3d_ends_nothing(damaged_files):
    pytest.importorskip('ezc3d')
    with pytest.raises(DataFormatError, match='not a readable C3D file'):
        io.load(damaged_files / 'SIGNAL_11.c3d')


def test_the_damaged_files_of_the_workplace(damaged_files):
    for path in sorted(damaged_files.iterdir()):
        tracemalloc.start()
        try:
            io.load(path)
        except SmoothNetError as error:
            assert path.name in str(error)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 16 * MEGABYTE


def smooth(*arguments, **more):
    return subprocess.run(
        [sys.executable, '-m', 'smoothnet_plugin.cli', 'smooth', *map(str, arguments),
         '--smoother', 'gaussian'], capture_output=True, check=True, **more)


@pytest.mark.slow
def test_pipes_from_end_to_end(tmp_path):
    path = d.write(tmp_path / 'a.json', d.video(20, 1))
    smooth(path, '-o', tmp_path / 'b.json')
    piped = smooth('-', '-o', '-', input=path.read_bytes())
    assert piped.stdout == (tmp_path / 'b.json').read_bytes()
    assert b'missing' in piped.stderr
    again = smooth('/dev/stdin', '-o', '/dev/stdout', input=path.read_bytes())
    assert again.stdout == piped.stdout


def test_options_of_the_command_that_cannot_be_read(tmp_path, capsys):
    path = str(d.write(tmp_path / 'a.json', d.video(2)))
    for arguments in (['--smoother-options', 'sigma=[1,2'], ['--fps', '1e300'], ['--fps', 'nan']):
        assert main(['smooth', path, '--smoother', 'gaussian', *arguments]) == 2
        assert capsys.readouterr().err.startswith('smoothnet: error: ')


@pytest.mark.parametrize('far', [0, 1_900_000])
def test_a_far_picture_needs_no_more_memory(tmp_path, far):
    entries = [{'image_id': t, 'category_id': 1, 'keypoints': [1, 2, 1] * 5, 'score': 1, 'idx': 1}
               for t in [*range(2000), *([far] if far else [])]]
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(entries))
    tracemalloc.start()
    try:
        tracks = io.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tracks.num_frames == len(entries) and peak < 25 * path.stat().st_size


def test_rotations_of_body_models_and_arrays_of_cameras_are_named(tmp_path):
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps({1: {'poses': np.zeros((9, 156))}}))
    with pytest.raises(DataFormatError, match="representation='axis_angle'"):
        io.load(tmp_path / 'a.pkl')
    np.save(tmp_path / 'b.npy', np.zeros((3, 9, 17, 2)))
    with pytest.raises(DataFormatError, match='cameras or people'):
        io.load(tmp_path / 'b.npy')
