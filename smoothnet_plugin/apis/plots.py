"""``smoothnet plot``: figures of results files and of benchmark records."""

from __future__ import annotations

import argparse

from .. import io
from ..benchmark.record import read_records
from ..benchmark.record_plots import RECORD_KINDS, draw_records
from ..errors import ConfigError
from ..processing.time_stamps import rate_of
from ..structures import ASSUMED_FPS
from ..utils.files import temporary_beside
from ..visualization.figures import draw_figure
from ..visualization.pairing import matched_panels, named_panels
from ..visualization.plots import check_plot_path


def run(args: argparse.Namespace) -> int:
    """Run the command with the arguments of :mod:`smoothnet_plugin.cli`."""
    path = check_plot_path(args.out)
    if args.kind in RECORD_KINDS:
        idle = [name for name in ('smoothed', 'truth', 'keypoint', 'person', 'fps', 'skeleton')
                if getattr(args, name)]
        if idle:
            raise ConfigError(f"{', '.join(idle)} has no effect on {args.kind}, which draws the "
                              'records of a benchmark; leave it out.')
        figure = draw_records(args.kind, read_records(args.input))
    else:
        files = named_panels(args.input, args.smoothed, args.truth)
        clips = matched_panels({name: io.load(file, fps=args.fps, skeleton=args.skeleton)
                                for name, file in files.items()})
        fps = rate_of(*clips.values()) or ASSUMED_FPS
        figure = draw_figure(args.kind, clips, fps, args.keypoint, args.person)
    with temporary_beside(path) as temporary:
        figure.savefig(temporary, dpi=150)
    print(f'written: {path}')
    return 0
