"""Pictures of a moving body, with its keypoints and their visibility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from .bodies import Body
from .cameras import Camera
from .render import draw_room, draw_triangles, floats, silhouette, skin, vertex_normals
from .scenes import Light, Room, colour

OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2
#: Depth of a keypoint below the skin, metres; closer surfaces do not hide it.
_FLESH = {'nose': .04, 'eye': .04, 'ear': .05, 'shoulder': .12, 'elbow': .08, 'wrist': .06,
          'hip': .16, 'knee': .10, 'ankle': .08, 'toe': .06, 'heel': .06}
_FAR = 1e9


class Shot(NamedTuple):
    """A picture and its truth.

    Attributes:
        picture: Shape (H, W, 3), float32, RGB from 0 to 255.
        truth_3d: Keypoints in the world, shape (K, 3), metres.
        truth_2d: Keypoints in the picture, shape (K, 2), pixels.
        visible: For each keypoint ``OUTSIDE`` the picture, ``HIDDEN`` or ``VISIBLE``, uint8.
    """

    picture: np.ndarray
    truth_3d: np.ndarray
    truth_2d: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True)
class Occluder:
    """A plain rectangle in front of the camera that stands still or passes by.

    Attributes:
        corner: Left and top in the first picture, pixels.
        size: Width and height, pixels.
        speed: Pixels to the right a frame.
        colour: RGB.
    """

    corner: tuple[float, float]
    size: tuple[float, float]
    speed: float
    colour: np.ndarray

    def window(self, frame: int, camera: Camera) -> tuple[slice, slice]:
        """Rows and columns that it hides."""
        left, top = self.corner[0] + self.speed * frame, self.corner[1]
        edges = np.clip([top, top + self.size[1]], 0, camera.height).astype(int)
        sides = np.clip([left, left + self.size[0]], 0, camera.width).astype(int)
        return slice(*edges), slice(*sides)


def draw_occluder(rng: np.random.Generator, camera: Camera) -> Occluder | None:
    """Draw an occluder, in 18 % of the clips."""
    if rng.random() > 0.18:
        return None
    width, height = camera.width, camera.height
    moves = rng.random() < 0.5
    return Occluder((rng.uniform(0.1, 0.7) * width, rng.uniform(0.3, 0.9) * height),
                    (rng.uniform(0.08, 0.3) * width, rng.uniform(0.15, 0.6) * height),
                    rng.normal(0, 0.6 * width / len(camera.centres)) * moves,
                    colour(rng, 0, 255, 0.8))


@dataclass
class Stage:
    """A dressed body in a lit room before a camera.

    Attributes:
        body: The body; its keypoints are those of its skin, below the clothes.
        colours: Colour of each vertex, shape (V, 3), float32.
        dressed: Vertices with clothes at rest, shape (V, 3), float32.
        room: The room around the body.
        light: The light.
        camera: The camera.
        occluder: A rectangle in front of the camera, or None.
    """

    body: Body
    colours: np.ndarray
    dressed: np.ndarray
    room: Room
    light: Light
    camera: Camera
    occluder: Occluder | None = None

    def __post_init__(self) -> None:
        self._flesh = np.array([next((depth for part, depth in _FLESH.items() if part in name), .08)
                                for name in self.body.keypoint_names])
        # Few vertices carry a keypoint, and only these are posed for it.
        self._used = np.flatnonzero(self.body.keypoints.any(axis=0))
        self._behind: tuple[bytes, np.ndarray] = (b'', np.empty(0))

    def shoot(self, frame: int, transforms: np.ndarray) -> Shot:
        """Draw a picture.

        Args:
            frame: Number of the camera's frame.
            transforms: Transforms of the bones at S instants while the shutter is open, whose
                pictures are averaged; the truth is that of the middle one. Shape (S, J, 3, 4).

        Returns:
            The picture and its truth.
        """
        middle = len(transforms) // 2
        shape = (self.camera.height, self.camera.width)
        behind, depths = self._background(frame, transforms[middle]), []
        total = np.zeros((*shape, 3), np.float32)
        for number, pose in enumerate(transforms):
            picture, depth = behind.copy(), np.full(shape, _FAR, np.float32)
            # Shifts by parts of a pixel smooth the edges.
            shift = ((number - middle) * 0.37 + 0.5) % 1 - 0.5, \
                ((number - middle) * 0.61 + 0.5) % 1 - 0.5
            self._draw_body(frame, pose, picture, depth, shift)
            total += picture
            depths.append(depth)
        picture, depth = total / np.float32(len(transforms)), depths[middle]
        if self.occluder is not None:
            window = self.occluder.window(frame, self.camera)
            picture[window], depth[window] = self.occluder.colour, 0.0
        return Shot(picture, *self._truth(frame, transforms[middle], depth))

    def _draw_body(self, frame: int, pose: np.ndarray, picture: np.ndarray, depth: np.ndarray,
                   shift: tuple[float, float]) -> None:
        body = self.body
        vertices = skin(self.dressed, body.bones, body.weights, pose)
        facing = vertex_normals(vertices, body.faces) @ self.light.direction
        bright = self.light.ambient + self.light.diffuse * np.maximum(0, facing)
        draw_triangles(picture, depth, body.faces, floats(self.camera.project(vertices, frame)),
                       floats(self.colours * bright[:, None] * self.light.tint), shift)

    def _background(self, frame: int, pose: np.ndarray) -> np.ndarray:
        """The room with the body's shadow on its floor."""
        camera, body, sun = self.camera, self.body, self.light.direction
        rotation, centre = camera.rotations[frame], camera.centres[frame]
        key = rotation.tobytes() + centre.tobytes()
        if key != self._behind[0]:  # A camera that stands still sees the same room.
            self._behind = key, draw_room(
                camera.height, camera.width, camera.focal, rotation, centre, self.room.floor,
                self.room.floor_scale, self.room.wall, self.room.radius, self.room.wall_metres)
        vertices = skin(self.dressed, body.bones, body.weights, pose)
        ground = vertices - vertices[:, 1:2] / sun[1] * sun
        mask = silhouette(body.faces, floats(camera.project(ground, frame)), camera.height,
                          camera.width)
        shade = np.float32(self.light.shadow) * cv2.blur(mask, (7, 7))
        return self._behind[1] * (1 - shade)[..., None]

    def _truth(self, frame: int, pose: np.ndarray,
               depth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        body, used = self.body, self._used
        posed = skin(body.vertices[used], body.bones[used], body.weights[used], pose)
        world = body.keypoints[:, used] @ posed
        pixels = self.camera.project(world, frame)
        height, width = depth.shape
        column, row = np.nan_to_num(np.round(pixels[:, :2]), nan=-1).T
        inside = ((column >= 0) & (column < width) & (row >= 0) & (row < height)
                  & (pixels[:, 2] > 0.1))
        in_front = depth[np.clip(row, 0, height - 1).astype(int),
                         np.clip(column, 0, width - 1).astype(int)]
        hidden = in_front < pixels[:, 2] - self._flesh
        visible = np.where(inside, np.where(hidden, HIDDEN, VISIBLE), OUTSIDE)
        return world, pixels[:, :2], visible.astype(np.uint8)
