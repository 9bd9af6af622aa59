#!/usr/bin/env python
"""Convert weights between SmoothNet, MMPose 0.x, MMHuman3D, MMEngine and safetensors.

    python tools/convert_checkpoint.py checkpoint_32.pth.tar smoothnet_w32.safetensors
    python tools/convert_checkpoint.py work_dirs/run/best.pth smoothnet.pth --to mmpose

The kind of the source file is detected from its content.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from smoothnet_plugin.errors import CheckpointError, ConfigError
from smoothnet_plugin.models import MotionAwareSmoothNet
from smoothnet_plugin.models.build import build_network, load_weights, network_config
from smoothnet_plugin.models.checkpoints import (
    load_state_dict_file,
    save_safetensors,
    weights_hash,
)
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.config_file import network_of_config
from smoothnet_plugin.utils.files import check_output_path
from smoothnet_plugin.utils.restricted_torch import save_torch

#: Kinds of output files; MMHuman3D reads the same files as the scripts of SmoothNet.
KINDS = ('safetensors', 'smoothnet', 'mmhuman3d', 'mmpose', 'mmengine')


def kind_of(path: Path) -> str:
    """The kind of a file name: ``.safetensors``, ``.pth.tar`` (SmoothNet) or ``.pth`` (MMPose).

    Raises:
        ConfigError: The name has another suffix.
    """
    endings = {'.safetensors': 'safetensors', '.tar': 'smoothnet', '.pth': 'mmpose'}
    if path.suffix not in endings:
        raise ConfigError(f"'{path}' ends with none of {', '.join(endings)}; give the kind with "
                          f"--to, one of {', '.join(KINDS)}.")
    return endings[path.suffix]


def layout(kind: str, weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """The content that ``torch.save`` writes for a kind."""
    if kind == 'mmpose':
        return {'meta': {}, 'state_dict': dict(weights)}
    if kind == 'mmengine':
        return {'meta': {}, 'state_dict': {f'network.{k}': v for k, v in weights.items()}}
    return {'epoch': 0, 'state_dict': dict(weights), 'performance': None, 'optimizer': {}}


def convert(source: str, target: str, to: str | None = None, config: str | None = None,
            trust_pickle: bool = False, half: bool = False) -> str:
    """Convert one file.

    Args:
        source: The file to read.
        target: The file to write.
        to: One of :data:`KINDS`. Defaults to None, the kind of the name of the target.
        config: Training config of the network, needed where the weights do not determine it.
            Defaults to None.
        trust_pickle: Read a pickle that may run code. Defaults to False.
        half: Store the matrices of linear layers in half precision; inference converts them to
            single precision. Defaults to False.

    Returns:
        A line that describes both files.

    Raises:
        SmoothNetError: A file cannot be read or written, or holds no known network.
    """
    path = check_output_path(target)
    kind = to or kind_of(path)
    file = load_state_dict_file(source, trust_pickle)
    described = network_of_config(config) if config else network_config(file, source)
    network = build_network(described)
    load_weights(network, file.state_dict, source)
    if kind not in ('mmengine', 'safetensors') and isinstance(network, MotionAwareSmoothNet):
        raise CheckpointError('A MotionAwareSmoothNet has no published layout; convert it to '
                              'safetensors or mmengine.')
    weights = file.state_dict
    if half:
        weights = {name: value.half() if value.ndim == 2 else value
                   for name, value in weights.items()}
    if kind == 'safetensors':
        save_safetensors(path, weights, described)
    else:
        save_torch(layout(kind, weights), path)
    sizes = ', '.join(f'{k}={v}' for k, v in described.items() if k != 'type')
    return (f"{source} ({file.kind}) -> {path} ({kind}): {described['type']}({sizes}), weights "
            f'{weights_hash(weights)}')


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command_parser(__doc__)
    parser.add_argument('source', help='weight file to read')
    parser.add_argument('target', help='weight file to write')
    parser.add_argument('--to', choices=KINDS,
                        help='kind of the target file (default: determined by its name)')
    parser.add_argument('--config', help='training config of the network, if the weights do '
                                         'not determine all of its sizes')
    parser.add_argument('--trust-pickle', action='store_true',
                        help='read a pickle that may run any code; only for your own files')
    parser.add_argument('--half', action='store_true',
                        help='store matrices in half precision: half the size, almost the same '
                             'results')
    args = parser.parse_args(argv)
    print(convert(args.source, args.target, args.to, args.config, args.trust_pickle,
                  args.half))


if __name__ == '__main__':
    sys.exit(run_command(main))
