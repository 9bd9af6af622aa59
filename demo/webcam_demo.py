"""Smooth the poses of a camera live, with the delay shown.

    python demo/webcam_demo.py --estimator mediapipe                     # camera 0
    python demo/webcam_demo.py --camera 1 --pose2d human --lookahead 4   # MMPose
    python demo/webcam_demo.py --camera clip.mp4 --estimator mediapipe   # a file as the camera

Raw poses are drawn on the newest frame, smoothed ones on the frame that they belong to. Press q or
Esc to close the window. Ctrl-C also stops the demo and leaves a playable file.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smoothnet_plugin import build_smoother
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.integrations.demo_arguments import (
    add_estimator_arguments,
    add_smoother_arguments,
    estimator_of,
    smoother_of,
)
from smoothnet_plugin.structures import PoseFrame
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.visualization.live_view import LiveView
from smoothnet_plugin.visualization.timed_video import write_timed
from smoothnet_plugin.visualization.video import check_video_path, read_timed, video_info

#: The rate of a camera that does not report one.
_USUAL_FPS = 30.0


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('--camera', default='0', metavar='N|FILE',
                        help='number of the camera, or a video to use instead (default: 0)')
    parser.add_argument('--lookahead', type=int, default=8, metavar='N',
                        help='delay of the smoothed poses in frames; more is steadier '
                        '(default: 8)')
    parser.add_argument('-o', '--out', type=Path, metavar='VIDEO', help='video to write')
    parser.add_argument('--no-window', action='store_true', help='do not show a window')
    parser.add_argument('--frames', type=int, metavar='N', help='stop after N frames')
    parser.add_argument('--height', type=int, default=480, metavar='PX',
                        help='height of a frame in the window (default: 480)')
    add_estimator_arguments(parser)
    add_smoother_arguments(parser)
    return parser.parse_args(argv)


def camera_pictures(camera: str) -> tuple[Iterator[tuple[float, np.ndarray]], float]:
    """Pictures with their seconds, and the greatest number of pictures per second.

    Raises:
        DataFormatError: The camera or the file cannot be opened.
    """
    if not camera.isdigit():
        return read_timed(camera), video_info(camera)[1] or _USUAL_FPS
    capture = cv2.VideoCapture(int(camera))
    if not capture.isOpened():
        raise DataFormatError(f'Camera {camera} cannot be opened; check that it is plugged in and '
                              'that no other program uses it, or give the path of a video.')
    return _live(capture), capture.get(cv2.CAP_PROP_FPS) or _USUAL_FPS


def _live(capture: Any) -> Iterator[tuple[float, np.ndarray]]:
    start = time.monotonic()
    try:
        while True:
            ok, picture = capture.read()
            if not ok:
                return
            yield time.monotonic() - start, picture
    finally:
        capture.release()


def draw_live(pictures: Iterator[tuple[float, np.ndarray]], fps: float, estimator: Any,
              smoother: Any, view: LiveView,
              limit: int | None = None) -> Iterator[tuple[float, np.ndarray]]:
    """Estimate, smooth and draw picture by picture.

    Args:
        pictures: Seconds and pictures.
        fps: The greatest number of pictures per second.
        estimator: From a picture to the people in it.
        smoother: A live smoother.
        view: Draws the two pictures.
        limit: Number of pictures to end after. Defaults to None.

    Yields:
        Seconds, and the drawing; one for each picture.
    """
    waiting: deque[tuple[float, np.ndarray]] = deque()
    shown: tuple[PoseFrame, np.ndarray] | None = None
    delay = 0.0
    for number, (seconds, picture) in enumerate(pictures):
        if limit is not None and number >= limit:
            return
        raw = PoseFrame(number, estimator(picture))
        waiting.append((seconds, picture))
        for finished in smoother.step(raw, timestamp=seconds):
            then, of_then = waiting.popleft()
            shown, delay = (finished, of_then), seconds - then
        yield seconds, view.draw((raw, picture), shown, delay, smoother.latency)


def windowed(drawings: Iterator[tuple[float, np.ndarray]]) -> Iterator[tuple[float, np.ndarray]]:
    """The drawings, each shown in a window, until q or Esc is pressed."""
    title = 'smoothnet: q to quit'
    try:
        for seconds, drawing in drawings:
            cv2.imshow(title, drawing)
            if cv2.waitKey(1) & 0xFF in (ord('q'), 27):
                return
            yield seconds, drawing
    finally:
        cv2.destroyAllWindows()


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo."""
    args = parse_args(argv)
    if args.no_window and args.out is None:
        raise ConfigError('--no-window needs --out VIDEO; otherwise there is no output.')
    out = None if args.out is None else check_video_path(args.out)
    estimator = estimator_of(args)
    if estimator is None:
        raise ConfigError('Give an estimator: --estimator mediapipe, --estimator rtmlib, or '
                          '--pose2d CONFIG.')
    with closing(estimator):
        pictures, fps = camera_pictures(args.camera)
        smoother = build_smoother(smoother_of(args, estimator), fps=fps, lookahead=args.lookahead,
                                  strength=args.strength, keypoint_thr=args.kpt_thr)
        view = LiveView(estimator, args.height, fps)
        drawings = draw_live(pictures, fps, estimator, smoother, view, args.frames)
        if not args.no_window:
            drawings = windowed(drawings)
        if out is None:
            for _ in drawings:
                pass
        else:
            count = write_timed(out, drawings)
            print(f'written: {out} ({count} frames)')


if __name__ == '__main__':
    sys.exit(run_command(main))
