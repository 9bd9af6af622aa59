from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from mmengine.runner import runner as runner_module

from smoothnet_plugin.engine import compat
from smoothnet_plugin.errors import CheckpointError, ConfigError, UnsafeFileError
from smoothnet_plugin.models import SmoothNet, save_safetensors


class RunsCode:

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def applied():
    schemes, save = dict(CheckpointLoader._schemes), runner_module.save_checkpoint
    compat.apply()
    yield
    CheckpointLoader._schemes, runner_module.save_checkpoint = schemes, save


@pytest.fixture
def checkpoint():
    buffer = HistoryBuffer()
    buffer.update(1.5)
    return {'meta': {'epoch': 3, 'best': np.float64(2.5), 'names': np.array(['a', 'b']),
                     'roots': np.arange(3)},
            'state_dict': OrderedDict(w=torch.ones(3)),
            'message_hub': {'log_scalars': OrderedDict(loss=buffer)},
            'optimizer': {'state': {0: {'step': torch.tensor(4.)}}}}


def test_reads_what_a_runner_writes(checkpoint, tmp_path):
    path = tmp_path / 'epoch_3.pth'
    compat.save_checkpoint(checkpoint, str(path))
    read = compat.load_from_local(str(path), 'cpu')
    assert read['meta']['best'] == 2.5
    assert read['meta']['names'].tolist() == ['a', 'b']
    assert read['message_hub']['log_scalars']['loss'].mean() == 1.5
    assert torch.equal(read['state_dict']['w'], torch.ones(3))


@pytest.mark.parametrize('as_zip', [True, False])
def test_reads_what_mmpose_saves(as_zip, tmp_path):
    meta = {'dataset_name': 'coco', 'flip_indices': [0, 2, 1], 'sigmas': np.full(3, 0.1),
            'skeleton_link_colors': np.zeros((0, 3), np.uint8), 'upper_body_ids': np.array([], int)}
    torch.save({'meta': {'dataset_meta': meta, 'epoch': 210}, 'state_dict': {'w': torch.ones(3)}},
               tmp_path / 'td-hm.pth', _use_new_zipfile_serialization=as_zip)
    read = compat.load_from_local(str(tmp_path / 'td-hm.pth'), 'cpu')
    found = read['meta']['dataset_meta']
    assert found['skeleton_link_colors'].shape == (0, 3)
    assert found['upper_body_ids'].shape == (0, )
    assert found['sigmas'].tolist() == [0.1] * 3
    assert set(read['state_dict']) == {'w'}


def test_restricted_loading_ends_with_the_block():
    before = CheckpointLoader._get_checkpoint_loader('x.pth')
    with compat.restricted_loading():
        assert CheckpointLoader._get_checkpoint_loader('x.pth') is compat.load_from_local
    assert CheckpointLoader._get_checkpoint_loader('x.pth') is before


def test_code_in_a_checkpoint_is_not_run(checkpoint, tmp_path):
    path, marker = tmp_path / 'evil.pth', tmp_path / 'ran'
    checkpoint['meta']['evil'] = RunsCode(marker)
    torch.save(checkpoint, path)
    with pytest.raises(UnsafeFileError, match='not read'):
        compat.load_from_local(str(path), 'cpu')
    assert not marker.exists()


def test_code_in_an_old_checkpoint_is_not_run(checkpoint, tmp_path):
    path, marker = tmp_path / 'evil.pth', tmp_path / 'ran'
    checkpoint['meta']['evil'] = RunsCode(marker)
    torch.save(checkpoint, path, _use_new_zipfile_serialization=False)
    with pytest.raises(UnsafeFileError, match='not read'):
        compat.load_from_local(str(path), 'cpu')
    assert not marker.exists()


def test_weights_of_other_kinds_are_read_by_the_networks_names(tmp_path):
    network = SmoothNet(8, hidden_size=16, res_hidden_size=4, num_blocks=1)
    save_safetensors(tmp_path / 'w.safetensors', network.state_dict(), {'type': 'SmoothNet'})
    torch.save({'epoch': 1, 'state_dict': network.state_dict(), 'performance': None,
                'optimizer': {}}, tmp_path / 'checkpoint_8.pth.tar')
    for name in ('w.safetensors', 'checkpoint_8.pth.tar'):
        read = compat.load_from_local(str(tmp_path / name), 'cpu')
        assert set(read['state_dict']) == set(network.state_dict())


def test_missing_and_damaged_files_are_named(checkpoint, tmp_path):
    path = tmp_path / 'epoch_1.pth'
    torch.save(checkpoint, path)
    with pytest.raises(CheckpointError, match=r'epoch_2.*epoch_1\.pth'):
        compat.load_from_local(str(tmp_path / 'epoch_2.pth'), 'cpu')
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(CheckpointError, match='damaged'):
        compat.load_from_local(str(path), 'cpu')


def test_a_failed_save_leaves_the_old_checkpoint(checkpoint, tmp_path, monkeypatch):
    path = tmp_path / 'epoch_1.pth'
    compat.save_checkpoint(checkpoint, str(path))
    before = path.read_bytes()

    def fails_half_way(content, file):
        file.write(b'half')
        raise OSError('disk full')

    monkeypatch.setattr(torch, 'save', fails_half_way)
    with pytest.raises(OSError, match='disk full'):
        compat.save_checkpoint(checkpoint, str(path))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ['epoch_1.pth']


def test_apply_reaches_the_runner(applied, checkpoint, tmp_path):
    runner_module.save_checkpoint(checkpoint, str(tmp_path / 'a.pth'))
    read = CheckpointLoader.load_checkpoint(str(tmp_path / 'a.pth'), 'cpu')
    assert read['meta']['epoch'] == 3


def test_amp_on_the_cpu_warns_and_goes_on(monkeypatch):
    monkeypatch.setattr(compat, 'get_device', lambda: 'cpu')
    cfg = Config({'optim_wrapper': {'type': 'AmpOptimWrapper', 'loss_scale': 'dynamic',
                                    'optimizer': {'type': 'Adam', 'lr': 0.1}}})
    with pytest.warns(UserWarning, match='float32'):
        compat.adapt_config(cfg)
    assert cfg.optim_wrapper.to_dict() == {'type': 'OptimWrapper',
                                           'optimizer': {'type': 'Adam', 'lr': 0.1}}


def test_amp_is_kept_where_it_works(monkeypatch):
    monkeypatch.setattr(compat, 'get_device', lambda: 'cuda')
    cfg = Config({'optim_wrapper': {'type': 'AmpOptimWrapper'}, 'launcher': 'slurm'})
    assert compat.adapt_config(cfg).optim_wrapper.type == 'AmpOptimWrapper'


def test_launchers_on_the_cpu(monkeypatch):
    monkeypatch.setattr(compat, 'get_device', lambda: 'cpu')
    wrapper = compat.adapt_config(Config({'launcher': 'pytorch'})).model_wrapper_cfg
    assert wrapper.device_ids is None
    with pytest.raises(ConfigError, match='slurm'):
        compat.adapt_config(Config({'launcher': 'slurm'}))
    monkeypatch.delenv('RANK', raising=False)
    with pytest.raises(ConfigError, match='torchrun'):
        compat.open_process_group('pytorch')
