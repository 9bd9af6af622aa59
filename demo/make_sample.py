"""Run MediaPipe Pose over a video and write the keypoints as MMPose 1.x would.

This made ``demo/data/sports2d_mediapipe.json``. MediaPipe 0.10.9 wants numpy 1 and Python 3.11
or older, so it needs a separate environment; its wheel includes the network, nothing else
is downloaded. Set up the environment, then fetch the video:

    python3.11 -m venv .venv-mp && .venv-mp/bin/pip install mediapipe==0.10.9 'numpy<2'
    .venv-mp/bin/pip download --no-deps sports2d==0.8.34 && unzip -j sports2d-*.whl '*/demo.mp4'

and run

    .venv-mp/bin/python demo/make_sample.py demo.mp4 demo/data/sports2d_mediapipe.json

Every frame is treated as a single picture (``static_image_mode=True``), so the jitter in the output
is that of the estimator, without any temporal filter. The output is the video dialect
of MMPose 1.x's inferencers, one frame a line:

    [{"frame_id": 0, "instances": [{"keypoints": [[x, y], ...], "keypoint_scores": [...],
                                    "bbox": [[x1, y1, x2, y2]], "bbox_score": s}]}, ...]

Nothing of ``smoothnet_plugin`` is imported, since its dependencies are not in that environment.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

#: MediaPipe's landmarks of COCO's 17 keypoints: nose, eyes, ears, shoulders, elbows, wrists, hips,
#: knees and ankles, left before right.
COCO_FROM_MEDIAPIPE = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)


class Landmark(Protocol):
    """One of MediaPipe's 33 body landmarks.

    Attributes:
        x: Horizontal position in image widths, 0 at the left edge.
        y: Vertical position in image heights, 0 at the top edge.
        visibility: Likelihood in [0, 1] of being in the picture and not hidden.
    """

    x: float
    y: float
    visibility: float


def to_instance(landmarks: Sequence[Landmark], width: int, height: int) -> dict[str, Any]:
    """Turn MediaPipe's landmarks of one person into an instance of MMPose's JSON.

    MediaPipe reports neither a box nor a score of the person. The box is the extent of all 33
    landmarks (it may reach beyond the picture, as they do) and its score the mean keypoint score.

    Args:
        landmarks: The 33 landmarks.
        width: Image width in pixels.
        height: Image height in pixels.

    Returns:
        ``keypoints`` (17 pairs of pixels, COCO order, 2 decimals), ``keypoint_scores`` (17
        values in [0, 1], 4 decimals), ``bbox`` (``[[x1, y1, x2, y2]]``, nested as MMPose 1.x
        writes it) and ``bbox_score``.
    """
    chosen = [landmarks[index] for index in COCO_FROM_MEDIAPIPE]
    xs = [point.x * width for point in landmarks]
    ys = [point.y * height for point in landmarks]
    box = [min(xs), min(ys), max(xs), max(ys)]
    return {
        'keypoints': [[round(p.x * width, 2), round(p.y * height, 2)] for p in chosen],
        'keypoint_scores': [round(p.visibility, 4) for p in chosen],
        'bbox': [[round(value, 2) for value in box]],
        'bbox_score': round(sum(p.visibility for p in chosen) / len(chosen), 4),
    }


def estimate(video: Path) -> Iterator[list[dict[str, Any]]]:
    """Estimate the pose in every frame of a video, in order.

    Args:
        video: A file that OpenCV can decode.

    Yields:
        The instances of one frame: one at most, as MediaPipe Pose follows a single person; none
        where it finds no person.

    Raises:
        ValueError: The file cannot be opened as a video, or holds no frame.
        ImportError: MediaPipe or OpenCV is not installed, or lacks a system library.
    """
    import cv2
    import mediapipe as mp

    capture = cv2.VideoCapture(str(video))
    try:
        if not capture.isOpened():
            raise ValueError(f"'{video}' cannot be opened as a video; check that it is complete.")
        fps = capture.get(cv2.CAP_PROP_FPS)
        expected = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        frame_id, detected, shape = 0, 0, (0, 0)
        with mp.solutions.pose.Pose(  # type: ignore[attr-defined]  # up to 0.10.21
                static_image_mode=True, model_complexity=1) as pose:
            while True:
                ok, image = capture.read()
                if not ok:
                    break
                shape = image.shape[:2]
                found = pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).pose_landmarks
                yield [to_instance(found.landmark, shape[1], shape[0])] if found else []
                detected += found is not None
                frame_id += 1
                if frame_id % 50 == 0:
                    print(f'{frame_id} of {expected} frames', file=sys.stderr)
    finally:
        capture.release()
    if frame_id == 0:
        raise ValueError(f"'{video}' holds no frame that can be decoded; give another video.")
    if frame_id < expected:
        print(f"warning: '{video}' announces {expected} frames, but only {frame_id} could be "
              'decoded', file=sys.stderr)
    print(f'{frame_id} frames of {shape[1]}x{shape[0]} at {fps:g} fps, a person found in '
          f'{detected}', file=sys.stderr)


def write_predictions(path: Path, frames: Sequence[list[dict[str, Any]]]) -> None:
    """Write the video dialect of MMPose 1.x under a temporary name, then rename it.

    Args:
        path: The file to write; its folder exists.
        frames: The instances of every frame, in order; the position is the 0-based ``frame_id``.
    """
    lines = [json.dumps({'frame_id': frame_id, 'instances': instances}, separators=(',', ':'))
             for frame_id, instances in enumerate(frames)]
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        temporary.write_text('[\n' + ',\n'.join(lines) + '\n]\n', encoding='utf-8')
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line and refuse paths that cannot work, before any frame is decoded."""
    parser = argparse.ArgumentParser(
        description="Run MediaPipe Pose over a video; write COCO-17 keypoints in MMPose 1.x's "
        'video JSON.')
    parser.add_argument('video', type=Path, help='video to read')
    parser.add_argument('out', type=Path, help='JSON file to write')
    args = parser.parse_args(argv)
    if not args.video.is_file():
        parser.error(f"video: there is no file '{args.video}'; give the path of a video")
    if args.out.is_dir():
        parser.error(f"out: '{args.out}' is a directory; give the name of a JSON file")
    if not args.out.parent.is_dir():
        parser.error(f"out: the folder '{args.out.parent}' does not exist; make it first")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; returns the exit status, as the other scripts of the project."""
    args = parse_args(argv)
    try:
        write_predictions(args.out, list(estimate(args.video)))
    except ImportError as error:
        said, status = (f'error: {error}; the head of {Path(__file__).name} describes the '
                        'environment that it needs'), 2
    except (OSError, ValueError) as error:
        said, status = f'error: {error}', 2
    except KeyboardInterrupt:
        said, status = 'interrupted', 130
    else:
        return 0
    print(f'{Path(__file__).name}: {said}', file=sys.stderr)
    return status


if __name__ == '__main__':
    sys.exit(main())
