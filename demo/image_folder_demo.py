"""Estimate, smooth and draw the poses of a folder of images, the frames of one video in order.

    python demo/image_folder_demo.py frames/ --fps 25 --estimator mediapipe
    python demo/image_folder_demo.py frames/ --fps 25 --pose2d human -o drawn/

Images are sorted by the numbers in their names: 9.jpg comes before 10.jpg. The result is a folder
of images (-o FOLDER) or a video (-o FILE.mp4), and the smoothed poses as JSON.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from smoothnet_plugin import load
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.integrations.clips import estimate_clip
from smoothnet_plugin.integrations.demo_arguments import (
    add_drawing_arguments,
    add_estimator_arguments,
    add_file_arguments,
    add_smoother_arguments,
    smooth_and_save,
    source_of,
    style_of,
)
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.progress import progress_bar
from smoothnet_plugin.visualization.footage import draw_footage
from smoothnet_plugin.visualization.timed_video import write_timed
from smoothnet_plugin.visualization.video import VIDEO_SUFFIXES

_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('folder', type=Path, help='folder of images')
    parser.add_argument('--fps', type=float, required=True, metavar='F',
                        help='frames per second of the video that the images are from')
    parser.add_argument('-o', '--out', type=Path, metavar='FOLDER|VIDEO',
                        help='folder or video to write (default: outputs/NAME_smoothed)')
    add_file_arguments(parser)
    add_estimator_arguments(parser)
    add_smoother_arguments(parser)
    add_drawing_arguments(parser)
    return parser.parse_args(argv)


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of the numbers in their names.

    Raises:
        DataFormatError: There is no picture.
    """
    if not folder.is_dir():
        raise DataFormatError(f"There is no folder '{folder}'.")
    files = [file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES]
    if not files:
        raise DataFormatError(f"'{folder}' holds no image ({', '.join(_SUFFIXES)}).")
    return sorted(files, key=lambda file: [
        (int(part), '') if part.isdigit() else (0, part)
        for part in re.split(r'(\d+)', file.name)])


def read_pictures(files: Sequence[Path], fps: float) -> Iterator[tuple[float, np.ndarray]]:
    """Seconds and pictures.

    Raises:
        DataFormatError: A file is not a picture, or differs in size.
    """
    size = None
    for number, file in enumerate(files):
        picture = cv2.imread(str(file))
        if picture is None:
            raise DataFormatError(f"'{file}' cannot be read as an image.")
        size = size or picture.shape
        if picture.shape != size:
            raise DataFormatError(f"'{file}' is {picture.shape[1]}x{picture.shape[0]} pixels, the "
                                  f'first image is {size[1]}x{size[0]}; the frames of a video '
                                  'have one size.')
        yield number / fps, picture


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo."""
    args = parse_args(argv)
    if not args.fps > 0:
        raise ConfigError(f'--fps is {args.fps}; expected a positive number.')
    files = picture_files(args.folder)
    out = args.out or Path('outputs') / f'{args.folder.resolve().name}_smoothed'
    json_file = args.json or out.with_suffix('.json')
    style = style_of(args)
    estimator = source_of(args)
    if estimator is None:
        tracks = load(args.poses, fps=args.fps)
    else:
        with closing(estimator):
            pictures = progress_bar(read_pictures(files, args.fps), 'estimating', len(files),
                                    args.quiet)
            tracks = estimate_clip(pictures, estimator).tracks
    smoothed = smooth_and_save(args, tracks, estimator, json_file)
    times = np.arange(len(files)) / args.fps
    with tempfile.TemporaryDirectory() as folder:
        # Drawings are made on a video, so that they look the same for both.
        video = Path(folder) / 'pictures.mkv'
        write_timed(video, read_pictures(files, args.fps))
        drawings = progress_bar(draw_footage(tracks, smoothed, video, times, style), 'drawing',
                                len(files), args.quiet)
        if out.suffix.lower() in VIDEO_SUFFIXES:
            count = write_timed(out, drawings)
        else:
            out.mkdir(parents=True, exist_ok=True)
            count = 0
            for file, (_, drawing) in zip(files, drawings):
                cv2.imwrite(str(out / f'{file.stem}.png'), drawing)
                count += 1
    if not args.quiet:
        print(f'written: {out} ({count} images)')


if __name__ == '__main__':
    sys.exit(run_command(main))
