"""The renderer of ``render.c``, compiled at first use with the system's C compiler."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from ctypes import c_float, c_int, c_void_p
from functools import lru_cache
from pathlib import Path

import numpy as np

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.files import default_cache_dir, temporary_beside

_SOURCE = Path(__file__).with_name('render.c')
#: No relaxed floating point, so that a clip is the same wherever it is made.
_FLAGS = ('-O2', '-ffp-contract=off', '-shared', '-fPIC')
_FLOATS, _INTS, _BYTES = (np.ctypeslib.ndpointer(kind, flags='C')
                          for kind in (np.float32, np.int32, np.uint8))
_ARGUMENTS = {
    'skin': [c_int, _INTS, _FLOATS, _FLOATS, _FLOATS, _FLOATS],
    'vertex_normals': [c_int, c_int, _INTS, _FLOATS, _FLOATS],
    'triangles': [c_int, _INTS, _FLOATS, c_void_p, c_int, c_int, c_float, c_float, c_void_p,
                  _FLOATS],
    'room': [c_int, c_int, c_float, _FLOATS, _FLOATS, _BYTES, c_int, c_float, _BYTES, c_int, c_int,
             c_float, c_float, _FLOATS],
}


def compiler() -> str | None:
    """The C compiler: that of the environment variable ``CC``, else cc, gcc or clang."""
    return next((found for name in (os.environ.get('CC'), 'cc', 'gcc', 'clang')
                 if name and (found := shutil.which(name))), None)


@lru_cache
def library() -> ctypes.CDLL:
    """The compiled renderer, from the user's cache folder.

    Raises:
        ConfigError: There is no C compiler, or it fails.
    """
    source = _SOURCE.read_bytes()
    key = hashlib.sha256(source + ' '.join([*_FLAGS, platform.machine()]).encode()).hexdigest()
    path = default_cache_dir() / f'render_{key[:16]}.so'
    if not path.is_file():
        _compile(path)
    loaded = ctypes.CDLL(str(path))
    for name, arguments in _ARGUMENTS.items():
        function = getattr(loaded, name)
        function.argtypes, function.restype = arguments, None
    return loaded


def _compile(path: Path) -> None:
    program = compiler()
    if program is None:
        raise ConfigError('The renderer needs a C compiler, and there is none here; install gcc or '
                          'clang (Debian: apt-get install gcc libc6-dev), or set CC to its path.')
    with temporary_beside(path) as temporary:
        done = subprocess.run([program, *_FLAGS, '-o', str(temporary), str(_SOURCE), '-lm'],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigError(f"{program} cannot compile '{_SOURCE}': {done.stderr.strip()}")


def floats(values: np.ndarray) -> np.ndarray:
    """Values as a contiguous array of float32."""
    return np.ascontiguousarray(values, dtype=np.float32)


def skin(rest: np.ndarray, bones: np.ndarray, weights: np.ndarray,
         transforms: np.ndarray) -> np.ndarray:
    """Vertices posed by linear blend skinning.

    Args:
        rest: Vertices at rest, shape (V, 3), float32.
        bones: Numbers of each vertex's bones, shape (V, 4), int32.
        weights: Their weights, shape (V, 4), float32; each row adds up to 1.
        transforms: Transform of every bone from rest to its pose, shape (J, 3, 4).

    Returns:
        Shape (V, 3), float32.
    """
    posed = np.empty_like(rest)
    library().skin(len(rest), bones, weights, rest, floats(transforms), posed)
    return posed


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals of vertices (V, 3), weighted by the area of their faces (F, 3)."""
    normals = np.empty_like(vertices)
    library().vertex_normals(len(vertices), len(faces), faces, vertices, normals)
    return normals


def draw_triangles(image: np.ndarray, depth: np.ndarray, faces: np.ndarray, pixels: np.ndarray,
                   colours: np.ndarray, shift: tuple[float, float] = (0.0, 0.0)) -> None:
    """Draw triangles into a picture and its depth buffer, both changed in place.

    Args:
        image: Shape (H, W, 3), float32.
        depth: Shape (H, W), float32, metres.
        faces: Numbers of the corners, shape (F, 3), int32, counter-clockwise seen from outside.
        pixels: x and y in pixels and depth in metres of every vertex, shape (V, 3), float32.
        colours: Colour of every vertex, shape (V, 3), float32.
        shift: Pixels to move everything by. Defaults to (0, 0).
    """
    library().triangles(len(faces), faces, pixels, colours.ctypes.data, *depth.shape, *shift,
                        image.ctypes.data, depth)


def silhouette(faces: np.ndarray, pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """1 where triangles lie and 0 elsewhere, shape (height, width), float32."""
    mask = np.zeros((height, width), np.float32)
    library().triangles(len(faces), faces, pixels, None, height, width, 0.0, 0.0, None, mask)
    return mask


def draw_room(height: int, width: int, focal: float, rotation: np.ndarray, centre: np.ndarray,
              floor: np.ndarray, floor_scale: float, wall: np.ndarray, radius: float,
              wall_metres: float) -> np.ndarray:
    """A floor and the round wall around it.

    Args:
        height: Rows of the picture.
        width: Columns of the picture.
        focal: Focal length, pixels.
        rotation: World to camera, shape (3, 3).
        centre: Place of the camera, shape (3,), metres.
        floor: Square texture, shape (S, S, 3), uint8.
        floor_scale: Its pixels to the metre.
        wall: Texture of the wall all around, shape (H', W', 3), uint8.
        radius: Of the wall, metres.
        wall_metres: Height of the wall; its last row continues above.

    Returns:
        Shape (height, width, 3), float32.
    """
    image = np.empty((height, width, 3), np.float32)
    library().room(height, width, focal, floats(rotation), floats(centre), floor, len(floor),
                   floor_scale, wall, *wall.shape[:2], radius, wall_metres, image)
    return image
