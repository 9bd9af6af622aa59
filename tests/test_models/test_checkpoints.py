from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub
from safetensors.torch import save_file

from smoothnet_plugin.errors import CheckpointError, ConfigError, UnsafeFileError
from smoothnet_plugin.models import (
    MotionAwareSmoothNet,
    MotionRefineNet,
    SmoothNet,
    infer_smoothnet_args,
    load_network,
    load_state_dict_file,
    save_safetensors,
    weights_hash,
)

SIZES = dict(window_size=8, output_size=8, hidden_size=12, res_hidden_size=6, num_blocks=2)


def prefixed(state, prefix):
    return {prefix + name: value for name, value in state.items()}


def with_counters(state):
    return {**state, 'total_ops': torch.zeros(1), 'encoder.0.total_params': torch.zeros(1)}


def run_checkpoint(state, network):
    """As MMEngine's runner writes it."""
    hub = MessageHub('test_checkpoints')
    hub.update_scalar('train/loss', 0.5)
    hub.update_info('best_score', np.float64(3.0))
    text = (f'max_epochs = 70\nmodel = dict(\n    network={network!r},\n'
            "    type='PoseRefiner')\nwork_dir = './work'\n")
    return {'meta': {'cfg': text, 'epoch': 2, 'seed': 0},
            'state_dict': {**prefixed(state, 'network.'), 'criterion.scale': torch.ones(1)},
            'message_hub': hub.state_dict(), 'optimizer': {}, 'param_schedulers': []}


PERFORMANCE = [{'mpjpe': torch.tensor(3.0), 'time': np.float64(0.25), 'frames': np.arange(3)}]
LAYOUTS = {
    'bare': lambda s: s,
    'bare, data parallel': lambda s: prefixed(s, 'module.'),
    'bare, profiled': with_counters,
    'wrapped': lambda s: {'state_dict': s, 'meta': {'time': 'now'}},
    'wrapped, of a filter': lambda s: {'state_dict': prefixed(s, 'smoothnet.')},
    'reference': lambda s: {'epoch': 69, 'state_dict': s, 'performance': PERFORMANCE,
                            'optimizer': {'state': {}, 'param_groups': []}},
    'reference, profiled': lambda s: {'epoch': 69, 'state_dict': with_counters(s),
                                      'performance': None, 'optimizer': {}},
    'mmengine': lambda s: run_checkpoint(s, {'type': 'SmoothNet', **SIZES}),
}


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('layout', LAYOUTS)
def test_layouts(layout, zipped, small_net, tmp_path):
    path = tmp_path / 'weights.pth.tar'
    torch.save(LAYOUTS[layout](small_net.state_dict()), path,
               _use_new_zipfile_serialization=zipped)
    file = load_state_dict_file(path)
    assert file.kind == layout.partition(',')[0]
    assert weights_hash(file.state_dict) == weights_hash(small_net.state_dict())
    network = load_network(path, **SIZES)
    x = torch.randn(1, 3, 8)
    assert torch.equal(network(x), small_net(x))
    assert not network.training and not any(p.requires_grad for p in network.parameters())


def test_safetensors_tell_their_network(small_net, tmp_path):
    path = tmp_path / 'weights.safetensors'
    config = {'type': 'SmoothNet', **SIZES, 'dropout': 0.1}
    save_safetensors(path, small_net.state_dict(), config, licence='none')
    state, kind, network = load_state_dict_file(path)
    assert (kind, network) == ('safetensors', config)
    assert weights_hash(state) == weights_hash(small_net.state_dict())
    assert isinstance(load_network(path), SmoothNet)
    assert list(tmp_path.iterdir()) == [path]


def test_safetensors_of_others(small_net, tmp_path):
    save_file(prefixed(small_net.state_dict(), 'model.'), tmp_path / 'weights.bin')
    assert load_network(tmp_path / 'weights.bin').hidden_size == 12


@pytest.mark.parametrize('network', [
    SmoothNet(8, 5, 12, 6, 2),
    MotionAwareSmoothNet(8, 8, 12, 6, 1),
    MotionRefineNet(14, 3, 8, None, 16, 6, 2, protocol='reference'),
    MotionRefineNet(17, 2, 8, None, 16, 6, 1, protocol='reference'),
])
def test_sizes_are_read_from_bare_weights(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / 'weights.pth')
    loaded = load_network(tmp_path / 'weights.pth')
    assert type(loaded) is type(network)
    assert weights_hash(loaded.state_dict()) == weights_hash(network.state_dict())


def test_what_weights_do_not_show_comes_from_the_run(tmp_path):
    config = dict(type='smoothnet_plugin.MotionRefineNet', num_keypoints=24, dim=6,
                  window_size=8, hidden_size=16, res_hidden_size=6, num_blocks=1)
    network = MotionRefineNet(**{k: v for k, v in config.items() if k != 'type'})
    path = tmp_path / 'weights.pth'
    torch.save(network.state_dict(), path)
    with pytest.raises(CheckpointError, match=r'144 channels.*--config'):
        load_network(path)
    assert load_network(path, network=config).dim == 6
    torch.save(run_checkpoint(network.state_dict(), config), path)
    assert load_network(path).dim == 6


def test_config_text_of_a_run_is_not_executed(small_net, tmp_path):
    marker = tmp_path / 'marker'
    content = run_checkpoint(small_net.state_dict(), {'type': 'SmoothNet', **SIZES})
    content['meta']['cfg'] = f'open({str(marker)!r}, "w")\nmodel = dict(network=open("x"))\n'
    torch.save(content, tmp_path / 'weights.pth')
    assert load_state_dict_file(tmp_path / 'weights.pth').network is None
    assert not marker.exists()


def test_infer_smoothnet_args(small_net):
    assert infer_smoothnet_args(small_net.state_dict()) == SIZES


@pytest.mark.parametrize('name, value', [
    ('window_size', 16), ('output_size', 4), ('hidden_size', 512), ('res_hidden_size', 256),
    ('num_blocks', 3)])
def test_given_size_that_disagrees(name, value, small_net, tmp_path):
    torch.save(small_net.state_dict(), tmp_path / 'weights.pth')
    with pytest.raises(CheckpointError, match=f'{name}={value} was given.*{name}={SIZES[name]}'):
        load_network(tmp_path / 'weights.pth', **{name: value})


def test_given_sizes_agree_with_defaults_of_the_config(tmp_path):
    network = SmoothNet(8)
    save_safetensors(tmp_path / 'w.safetensors', network.state_dict(),
                     {'type': 'SmoothNet', 'window_size': 8})
    loaded = load_network(tmp_path / 'w.safetensors', output_size=8, hidden_size=512,
                          res_hidden_size=256, num_blocks=3)
    assert loaded.num_blocks == 3


class Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f'touch {self.marker}',)


@pytest.mark.parametrize('write', [
    lambda content, path: torch.save(content, path),
    lambda content, path: torch.save(content, path, _use_new_zipfile_serialization=False),
    lambda content, path: path.write_bytes(pickle.dumps(content)),
    lambda content, path: path.write_bytes(pickle.dumps(content, protocol=0)),
])
def test_pickle_that_would_run_code_is_refused(write, small_net, tmp_path):
    marker, path = tmp_path / 'marker', tmp_path / 'weights.pth'
    write({'state_dict': small_net.state_dict(), 'epoch': Evil(marker)}, path)
    with pytest.raises(UnsafeFileError, match=r'trust_pickle=True.*--trust-pickle'):
        load_state_dict_file(path)
    assert not marker.exists()


def test_trusted_pickle_is_read(small_net, tmp_path):
    torch.save({'state_dict': small_net.state_dict(), 'args': Path('a')}, tmp_path / 'w.pth')
    with pytest.raises(UnsafeFileError):
        load_network(tmp_path / 'w.pth')
    assert load_network(tmp_path / 'w.pth', trust_pickle=True).num_blocks == 2


@pytest.mark.parametrize('suffix', ['.pth', '.old.pth', '.safetensors'])
@pytest.mark.parametrize('share', [0.0, 0.01, 0.5, 0.99])
def test_truncated_file(suffix, share, small_net, tmp_path):
    path = tmp_path / f'weights{suffix}'
    if suffix == '.safetensors':
        save_safetensors(path, small_net.state_dict(), {'type': 'SmoothNet', **SIZES})
    else:
        torch.save(small_net.state_dict(), path,
                   _use_new_zipfile_serialization=suffix == '.pth')
    content = path.read_bytes()
    path.write_bytes(content[:int(share * len(content))])
    with pytest.raises(CheckpointError, match=r'damaged|is empty'):
        load_network(path)


@pytest.mark.parametrize('content, message', [
    (b'hello world' * 100, 'neither safetensors nor'),
    (b'\x08\0\0\0\0\0\0\0{"a": 1}', 'damaged'),
])
def test_other_files(content, message, tmp_path):
    (tmp_path / 'weights.pth').write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_state_dict_file(tmp_path / 'weights.pth')


def test_missing_files(small_net, tmp_path):
    torch.save(small_net.state_dict(), tmp_path / 'other.pth')
    with pytest.raises(CheckpointError, match=r'not found.*other.pth'):
        load_state_dict_file(tmp_path / 'weights.pth')
    with pytest.raises(CheckpointError, match=r'folder .* does not exist either'):
        load_state_dict_file(tmp_path / 'none' / 'weights.pth')
    with pytest.raises(CheckpointError, match=r'is a directory.*other.pth'):
        load_state_dict_file(tmp_path)


@pytest.mark.parametrize('content, message', [
    ({'state_dict': [1, 2]}, 'holds no weights'),
    ({'epoch': 3}, "'epoch' is not a tensor"),
    ({}, 'holds no weights'),
    ({'backbone.conv1.weight': torch.zeros(2)}, "not SmoothNet's.*backbone.conv1.weight"),
])
def test_no_weights(content, message, tmp_path):
    torch.save(content, tmp_path / 'weights.pth')
    with pytest.raises(CheckpointError, match=message):
        load_network(tmp_path / 'weights.pth')


def test_weights_that_do_not_fit(small_net, tmp_path):
    state = small_net.state_dict()
    state['decoder.weight'][0, 0] = float('nan')
    torch.save(state, tmp_path / 'nan.pth')
    with pytest.raises(CheckpointError, match=r'decoder.weight holds NaN'):
        load_network(tmp_path / 'nan.pth')
    state['decoder.weight'][0, 0] = 0
    del state['res_blocks.1.linear2.bias']
    state['encoder.0.bias'] = torch.zeros(3)
    state['fusion.bias'] = torch.zeros(2)
    torch.save(state, tmp_path / 'odd.pth')
    with pytest.raises(CheckpointError, match=(
            r'encoder.0.bias has shape \(3,\), the model has \(12,\); fusion.bias is not in the '
            r'model; res_blocks.1.linear2.bias is missing')):
        load_network(tmp_path / 'odd.pth')


@pytest.mark.parametrize('network, message', [
    ({'type': 'mmpose.HRNet'}, "network 'mmpose.HRNet', which is not registered"),
    ({'type': 'SmothNet'}, "Import the module that defines it.*Did you mean 'SmoothNet'"),
    ({'type': 'PoseRefiner'}, 'PoseRefiner'),
    ({'type': 'SmoothNet', 'window': 8}, 'does not fit'),
    ({}, 'None is not a network'),
])
def test_files_name_known_networks_only(network, message, small_net, tmp_path):
    save_safetensors(tmp_path / 'w.safetensors', small_net.state_dict(), network)
    with pytest.raises(ConfigError, match=message):
        load_network(tmp_path / 'w.safetensors')


@pytest.mark.parametrize('text', ['nonsense', json.dumps([1])])
def test_damaged_metadata(text, small_net, tmp_path):
    save_file(small_net.state_dict(), tmp_path / 'w.safetensors', {'network': text})
    with pytest.raises(CheckpointError, match="metadata 'network'"):
        load_state_dict_file(tmp_path / 'w.safetensors')


def test_hash_depends_on_values_and_names(small_net):
    state = small_net.state_dict()
    digest = weights_hash(state)
    assert len(digest) == 16 and int(digest, 16) >= 0
    assert weights_hash(dict(reversed(state.items()))) == digest
    assert weights_hash(prefixed(state, 'a.')) != digest
    state['decoder.bias'][0] += 1e-3
    assert weights_hash(state) != digest
