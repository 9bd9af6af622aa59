"""Install the pose model that new wheels of MediaPipe lack, from an old wheel.

    python tools/mediapipe_model.py --download     # wheel from PyPI, 36 MB, not installed
    python tools/mediapipe_model.py mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl

The model is copied to the folder of the installed MediaPipe, where the demos find it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from smoothnet_plugin.integrations.estimators.mediapipe_model import (
    WHEEL_VERSION,
    download_wheel,
    model_place,
    write_model,
)
from smoothnet_plugin.utils.command import command_parser, run_command


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('wheel', nargs='?', type=Path,
                        help=f'wheel of MediaPipe 0.10.5 to {WHEEL_VERSION}, for any system')
    source.add_argument('--download', action='store_true',
                        help=f'download the wheel of MediaPipe {WHEEL_VERSION} from PyPI, with pip')
    parser.add_argument('-o', '--out', type=Path, metavar='FILE',
                        help="bundle to write (default: MediaPipe's folder)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the tool."""
    args = parse_args(argv)
    out = args.out or model_place()
    with tempfile.TemporaryDirectory() as folder:
        wheel = download_wheel(folder) if args.download else args.wheel
        print(f'written: {write_model(wheel, out)}')


if __name__ == '__main__':
    sys.exit(run_command(main))
