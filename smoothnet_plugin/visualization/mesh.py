"""Drawing a mesh: shaded triangles from the back to the front."""

from __future__ import annotations

import cv2
import numpy as np

from .palette import Color

#: Share of the colour that faces turned away from the light keep.
_AMBIENT = 0.35
#: Light from the left, above and the front, in the axes of a picture (right, down, away).
_LIGHT = np.array([-0.4, -0.5, -0.77])
_FAINT = 0.45
_SHIFT = 4  # fractional bits of a pixel
_FINER = 2  # pixels drawn per pixel of the picture and axis, against ragged edges


def draw_mesh(image: np.ndarray, points: np.ndarray, faces: np.ndarray, color: Color,
              faint: bool = False) -> None:
    """Draw a closed mesh into a picture.

    Args:
        image: Shape (H, W, 3), uint8, BGR; changed in place.
        points: Vertices as pixels to the right and down, and their distance from the observer in
            the same unit, shape (V, 3), finite.
        faces: Vertices of each triangle, all in the same sense of rotation, shape (F, 3).
        color: BGR of faces turned to the light.
        faint: Whether the picture shows through. Defaults to False.
    """
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # The volume is positive if normals point outward.
    volume = np.einsum('fc,fc->', corners[:, 0] - points.mean(axis=0), normals)
    normals /= np.copysign(np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12),
                           volume)
    shown = np.flatnonzero(normals[:, 2] < 0)
    shown = shown[np.argsort(-corners[shown, :, 2].mean(axis=1))]
    light = _AMBIENT + (1 - _AMBIENT) * np.clip(normals[shown] @ _LIGHT, 0, 1)
    colors = (light[:, None] * color).round().astype(int).tolist()
    # Fixed-point pixels, whose centres lie at whole numbers.
    flat = (corners[shown, :, :2] + 0.5) * _FINER - 0.5
    flat = np.clip(flat * 2**_SHIFT, -2**30, 2**30).round().astype(np.int32)
    layer = cv2.resize(image, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_NEAREST)
    for triangle, shade in zip(flat, colors):
        cv2.fillConvexPoly(layer, triangle, shade, cv2.LINE_8, _SHIFT)
    drawn = cv2.resize(layer, image.shape[1::-1], interpolation=cv2.INTER_AREA)
    if faint:
        cv2.addWeighted(drawn, _FAINT, image, 1 - _FAINT, 0, dst=drawn)
    image[:] = drawn
