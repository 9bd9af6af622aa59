"""Evaluate the checkpoint or the classical filter of a config."""

from __future__ import annotations

import argparse
import json
import sys

from mmengine.config import Config
from mmengine.dist import is_main_process

from smoothnet_plugin.engine import launch
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.command import command_parser
from smoothnet_plugin.utils.files import atomic_write, check_output_path


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        'checkpoint', nargs='?',
        help='weights: .safetensors, or a checkpoint of MMEngine, SmoothNet, MMPose 0.x or '
        "MMHuman3D; not needed for classical filters and configs with 'load_from'")
    parser.add_argument('--work-dir', help='folder of the log')
    parser.add_argument('--out', help='JSON file to write the metrics to')
    parser.add_argument('--dump', help='pickle file to write the predictions to, for offline '
                        'evaluation (tools/benchmark.py reads it)')
    launch.add_common_arguments(parser)
    return parser.parse_args()


def merge_args(cfg: Config, args: argparse.Namespace) -> Config:
    """Merge the flags for testing into the config."""
    if 'test_dataloader' not in cfg or 'test_evaluator' not in cfg:
        raise ConfigError(f"Config '{args.config}' has no test settings (test_dataloader, "
                          'test_cfg, test_evaluator).')
    if args.checkpoint is not None:
        cfg.load_from = args.checkpoint
    elif not cfg.get('load_from') and cfg.model.type.rpartition('.')[2] != 'FilterRefiner':
        raise ConfigError(f'{cfg.model.type} needs weights: give the path of a checkpoint after '
                          'the config.')
    if args.out is not None:
        check_output_path(args.out)
    if args.dump is not None:
        check_output_path(args.dump)
        if not args.dump.endswith(('.pkl', '.pickle')):
            raise ConfigError(f"--dump is '{args.dump}'; expected a name ending in .pkl or "
                              '.pickle.')
        evaluators = cfg.test_evaluator
        evaluators = list(evaluators) if isinstance(evaluators, (list, tuple)) else [evaluators]
        cfg.test_evaluator = [*evaluators, {'type': 'DumpResults', 'out_file_path': args.dump}]
    return cfg


def main() -> None:
    """Run the command."""
    args = parse_args()
    cfg = merge_args(launch.load_config(args), args)
    metrics = launch.run_stage(launch.build_runner(cfg).test)
    if args.out is not None and is_main_process():
        with atomic_write(args.out) as file:
            json.dump({name: float(value) for name, value in metrics.items()}, file, indent=2)


if __name__ == '__main__':
    sys.exit(launch.run_distributed(main))
