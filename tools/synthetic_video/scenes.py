"""What surrounds a body: a room, clothes, a light. All of it is drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .bodies import Body, Region
from .render import floats, vertex_normals

_SKIN = np.array([[255, 219, 190], [241, 194, 155], [224, 172, 125], [198, 134, 88],
                  [141, 85, 50], [90, 56, 37]], float)
_HAIR = np.array([[20, 16, 14], [60, 38, 22], [110, 75, 40], [190, 150, 90], [150, 150, 150],
                  [120, 50, 25]], float)
#: How far clothes stand off the skin, metres.
_LOOSE = {Region.SHIRT: (.004, .02), Region.SLEEVE: (.003, .012), Region.TROUSERS: (.004, .022),
          Region.LOWER_LEG: (.003, .025), Region.SHOE: (.002, .006), Region.HAIR: (.004, .03)}


@dataclass(frozen=True)
class Room:
    """A floor and a round wall; colours are RGB from 0 to 255.

    Attributes:
        floor: Square texture, shape (S, S, 3), uint8.
        floor_scale: Its pixels to the metre.
        wall: Texture of the wall all around, shape (H, W, 3), uint8.
        wall_metres: Height of the wall.
        radius: Of the wall, metres.
    """

    floor: np.ndarray
    floor_scale: float
    wall: np.ndarray
    wall_metres: float
    radius: float


@dataclass(frozen=True)
class Light:
    """A light far away, and what comes from all sides.

    Attributes:
        direction: Unit vector towards the light, shape (3,).
        ambient: Brightness in shade.
        diffuse: Brightness that faces the light, in addition.
        shadow: Share of its brightness that the floor loses in the shadow.
        tint: Factors of the colours, shape (3,).
    """

    direction: np.ndarray
    ambient: float
    diffuse: float
    shadow: float
    tint: np.ndarray


def draw_light(rng: np.random.Generator) -> Light:
    """Draw a light from 29 to 80 degrees above the horizon."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.4)
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(elevation),
                          np.sin(azimuth) * np.cos(elevation)])
    return Light(direction, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.8), rng.uniform(0, 0.6),
                 rng.uniform(0.85, 1.1, 3))


def draw_room(rng: np.random.Generator, least_radius: float) -> Room:
    """Draw a room that is at least so wide."""
    return Room(_floor(rng), rng.uniform(100, 400), _wall(rng), rng.uniform(2.5, 6),
                max(rng.uniform(5, 14), least_radius))


def colour(rng: np.random.Generator, low: float, high: float, greyish: float) -> np.ndarray:
    """A colour, drawn towards grey with some probability, as rooms and clothes are."""
    rgb = rng.uniform(low, high, 3)
    grey = rng.uniform() ** 0.6 if rng.random() < greyish else 0.0
    return rgb + grey * (rgb.mean() - rgb)


def dress(rng: np.random.Generator, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """Draw clothes and colours for a body.

    Args:
        rng: Source of chance.
        body: A body of V vertices.

    Returns:
        Colours and vertices with clothes at rest, both (V, 3), float32.
    """
    rest, regions = body.vertices, body.regions
    skin, hair = _SKIN[rng.integers(len(_SKIN))], _HAIR[rng.integers(len(_HAIR))]
    skin = skin * rng.uniform(0.9, 1.05)
    shirt, trousers = colour(rng, 10, 250, 0.65), colour(rng, 10, 220, 0.8)
    if rng.random() < 0.5:  # jeans
        trousers = rng.uniform(10, 120) + rng.uniform(0, 40) * np.array([0, 0.3, 1])
    bald = rng.random() < 0.08
    worn = {Region.SHIRT: shirt, Region.TROUSERS: trousers, Region.SHOE: colour(rng, 5, 250, 0.8)}
    if rng.random() < 0.5:
        worn[Region.SLEEVE] = shirt
    if rng.random() < 0.65:
        worn[Region.LOWER_LEG] = trousers
    if not bald:
        worn[Region.HAIR] = hair
    colours = skin + rng.normal(0, 3, (len(rest), 1))
    pattern = _pattern(rng, rest)
    for region, cloth in worn.items():
        own = regions == region
        patterned = region in (Region.SHIRT, Region.SLEEVE)
        shade = pattern if patterned else rng.uniform(0.85, 1.1, len(rest))
        colours[own] = cloth * shade[own, None]
    colours[regions == Region.EYE] = 235
    colours[regions == Region.IRIS] = rng.uniform(10, 90, 3)
    colours[regions == Region.BROW] = hair * 0.6
    colours[regions == Region.LIPS] = skin * [0.85, 0.55, 0.55]
    distance = np.zeros(len(rest))
    for region, limits in _LOOSE.items():
        distance[regions == region] = rng.uniform(*limits) * (region in worn)
    folds = 1 + 0.3 * np.sin(rest @ rng.normal(0, 40, 3))
    outward = vertex_normals(rest, body.faces)
    return floats(np.clip(colours, 0, 255)), floats(rest + outward * (distance * folds)[:, None])


def _pattern(rng: np.random.Generator, rest: np.ndarray) -> np.ndarray:
    """Brightness of plain, striped, chequered or mottled cloth at each vertex."""
    kind, wave = rng.integers(4), rng.uniform(0.06, 0.25)
    across, down = (np.sin(2 * np.pi / wave * rest[:, axis]) > 0 for axis in (0, 1))
    return (np.ones(len(rest)), 1 - 0.5 * down, 1 - 0.5 * (across ^ down),
            rng.uniform(0.7, 1.15, len(rest)))[kind]


def _cloud(rng: np.random.Generator, height: int, width: int, first: np.ndarray,
           second: np.ndarray, octaves: int = 6) -> np.ndarray:
    """Fractal noise between two colours, shape (height, width, 3)."""
    noise = np.zeros((height, width), np.float32)
    for k in range(octaves):
        rows, columns = (max(2, side >> (octaves - k)) for side in (height, width))
        coarse = rng.standard_normal((rows, columns)).astype(np.float32)
        noise += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / 1.7 ** k
    noise = (noise - noise.min()) / (np.ptp(noise) + 1e-9)
    return first + noise[..., None] * (second - first)


def _wall(rng: np.random.Generator, height: int = 512, width: int = 2048) -> np.ndarray:
    """A room in rough strokes: a mottled wall, boxes like furniture, posters, frames."""
    base = colour(rng, 30, 235, 0.95)
    wall = _cloud(rng, height, width, base, base + rng.normal(0, rng.uniform(5, 60), 3))
    for _ in range(rng.integers(60)):
        rows, columns = int(rng.integers(10, 300)), int(rng.integers(10, 250))
        left, top = rng.integers(width - columns), rng.integers(height - rows)
        if rng.random() < 0.6:
            top = height - rows  # It stands on the floor.
        tone = colour(rng, 0, 255, 0.8)
        if rng.random() < 0.5:
            patch = _cloud(rng, rows, columns, tone, tone + rng.normal(0, 40, 3), 4)
        else:
            patch, gap = np.tile(tone, (rows, columns, 1)), int(rng.integers(2, 9))
            bars = patch[:, ::gap] if rng.random() < 0.5 else patch[::2 * gap]
            bars[:] = colour(rng, 0, 255, 0.8)
        wall[top:top + rows, left:left + columns] = patch
    blurred = cv2.GaussianBlur(wall.astype(np.float32), (0, 0), rng.uniform(0.3, 2.5))
    return np.clip(blurred, 0, 255).astype(np.uint8)


def _floor(rng: np.random.Generator, side: int = 512) -> np.ndarray:
    base = colour(rng, 40, 220, 0.95)
    floor = _cloud(rng, side, side, base, base + rng.normal(0, 30, 3))
    if rng.random() < 0.5:  # tiles or boards
        gap = rng.choice([32, 64, 128])
        floor[::gap] *= 0.6
        floor[:, ::gap] *= 0.6
    return np.clip(floor, 0, 255).astype(np.uint8)
