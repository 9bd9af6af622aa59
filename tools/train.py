"""Train a network from a config, on one device or many."""

from __future__ import annotations

import argparse
import sys

from mmengine.config import Config

from smoothnet_plugin.engine import launch
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.command import command_parser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('config', help='path of the training config')
    parser.add_argument('--work-dir', help='folder of logs and checkpoints')
    parser.add_argument(
        '--resume', nargs='?', const='auto',
        help='resume from a checkpoint; without a value, from the latest one in the work directory')
    parser.add_argument('--amp', action='store_true', help='train in mixed precision (on a GPU)')
    parser.add_argument('--no-validate', action='store_true',
                        help='train without validation')
    parser.add_argument(
        '--auto-scale-lr', action='store_true',
        help='scale the learning rate by the ratio of the batch size to that of the config')
    launch.add_common_arguments(parser)
    return parser.parse_args()


def merge_args(cfg: Config, args: argparse.Namespace) -> Config:
    """Merge the flags for training into the config."""
    if 'train_dataloader' not in cfg or 'optim_wrapper' not in cfg:
        raise ConfigError(f"Config '{args.config}' has no training settings (train_dataloader, "
                          'train_cfg, optim_wrapper); it is for tools/test.py only.')
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.get('default_hooks', {}).get('checkpoint', {}).pop('save_best', None)
    if args.amp:
        kind = cfg.optim_wrapper.get('type', 'OptimWrapper')
        if kind not in ('OptimWrapper', 'AmpOptimWrapper'):
            raise ConfigError(f"--amp is not possible with optim_wrapper type '{kind}'; expected "
                              "'OptimWrapper'.")
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
        cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')
    if args.auto_scale_lr:
        if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
            raise ConfigError(f"--auto-scale-lr: config '{args.config}' has no "
                              'auto_scale_lr = dict(base_batch_size=...).')
        cfg.auto_scale_lr.enable = True
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    return cfg


def main() -> None:
    """Run the command."""
    args = parse_args()
    cfg = merge_args(launch.load_config(args), args)
    launch.run_stage(launch.build_runner(cfg).train)


if __name__ == '__main__':
    sys.exit(launch.run_distributed(main))
