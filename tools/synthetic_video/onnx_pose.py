"""Pose networks in ONNX files: RTMPose (SimCC), ViTPose and HRNet (heatmaps)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.integrations.estimators.base import layout_of, required

from .estimators import ESTIMATORS, ClipEstimator

#: Mean and deviation of ImageNet's colours (RGB), which these networks are trained with.
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)


class Window(NamedTuple):
    """An upright window of a picture, pixels: its centre and its size."""

    x: float
    y: float
    width: float
    height: float


@ESTIMATORS.register_module(name='onnx')
class OnnxPose(ClipEstimator):
    """A top-down pose network with no detector.

    The first picture is used as a whole; after that the window follows the last pose, as long as
    enough keypoints are certain. The kind of network follows from its outputs: two of shape
    (1, K, bins) are SimCC scores, one of shape (1, K, h, w) is heatmaps.

    Args:
        model: The ONNX file; its input is (1, 3, height, width), of a fixed size.
        keypoint_names: K names. Defaults to None, the common layout of K keypoints.
        threshold: Score from which a keypoint is sure. Defaults to 0.3.
        padding: Size of the window relative to the box of the sure keypoints. Defaults to 1.5.

    Raises:
        ConfigError: onnxruntime is not installed, or the file is missing or is no such network.
    """

    def __init__(self, model: str | os.PathLike[str], keypoint_names: Sequence[str] | None = None,
                 threshold: float = 0.3, padding: float = 1.5) -> None:
        runtime = required('onnxruntime', 'rtmlib')
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1  # Clips are made side by side, one process a core.
        try:
            self._session = runtime.InferenceSession(
                os.fspath(model), options, providers=['CPUExecutionProvider'])
        except Exception as error:  # onnxruntime has a separate type for each kind of failure.
            raise ConfigError(f"'{model}' cannot be read as an ONNX model ({error}).") from error
        [entry, *others] = self._session.get_inputs()
        outputs = [output.shape for output in self._session.get_outputs()]
        ranks = [len(shape) for shape in outputs]
        if others or len(entry.shape) != 4 or not all(
                isinstance(side, int) for side in entry.shape[2:]) or ranks not in ([3, 3], [4]):
            raise ConfigError(
                f"'{model}' takes {entry.shape} and gives {outputs}; expected an input (1, 3, "
                'height, width) of fixed size and SimCC scores (1, K, bins), one output for each '
                'axis, or heatmaps (1, K, height, width).')
        self._entry, (self._height, self._width) = entry.name, entry.shape[2:]
        layout = None if keypoint_names else layout_of(outputs[0][1])
        if not keypoint_names and layout is None:
            raise ConfigError(f"'{model}' has {outputs[0][1]} keypoints, which is not a common "
                              'layout; give their names as keypoint_names.')
        self.keypoint_names = tuple(keypoint_names or layout.keypoint_names)  # type: ignore
        self._threshold, self._padding = threshold, padding

    def estimate(self, pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`ClipEstimator`."""
        poses, window = [], None
        for picture in pictures:
            height, width = picture.shape[:2]
            whole = Window(width / 2, height / 2, width, height)
            keypoints, scores = self._infer(picture, window or whole)
            poses.append((keypoints, scores))
            window = following_window(keypoints[scores >= self._threshold], self._padding)
        return np.stack([pose for pose, _ in poses]), np.stack([score for _, score in poses])

    def _infer(self, picture: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
        scale = min(self._width / window.width, self._height / window.height)
        shift = np.array([self._width / 2 - scale * window.x,
                          self._height / 2 - scale * window.y])
        matrix = np.column_stack([scale * np.eye(2), shift])
        # Bilinear at any scale, as MMPose does in training.
        crop = cv2.warpAffine(picture, matrix, (self._width, self._height), flags=cv2.INTER_LINEAR)
        colours = (crop[..., ::-1].astype(np.float32) - _MEAN) / _DEVIATION
        outputs = self._session.run(
            None, {self._entry: np.ascontiguousarray(colours.transpose(2, 0, 1)[None])})
        if len(outputs) == 2:
            places, scores = decode_simcc(outputs[0][0], outputs[1][0])
        else:
            places, scores = decode_heatmaps(outputs[0][0])
        places = places * [self._width, self._height]
        return (places - shift) / scale, np.clip(scores, 0, 1)


def following_window(sure: np.ndarray, padding: float) -> Window | None:
    """The window around keypoints (N, 2); None for fewer than three, or where they are one point.

    Example:
        >>> following_window(np.array([[0, 0], [10, 40], [4, 2]]), 1.5)
        Window(x=5.0, y=20.0, width=15.0, height=60.0)
    """
    if len(sure) < 3:
        return None
    low, high = sure.min(axis=0), sure.max(axis=0)
    (x, y), (width, height) = (low + high) / 2, padding * (high - low)
    if max(width, height) < 1:
        return None
    # A person seen from the side, or with few certain keypoints, is wider than the box.
    least = max(width, height) / 4
    return Window(float(x), float(y), float(max(width, least)), float(max(height, least)))


def decode_simcc(columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of SimCC scores (Y. Li et al., ECCV 2022): the best bin of each axis.

    Args:
        columns: Scores of the bins along x, shape (K, bins).
        rows: Scores of the bins along y, shape (K, bins').

    Returns:
        Places as shares of the input's width and height, shape (K, 2), and scores (K,): the lower
        of the two axes' best scores, 0 where it is negative.

    Example:
        >>> places, scores = decode_simcc(np.array([[0, 0.2, 0.9, 0]]), np.array([[0.7, 0]]))
        >>> places.tolist(), scores.tolist()
        ([[0.5, 0.0]], [0.7])
    """
    places = np.stack([axis.argmax(axis=1) / axis.shape[1] for axis in (columns, rows)], axis=1)
    return places, np.maximum(np.minimum(columns.max(axis=1), rows.max(axis=1)), 0)


def decode_heatmaps(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of heatmaps: the peak, moved by a quarter of a pixel to the higher neighbour.

    Networks trained with unbiased coordinates (UDP, such as ViTPose) lie off by up to half a pixel
    of the input, always by the same.

    Args:
        maps: Shape (K, h, w).

    Returns:
        Places as shares of the input's width and height, shape (K, 2), and scores (K,): the
        peaks' heights, 0 where they are negative.

    Example:
        >>> maps = np.zeros((1, 4, 8)); maps[0, 1, 4:6] = 0.8, 0.4
        >>> places, scores = decode_heatmaps(maps)
        >>> (places * [8, 4]).tolist(), scores.tolist()
        ([[4.25, 1.0]], [0.8])
    """
    count, height, width = maps.shape
    row, column = np.divmod(maps.reshape(count, -1).argmax(axis=1), width)
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)), mode='edge')
    number = np.arange(count)
    right, left = (padded[number, row + 1, column + step] for step in (2, 0))
    below, above = (padded[number, row + step, column + 1] for step in (2, 0))
    peaks = np.stack([column + 0.25 * np.sign(right - left), row + 0.25 * np.sign(below - above)],
                     axis=1)
    return peaks / [width, height], np.maximum(maps[number, row, column], 0)
