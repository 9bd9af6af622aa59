from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.files import (
    atomic_write,
    check_output_path,
    remove_leftovers,
    temporary_beside,
)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / 'sub' / 'out.txt'
    with atomic_write(path) as file:
        file.write('whole')
        assert not path.exists()
    assert path.read_text() == 'whole' and stat.S_IMODE(path.stat().st_mode) & 0o400
    with pytest.raises(RuntimeError), atomic_write(path) as file:
        file.write('half')
        raise RuntimeError
    assert path.read_text() == 'whole' and [p.name for p in path.parent.iterdir()] == ['out.txt']


def test_temporary_keeps_the_suffix(tmp_path):
    with temporary_beside(tmp_path / 'clip.mp4') as temporary:
        assert temporary.suffix == '.mp4' and temporary.parent == tmp_path
        temporary.write_bytes(b'x')
    assert (tmp_path / 'clip.mp4').read_bytes() == b'x'


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / 'real.txt').write_text('old')
    (tmp_path / 'link.txt').symlink_to('real.txt')
    with atomic_write(tmp_path / 'link.txt') as file:
        file.write('new')
    assert (tmp_path / 'link.txt').is_symlink() and (tmp_path / 'real.txt').read_text() == 'new'


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_folder_without_permission_is_detected_before_the_work(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataFormatError, match='no permission'):
        check_output_path(tmp_path / 'out.json')


def test_paths_that_cannot_be_files(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataFormatError, match=r'is a directory.*smoothed\.json'):
        check_output_path(tmp_path)
    with pytest.raises(DataFormatError, match=r'needs .* to be a directory'):
        check_output_path(tmp_path / 'file' / 'out.json')
    assert check_output_path(tmp_path / 'a' / 'b.json').name == 'b.json'


def test_the_mode_of_the_old_file_is_kept(tmp_path):
    path = tmp_path / 'private.txt'
    path.write_text('old')
    path.chmod(0o600)
    with atomic_write(path) as file:
        file.write('new')
    assert path.read_text() == 'new' and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / 'pipe.json'
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    got: list[bytes] = []
    reader.start()
    with atomic_write(pipe) as file:
        file.write('through')
    reader.join(10)
    assert got == [b'through'] and stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ['pipe.json']


def test_a_device_is_written_to_and_stays():
    # A terminal of our own: in some containers /dev/null is a regular file.
    pty = pytest.importorskip('pty', reason='terminals as files exist on POSIX systems only')
    controller, terminal = pty.openpty()
    device = Path(os.ttyname(terminal))
    before = device.stat()
    with atomic_write(device) as file:
        file.write('through')
    assert os.read(controller, 100) == b'through'
    assert stat.S_ISCHR(device.stat().st_mode) and device.stat().st_ino == before.st_ino
    os.close(terminal)
    os.close(controller)


def test_leftovers_of_killed_writers_go_and_nothing_else(tmp_path):
    writer = temporary_beside(tmp_path / 'a[1].json')
    left = writer.__enter__()
    others = [tmp_path / name for name in (
        '.a[1]-b-12345678.json', '.a1-12345678.json', 'a[1].json', '.a[1]-12345678.txt')]
    for other in others:
        other.touch()
    assert left.exists()
    remove_leftovers(tmp_path / 'a[1].json')
    assert sorted(tmp_path.iterdir()) == sorted(others)
