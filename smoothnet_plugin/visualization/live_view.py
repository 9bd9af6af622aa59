"""Raw and smoothed poses of a running camera side by side, with the delay."""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np

from ..structures import PoseFrame
from .painter import draw_pose, draw_text, draw_title
from .palette import BACKGROUND, MUTED, SIDE_COLORS, color_of, person_colors
from .panels import KEYPOINT_THR, side_by_side
from .scene import plain

_STRIP, _CURVE = 44, 90  # pixels of the titles and of the curves
_SECONDS = 4.0


class LiveView:
    """Draws the newest picture with its raw poses next to the newest smoothed ones.

    Args:
        names: Has the attribute ``skeleton``: names of the keypoints, or None.
        height: Height of a picture in pixels.
        fps: Pictures per second.
    """

    def __init__(self, names: Any, height: int, fps: float) -> None:
        self._names, self._height = names, height
        keep = max(3, round(_SECONDS * fps))
        self._poses: dict[str, dict[Any, deque[np.ndarray]]] = {'raw': {}, 'smoothed': {}}
        self._curves = {name: deque([np.nan] * keep, keep) for name in self._poses}

    def draw(self, raw: tuple[PoseFrame, np.ndarray],
             smoothed: tuple[PoseFrame, np.ndarray] | None, delay: float,
             frames: int) -> np.ndarray:
        """Draw a moment.

        Args:
            raw: The newest frame of people and its picture (H, W, 3), uint8, BGR.
            smoothed: The newest finished frame and its picture; None before there is one.
            delay: Seconds between the two pictures.
            frames: The same in frames.

        Returns:
            The drawing, shape (H, W, 3), uint8, BGR.
        """
        titles = {'raw': 'newest frame',
                  'smoothed': f'{frames} frames, {1000 * delay:.0f} ms later'}
        parts = []
        for name, entry in (('raw', raw), ('smoothed', smoothed)):
            picture = self._scaled(raw[1] if entry is None else entry[1])
            if entry is not None:
                self._people(picture, entry[0], entry[1].shape[0])
            self._note(name, entry)
            strip = plain((picture.shape[1], _STRIP))
            x = draw_title(strip, name, 14, color_of(name, 0))
            draw_text(strip, titles[name] if entry is not None else 'waiting', (x + 16, 29), 0.5,
                      MUTED)
            parts.append(np.vstack([strip, picture]))
        row = side_by_side(parts)
        return np.vstack([row, self._curve(row.shape[1])])

    def _scaled(self, picture: np.ndarray) -> np.ndarray:
        width = 2 * round(picture.shape[1] * self._height / picture.shape[0] / 2)
        return cv2.resize(picture, (width, self._height), interpolation=cv2.INTER_AREA)

    def _people(self, picture: np.ndarray, frame: PoseFrame, height: int) -> None:
        scale = picture.shape[0] / height
        for index, person in enumerate(frame.instances):
            points = np.asarray(person.keypoints, dtype=np.float64)[:, :2] * scale
            scores = person.keypoint_scores
            faint = None if scores is None or person.filled else ~(
                np.asarray(scores) >= KEYPOINT_THR)
            colors = SIDE_COLORS if len(frame.instances) == 1 else person_colors(
                person.track_id if isinstance(person.track_id, int) else index)
            draw_pose(picture, points, skeleton=self._names.skeleton, faint=faint,
                      bridged=person.keypoints_filled, colors=colors)

    def _note(self, name: str, entry: tuple[PoseFrame, np.ndarray] | None) -> None:
        """Keep the acceleration of this moment, mean over keypoints and people."""
        poses, values = self._poses[name], []
        for index, person in enumerate(entry[0].instances if entry else ()):
            past = poses.setdefault(index if name == 'raw' else person.track_id, deque(maxlen=3))
            past.append(np.asarray(person.keypoints, dtype=np.float64)[:, :2])
            if len(past) == 3:
                values.append(np.linalg.norm(past[2] - 2 * past[1] + past[0], axis=-1))
        if entry is not None and not entry[0].instances:
            poses.clear()
        known = [v[np.isfinite(v)] for v in values]
        known = np.concatenate(known) if known else np.zeros(0)
        self._curves[name].append(float(known.mean()) if len(known) else np.nan)

    def _curve(self, width: int) -> np.ndarray:
        strip = np.full((_CURVE, width, 3), BACKGROUND, dtype=np.uint8)
        values = np.array([list(curve) for curve in self._curves.values()])
        finite = values[np.isfinite(values)]
        top = float(np.quantile(finite, 0.98)) * 1.2 if len(finite) else 1.0
        for name, curve in zip(self._curves, values):
            x = np.linspace(14, width - 14, len(curve))
            y = _CURVE - 8 - np.minimum(curve / max(top, 1e-9), 1) * (_CURVE - 32)
            for i in np.flatnonzero(np.isfinite(curve[1:]) & np.isfinite(curve[:-1])):
                a, b = ((round(float(x[j])), round(float(y[j]))) for j in (i, i + 1))
                cv2.line(strip, a, b, color_of(name, 0), 2, cv2.LINE_AA)
        draw_text(strip, f'acceleration in px per frame squared, last {_SECONDS:g} s', (14, 18),
                  0.5, MUTED)
        return strip
