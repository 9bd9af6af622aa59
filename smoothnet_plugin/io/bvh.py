"""BVH motion capture files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..processing.rotations import to_rotmat
from ..registry import FORMATS
from ..structures import BodySequence, PoseTracks, Skeleton
from ..structures.body_joints import body_tree
from ..utils.files import atomic_write
from ._decimals import FULL
from ._markers import only_person
from ._text import decimals_of
from .amass import translation, whole_pose
from .base import InputFile, ReadContext
from .body_format import BodyFormat, as_body
from .body_parts import rows_in_document
from .bvh_output import euler_angles, hierarchy_text
from .bvh_text import BvhMotion, joint_rotations, parse_bvh

_ORDER = 'ZXY'
#: Of new files, and at least of files written back.
_DECIMALS, _LEAST_DECIMALS = 6, 4


@FORMATS.register_module()
class Bvh(BodyFormat):
    """HIERARCHY and MOTION of one person: angles of every joint, positions of the root.

    Rotations are smoothed as rotations, the positions of joints that have some as points. The
    hierarchy is written back byte for byte, and angles stay on the branch of the file's angles.
    Rotations of SMPL, SMPL-H or SMPL-X are written as a new file with the segment lengths of
    :mod:`smoothnet_plugin.structures.body_joints`, in metres.
    """

    name = 'bvh'
    title = 'BVH motion capture: HIERARCHY ... MOTION ...'
    needs_source = False
    frame_base = None
    suffixes = ('.bvh',)
    usual_for = ('.bvh',)

    def sniff(self, file: InputFile) -> bool:
        return file.head.lstrip(b'\xef\xbb\xbf \t\r\n').startswith(b'HIERARCHY')

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the track.

        Raises:
            DataFormatError: The file is damaged.
        """
        text = file.content.decode('latin1')
        motion = parse_bvh(text.removeprefix('\xef\xbb\xbf'), file.path)
        turning = [i for i, joint in enumerate(motion.joints) if joint.axes]
        if not turning:
            raise DataFormatError(f"'{file.path}' has no channels of rotation.")
        matrices = joint_rotations(motion)[:, turning].reshape(len(motion.values), -1, 9)
        points = {joint.name: motion.values[:, [column for column, _ in joint.place_columns]]
                  for joint in motion.joints if len(joint.place_columns) in (2, 3)}
        names = tuple(motion.joints[i].name for i in turning)
        skeleton = Skeleton('bvh', names) if len(set(names)) == len(names) else None
        fps = context.fps or motion.fps
        body = BodySequence(matrices, representation='rotmat', fps=fps, skeleton=skeleton,
                            refs=list(range(len(matrices))), points=points)
        return PoseTracks({0: body}, fps=fps, source=self.document(file, text, motion=motion))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the track: into a copy of its file, or as a new one.

        Raises:
            DataFormatError: There is not exactly one person, or the joints of a new file are not
                those of a body model.
        """
        body = as_body(only_person(tracks, 'BVH'))
        source = self.source_of(tracks)
        content = (_new_text(body, tracks.fps) if source is None
                   else _updated(source.data, source.details['motion'], body))
        with atomic_write(path, 'wb') as file:
            file.write(content.encode('latin1', 'replace'))


def _updated(text: str, motion: BvhMotion, body: BodySequence) -> str:
    """The file with new numbers; those that do not change stay as they are written."""
    values = np.array(motion.values)
    here, rows = rows_in_document(body)
    turning = [i for i, joint in enumerate(motion.joints) if joint.axes]
    before = joint_rotations(motion)[rows][:, turning]
    matrices = to_rotmat(np.asarray(body.coords[here], dtype=np.float64), body.representation)
    matrices = matrices.reshape(len(here), len(turning), 3, 3)
    for index, joint in enumerate(motion.joints[i] for i in turning):
        new = matrices[:, index]
        changed = np.isfinite(new).all(axis=(1, 2)) & (
            np.abs(new - before[:, index]).max(axis=(1, 2), initial=0) > 1e-12)
        at, columns = rows[changed], np.array(joint.angle_columns)
        values[np.ix_(at, columns)] = euler_angles(new[changed], joint.axes,
                                                   motion.values[np.ix_(at, columns)])
    for joint in motion.joints:
        if joint.name in body.points:
            columns = np.array([column for column, _ in joint.place_columns])
            place = body.points[joint.name][here]
            values[np.ix_(rows, columns)] = np.where(np.isfinite(place), place,
                                                     values[np.ix_(rows, columns)])
    head, _, _ = text.partition('MOTION')
    lines = text[len(head):].splitlines(keepends=True)
    return head + ''.join(_rewritten(lines, motion.values, values))


def _rewritten(lines: list[str], old: np.ndarray, new: np.ndarray) -> list[str]:
    """The lines of the part MOTION with the numbers that changed."""
    start = next(i for i, line in enumerate(lines) if line.split()[:2] == ['Frame', 'Time:']) + 1
    kept = lines[:start]
    words = ''.join(lines[start:]).split()
    seen = decimals_of(words)
    decimals = FULL if seen is None else max(seen, _LEAST_DECIMALS)
    end = '\r\n' if lines[0].endswith('\r\n') else '\n'
    width = old.shape[1]
    for row in range(len(old)):
        texts = words[row * width:(row + 1) * width]
        kept.append(' '.join(
            text if old[row, column] == new[row, column] else f'{new[row, column]:.{decimals}f}'
            for column, text in enumerate(texts)) + end)
    return kept


def _new_text(body: BodySequence, fps: float | None) -> str:
    matrices, names = whole_pose(body)
    tree = body_tree(names)
    total = len(matrices)
    order, text = hierarchy_text(tree.names, tree.parents.tolist(), tree.offsets)
    columns = [translation(body)]
    for joint in order:
        angles = euler_angles(matrices[:, joint].reshape(-1, 3, 3), _ORDER, np.zeros((total, 3)))
        columns.append(np.degrees(np.unwrap(np.radians(angles), axis=0)))
    rows = np.concatenate(columns, axis=1)
    lines = [' '.join(f'{value:.{_DECIMALS}f}' for value in row) for row in rows]
    return (f'{text}MOTION\nFrames: {total}\nFrame Time: {1 / (fps or body.fps or 30.0):.8f}\n'
            + '\n'.join(lines) + '\n')
