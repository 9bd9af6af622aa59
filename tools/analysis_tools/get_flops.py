"""Print the parameters and multiply-adds of a network, for one window of one person.

    python tools/analysis_tools/get_flops.py CONFIG
    python tools/analysis_tools/get_flops.py CONFIG --keypoints 17 --values 2
"""

from __future__ import annotations

import argparse
import sys

from mmengine.analysis import get_model_complexity_info

from smoothnet_plugin.engine import launch
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.models import PoseRefiner
from smoothnet_plugin.registry import MODELS
from smoothnet_plugin.utils.command import command_parser, run_command


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--keypoints', type=int, default=17, metavar='K',
                        help='keypoints of the person (default: 17)')
    parser.add_argument('--values', type=int, metavar='C', help='values per keypoint (default: '
                        "the network's, else 3)")
    parser.add_argument('--table', action='store_true', help='print a table of all layers')
    parser.add_argument('--work-dir', help=argparse.SUPPRESS)
    launch.add_common_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Print the numbers."""
    import torch
    args = parse_args()
    if args.keypoints < 1 or (args.values is not None and args.values < 1):
        raise ConfigError('--keypoints and --values are whole numbers >= 1.')
    cfg = launch.load_config(args)
    model = launch.run_stage(lambda: MODELS.build(cfg.model))
    if not isinstance(model, PoseRefiner):
        raise ConfigError(f'{cfg.model.type} has no network; filters are measured by '
                          'tools/benchmark.py.')
    network = model.network.eval()
    frames, values = network.window_size, args.values or getattr(network, 'dim', 3)
    shape = (1, args.keypoints * values, frames)
    with torch.no_grad():
        found = get_model_complexity_info(network, inputs=(torch.zeros(shape),),
                                          show_table=args.table, show_arch=False)
    if args.table:
        print(found['out_table'])
    parameters = sum(p.numel() for p in network.parameters())
    print(f'network       {type(network).__name__}')
    print(f'input         {frames} frames x {args.keypoints} keypoints x {values} values')
    print(f'parameters    {parameters / 1e6:.3f} M')
    print(f"multiply-adds {found['flops'] / 1e6:.1f} M a window, "
          f"{found['flops'] / frames / 1e6:.2f} M a frame of it")
    print('Layers are counted as MMEngine counts them; operations that it does not know count 0.')


if __name__ == '__main__':
    sys.exit(run_command(main))
