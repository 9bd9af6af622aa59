"""Draw the items of a data set as the network gets them: input and truth after the transforms.

    python tools/analysis_tools/browse_dataset.py CONFIG --phase train --number 3 --out-dir browsed
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from mmengine.registry import init_default_scope

from smoothnet_plugin.engine import launch
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.registry import DATASETS, SCOPE
from smoothnet_plugin.structures import PoseTracks, Skeleton
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.visualization import View, write_comparison


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--phase', choices=('train', 'val', 'test'), default='train',
                        help='which data set (default: train)')
    parser.add_argument('--number', type=int, default=5, metavar='N',
                        help='number of items, spread over the data set (default: 5)')
    parser.add_argument('--out-dir', type=Path, default=Path('browsed'), metavar='FOLDER',
                        help='folder for a video of each item (default: browsed)')
    parser.add_argument('--work-dir', help=argparse.SUPPRESS)
    launch.add_common_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Write the videos."""
    args = parse_args()
    cfg = launch.load_config(args)
    loader = cfg.get(f'{args.phase}_dataloader')
    if loader is None:
        raise ConfigError(f"Config '{args.config}' has no {args.phase}_dataloader.")
    init_default_scope(cfg.get('default_scope', SCOPE))
    dataset = launch.run_stage(lambda: DATASETS.build(loader.dataset))
    if not len(dataset):
        raise DataFormatError(f'The data set of {args.phase}_dataloader is empty.')
    meta = dataset.metainfo
    representation = meta.get('representation', 'keypoints_3d')
    if not representation.startswith('keypoints'):
        raise DataFormatError(f'The data set holds {representation}; only keypoints can be drawn.')
    chosen = np.unique(np.linspace(0, len(dataset) - 1, max(1, args.number)).astype(int))
    for index in chosen.tolist():
        item = dataset[index]
        fps = float(np.ravel(item.get('fps', 30.0))[0])
        names = tuple(meta.get('keypoint_names', ()))
        mask = None if item.get('mask') is None else np.asarray(item['mask'], dtype=bool)
        inputs, target = (None if item.get(key) is None else np.asarray(item[key])
                          for key in ('inputs', 'target'))
        clips = [PoseTracks.from_array(
            coords, fps=fps, representation=representation,
            valid=None if mask is None else mask.reshape(coords.shape[:2]),
            skeleton=Skeleton('data set', names) if len(names) == coords.shape[1] else None)
            for coords in (inputs, target) if coords is not None]
        out = args.out_dir / f'{args.phase}_{index}.mp4'
        truth = clips[1] if len(clips) > 1 else None
        count = write_comparison(out, clips[0], truth=truth, view=View(curves=True))
        print(f'written: {out} ({count} frames)')


if __name__ == '__main__':
    sys.exit(run_command(main))
