"""Panels side by side, one per clip: people, titles and a caption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import cv2
import numpy as np

from ..structures import PoseSequence, PoseTracks, Skeleton
from .anatomy import anatomy_of, known_skeletons
from .curves import CurveStrip
from .mesh import draw_mesh
from .painter import draw_pose, draw_text, draw_title
from .palette import INK, MUTED, RULE, SIDE_COLORS, Color, color_of, person_colors
from .posed import BodyMesh, Meshes
from .scene import Scene, plain
from .series import row_of

#: Keypoints with a lower score are drawn faintly.
KEYPOINT_THR = 0.3
_STRIP = 44  # pixels of the title above and of the line below the panels
_GAP = 4
_MESH: Color = (205, 190, 175)  # of a single person


class PanelDrawer:
    """Draws the panels of a scene.

    Args:
        scene: The view.
        swatches: Whether each title shows the colour of its curve. Defaults to False.
        meshes: The meshes of each panel, in place of skeletons. Defaults to None, none.
    """

    def __init__(self, scene: Scene, swatches: bool = False,
                 meshes: Meshes | None = None) -> None:
        self._scene, self._swatches, self._meshes = scene, swatches, meshes or {}
        panels = scene.panels
        ids = list(dict.fromkeys(key for clip in panels.values() for key, _ in clip))
        self._alone = all(_is_alone(clip) for clip in panels.values())
        self._colors = {key: SIDE_COLORS if self._alone else person_colors(i)
                        for i, key in enumerate(ids)}
        self._skeletons = {title: known_skeletons(clip) for title, clip in panels.items()}
        # Fingers of a single hand and points without names have no sides.
        self._sided = self._alone and any(
            set(anatomy_of(skeleton, 0).side) - {1} for skeletons in self._skeletons.values()
            for skeleton in skeletons.values())
        self._bridged = any(s.filled.any() for clip in panels.values() for _, s in clip)

    @property
    def unknown(self) -> bool:
        """Whether someone's skeleton is unknown, so that points are drawn without lines."""
        return any(None in skeletons.values() for skeletons in self._skeletons.values())

    def panels(self, number: int, background: np.ndarray, note: str = '',
               titled: bool = True) -> list[np.ndarray]:
        """The panel of each clip at a frame, with its title.

        Args:
            number: Frame number.
            background: The picture under the people, shape (H, W, 3), uint8, BGR.
            note: Text after the first title. Defaults to none.
            titled: Whether the titles are written. Defaults to True.

        Returns:
            Pictures of one size.
        """
        return [self._panel(i, title, number, background, '' if i else note, titled)
                for i, title in enumerate(self._scene.panels)]

    def frames(self, numbers: Sequence[int], seconds: Iterable[float],
               strip_of: Callable[[int], CurveStrip] | None = None) -> Iterator[np.ndarray]:
        """The drawing of every frame: the panels, the curves and the caption.

        Args:
            numbers: Frame numbers, one per background of the scene.
            seconds: The time of each of them.
            strip_of: Makes the curves for a width in pixels. Defaults to None, no curves.

        Yields:
            Pictures of one size, each (H, W, 3), uint8, BGR.
        """
        strip = None
        for number, time, background in zip(numbers, seconds, self._scene.backgrounds):
            row = side_by_side(self.panels(number, background))
            if strip_of is not None and strip is None:
                strip = strip_of(row.shape[1])
            under = [] if strip is None else [strip.draw(number)]
            caption = self.caption(row.shape[1], f'frame {number}   {time:.2f} s')
            yield np.vstack([row, *under, caption])

    def _panel(self, index: int, title: str, number: int, background: np.ndarray,
               note: str = '', titled: bool = True) -> np.ndarray:
        picture = background.copy()
        skeletons, meshes = self._skeletons[title], self._meshes.get(title, {})
        people = [self._person(picture, sequence, number, key, skeletons[key], meshes.get(key))
                  for key, sequence in self._in_order(title, number)]
        remark = ('no person' if not any(people) else
                  'unknown skeleton: points only' if None in skeletons.values() else '')
        strip, x = plain((picture.shape[1], _STRIP)), 14
        if titled:
            swatch = color_of(title, index) if self._swatches else None
            x = draw_title(strip, title, x, swatch) + 16
        text = note or remark
        if x + draw_text(strip.copy(), text, (x, 29), 0.55, MUTED) <= strip.shape[1]:
            draw_text(strip, text, (x, 29), 0.55, MUTED)
        else:  # Beside a long title of a narrow panel it would be cut off.
            draw_text(picture, text, (14, 22), 0.55, MUTED)
        return np.vstack([strip, picture])

    def caption(self, width: int, text: str) -> np.ndarray:
        """The line below the panels: a text and what the colours mean."""
        strip = plain((width, _STRIP))
        cv2.line(strip, (0, 0), (width, 0), RULE, 2)
        x = 14 + draw_text(strip, text, (14, 28), 0.55) + 30
        if self._meshes:
            if self._bridged:
                draw_text(strip, 'pale: interpolated', (max(x, width - 180), 28), 0.5)
        else:
            wide = 200 * self._sided + 164 * self._bridged
            _legend(strip, max(x, width - wide), self._sided, self._bridged)
        return strip

    def _in_order(self, title: str, number: int) -> list[tuple[int | str, PoseSequence]]:
        """The people of a panel; meshes hide those behind them, so the nearest one comes last."""
        people = list(self._scene.panels[title])
        if title not in self._meshes:
            return people

        def distance(person: tuple[int | str, PoseSequence]) -> float:
            row = row_of(person[1].frame_ids, number)
            return 0.0 if row is None else -float(np.nan_to_num(
                self._scene.camera.project_deep(person[1].coords[row, 0])[2]))

        return sorted(people, key=distance)

    def _person(self, picture: np.ndarray, sequence: PoseSequence, number: int, key: int | str,
                skeleton: Skeleton | None, mesh: BodyMesh | None = None) -> bool:
        """Draw a person who is in the frame; returns whether one is drawn."""
        row = row_of(sequence.frame_ids, number)
        if row is None:
            return False
        camera = self._scene.camera
        points = camera.project(sequence.coords[row])
        filled = sequence.filled[row]
        faint = ~(sequence.valid[row] | filled)
        if sequence.scores is not None:
            faint |= ~filled & ~(sequence.scores[row] >= KEYPOINT_THR)
        vertices = None if mesh is None else mesh.vertices(number)
        if mesh is None or vertices is None:
            draw_pose(picture, points, skeleton=skeleton, faint=faint, bridged=filled,
                      colors=self._colors[key])
        else:
            if self._scene.orbit is not None:
                [vertices] = self._scene.orbit.turned(vertices[None], np.array([number]))
            draw_mesh(picture, camera.project_deep(vertices + sequence.coords[row, 0]),
                      mesh.faces, _MESH if self._alone else self._colors[key][1],
                      faint=bool(faint.any() or filled.any()))
        finite = points[np.isfinite(points).all(axis=-1)]
        if not self._alone and len(finite):
            top = finite[finite[:, 1].argmin()]
            x, y = (int(value) for value in np.clip(top, 0, np.asarray(camera.size)))
            draw_text(picture, str(key), (x + 10, max(y - 10, 16)), 0.5, self._colors[key][1])
        return bool(len(finite))


def side_by_side(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of one height in a row, with gaps between them."""
    gap = np.full((pictures[0].shape[0], _GAP, 3), RULE, dtype=np.uint8)
    return np.hstack([part for picture in pictures for part in (gap, picture)][1:])


def _is_alone(clip: PoseTracks) -> bool:
    """Whether no frame has two measured people; then colours distinguish left and right."""
    shown = [s.frame_ids[~s.filled.all(axis=1)] for _, s in clip]
    return not shown or int(np.unique(np.concatenate(shown), return_counts=True)[1].max(
        initial=0)) < 2


def _legend(strip: np.ndarray, x: int, by_side: bool, bridged: bool) -> None:
    entries: Mapping[str, Color] = {'left': SIDE_COLORS[0], 'right': SIDE_COLORS[2]}
    for text, color in entries.items() if by_side else ():
        cv2.line(strip, (x, 23), (x + 26, 23), color, 3, cv2.LINE_AA)
        x += 34 + draw_text(strip, text, (x + 34, 28), 0.5) + 22
    if bridged:
        for start in (0, 11, 22):
            cv2.line(strip, (x + start, 23), (x + start + 5, 23), INK, 2, cv2.LINE_AA)
        draw_text(strip, 'interpolated', (x + 36, 28), 0.5)
