from __future__ import annotations

import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from smoothnet_plugin.errors import CheckpointError, SmoothNetError, UnsafeFileError
from smoothnet_plugin.utils.restricted_torch import load_torch

ZIPPED = pytest.mark.parametrize('zipped', [True, False])


def saved(content, path, zipped=True):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


class Evil:

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f'touch {self.marker}',)


@ZIPPED
def test_what_a_runner_writes(zipped, tmp_path):
    buffer = HistoryBuffer()
    buffer.update(1.5)
    buffer.update(2.5)
    content = {'half': torch.ones(2, dtype=torch.bfloat16), 'size': torch.Size([1, 2]),
               'dtype': torch.float64, 'device': torch.device('cpu'), 'best': np.float64(2.5),
               'names': np.array(['a', 'b']), 'log': buffer,
               'parameter': torch.nn.Parameter(torch.arange(3.))}
    read = load_torch(saved(content, tmp_path / 'a.pth', zipped))
    assert type(read['log']) is HistoryBuffer
    assert (read['log'].mean(), read['log'].max(), read['log'].current()) == (2.0, 2.5, 2.5)
    assert read['names'].tolist() == ['a', 'b'] and read['best'] == 2.5
    assert torch.equal(read['half'], content['half']) and read['half'].dtype == torch.bfloat16
    assert isinstance(read['parameter'], torch.nn.Parameter)
    assert [read[key] for key in ('size', 'dtype', 'device')] == [
        content[key] for key in ('size', 'dtype', 'device')]


def test_history_goes_on_in_a_process_that_made_none(tmp_path, monkeypatch):
    buffer = HistoryBuffer()
    buffer.update(1.0)
    path = saved({'log': buffer}, tmp_path / 'a.pth')
    monkeypatch.setattr(HistoryBuffer, '_statistics_methods', {})
    read = load_torch(path)['log']
    read.update(3.0)
    assert read.statistics('mean') == 2.0
    again = pickle.loads(pickle.dumps(read))
    assert type(again) is HistoryBuffer and again.mean() == 2.0


@ZIPPED
@pytest.mark.parametrize('wrap', [lambda e: e, lambda e: {'state_dict': [1, e]}])
def test_code_is_refused_and_not_run(wrap, zipped, tmp_path):
    marker = tmp_path / 'ran'
    path = saved(wrap(Evil(marker)), tmp_path / 'evil.pth', zipped)
    with pytest.raises(UnsafeFileError, match=r'posix\.system.*Trust no one\.'):
        load_torch(path, way_out='Trust no one.')
    assert not marker.exists()


@pytest.mark.parametrize(('owner', 'name'), [(HistoryBuffer, '__init__'), (Path, 'touch')])
def test_getattr_reaches_statistics_only(owner, name, tmp_path):
    class Reaches:
        def __reduce__(self):
            return getattr, (owner, name)

    with pytest.raises(SmoothNetError):
        load_torch(saved(Reaches(), tmp_path / 'a.pth'))


def test_history_class_cannot_be_altered(tmp_path):
    program = (b'\x80\x02cmmengine.logging.history_buffer\nHistoryBuffer\n'
               b'N}X\x04\x00\x00\x00meanK\x01s\x86b.')
    path = tmp_path / 'a.pth'
    path.write_bytes(program)
    before = HistoryBuffer.mean
    with pytest.raises(CheckpointError, match='TypeError'):
        load_torch(path)
    assert HistoryBuffer.mean is before


def test_torchscript_is_refused(tmp_path):
    path = tmp_path / 'script.pt'
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path))
    with pytest.raises(UnsafeFileError, match='TorchScript'):
        load_torch(path)


def test_tar_file_is_refused(tmp_path):
    path = tmp_path / 'old.pth'
    with tarfile.open(path, 'w') as archive:
        for name in ('storages', 'tensors', 'pickle'):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b'.'))
    with pytest.raises(UnsafeFileError, match='tar file'):
        load_torch(path)


@ZIPPED
@pytest.mark.parametrize('share', [0.01, 0.5, 0.99])
def test_damaged_file(share, zipped, tmp_path):
    path = saved({'w': torch.ones(1000)}, tmp_path / 'a.pth', zipped)
    path.write_bytes(path.read_bytes()[:int(share * path.stat().st_size)])
    with pytest.raises(CheckpointError, match='damaged'):
        load_torch(path)


def test_forced_reader_of_torch_is_named(tmp_path, monkeypatch):
    path = saved({'w': torch.ones(1)}, tmp_path / 'a.pth')
    monkeypatch.setenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', '1')
    with pytest.raises(CheckpointError, match='TORCH_FORCE_WEIGHTS_ONLY_LOAD is set'):
        load_torch(path)
