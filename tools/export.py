#!/usr/bin/env python
"""Export networks to ONNX files, and compare them with PyTorch.

    python tools/export.py smoothnet_w32.safetensors smoothnet_w32.onnx
    python tools/export.py default_2d default_2d.onnx
    python tools/export.py work_dirs/run/best.pth best.onnx --import my_network.py

The file runs as a smoother, dict(type='SmoothNetFilter', checkpoint='smoothnet_w32.onnx'), and in
any ONNX runtime (docs/export.md). The input is windows (batch, channels, frames) in float32; batch
and channels may have any size that the network accepts.
"""

from __future__ import annotations

import sys

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters.packaged import PACKAGED
from smoothnet_plugin.models.build import load_network
from smoothnet_plugin.models.network_facts import NetworkFacts
from smoothnet_plugin.models.onnx_export import (
    OPSET,
    TOLERANCE,
    export_onnx,
    largest_difference,
)
from smoothnet_plugin.models.onnx_network import OnnxNetwork
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.config_file import network_of_config
from smoothnet_plugin.utils.extensions import add_import_argument, import_extension
from smoothnet_plugin.utils.files import atomic_write, check_output_path

#: The package's own weights by the names that stand for them.
SHIPPED = {entry.name.removesuffix('.safetensors'): entry for entry in PACKAGED.values()}


def export(source: str, target: str, config: str | None = None, trust_pickle: bool = False,
           opset: int = OPSET) -> str:
    """Export one network.

    Args:
        source: A weight file, or the name of weights of the package.
        target: The file to write.
        config: Training config of the network, needed where the weights do not determine it.
            Defaults to None.
        trust_pickle: Read a pickle that may run code. Defaults to False.
        opset: Version of ONNX's operators. Defaults to 20.

    Returns:
        A line that describes the file, with the largest difference from PyTorch.

    Raises:
        SmoothNetError: A file cannot be read or written, the network cannot be exported, or the
            exported one gives other results.
    """
    path = check_output_path(target)
    if path.suffix != '.onnx':
        raise ConfigError(f"'{target}' does not end with .onnx, by which filters know such files; "
                          'choose another name.')
    weights = SHIPPED[source].checked_path() if source in SHIPPED else source
    network = load_network(weights, trust_pickle, network_of_config(config) if config else None)
    facts = NetworkFacts.of(network)
    content = export_onnx(network, opset)
    exported = OnnxNetwork(content, 'onnxruntime', path=target)
    difference = largest_difference(exported.forward_window, network)
    if difference > TOLERANCE:
        raise ConfigError(f'{facts.name}: the exported network differs from PyTorch by '
                          f'{difference:.2g} of the size of the values, at most {TOLERANCE:g} is '
                          'rounding; try another --opset.')
    with atomic_write(path, 'wb') as file:
        file.write(content)
    channels = facts.num_channels or 'channels'
    return (f'{source} -> {path}: {facts.name}, weights {facts.weights}, opset {opset}, '
            f'(batch, {channels}, {facts.window_size}) to (batch, {channels}, {facts.output_size})'
            f', largest difference from PyTorch {difference:.1e} of the size of the values')


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command_parser(__doc__)
    parser.add_argument('source', help='weight file, or bundled weights: '
                                       f"{', '.join(sorted(SHIPPED))}")
    parser.add_argument('target', help='file to write, *.onnx')
    parser.add_argument('--config', help='training config of the network, if the weights do '
                                         'not determine all of its sizes')
    parser.add_argument('--trust-pickle', action='store_true',
                        help='read a pickle that may run any code; only for your own files')
    parser.add_argument('--opset', type=int, default=OPSET,
                        help="version of the ONNX operators (default: %(default)s)")
    add_import_argument(parser)
    args = parser.parse_args(argv)
    for name in args.extensions:
        import_extension(name)
    print(export(args.source, args.target, args.config, args.trust_pickle, args.opset))


if __name__ == '__main__':
    sys.exit(run_command(main))
