"""The viewer page: one self-contained HTML file."""

from __future__ import annotations

import base64
import html
import json
import mimetypes
import os
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import DataFormatError
from ..smoothers.joint_change import COLUMNS
from ..smoothers.report import SmoothReport
from ..structures import PoseTracks
from ..utils.files import StrPath, atomic_write, check_output_path, is_stream
from .page_data import check_clips, page_data
from .pairing import matched_panels, named_panels
from .picture_size import outside_note
from .video import video_info

#: Larger videos are not embedded but linked by a relative path.
EMBEDDED_VIDEO_BYTES = 16_000_000
_SUFFIXES = ('.html', '.htm')
_EXPLAINED = (
    'Speed kept: speed after over before, over 0.2 s, fast motion counting most. Acceleration '
    'left: what remains of the mean acceleration; before, most of it is jitter. Lag: frames by '
    'which the result is behind. Filled: frames that are interpolated. Distrusted: measured frames '
    'that the result leaves aside. In brackets: 95 % bootstrap intervals over the people.')


def write_page(path: StrPath, raw: PoseTracks, smoothed: PoseTracks | None = None, *,
               truth: PoseTracks | None = None, report: SmoothReport | None = None,
               video: StrPath | None = None, title: str = '') -> list[str]:
    """Write a page that shows raw over smoothed poses, their curves and the report.

    The page needs no network and no other file, unless the video is too large to be embedded.

    Args:
        path: Page to write (``.html``).
        raw: The tracks before smoothing: 2D or 3D keypoints, or rotations of a body model, which
            are drawn as the skeleton of an average person.
        smoothed: The tracks after smoothing. Defaults to None, raw alone.
        truth: The true tracks. Defaults to None.
        report: What changed, for the tables. Defaults to None, no tables.
        video: The source video of 2D keypoints, drawn under the figures; its first frame has the
            ``frame_id`` 0, or 1 where the source of the tracks counts from 1. Defaults to None.
        title: Heading of the page. Defaults to the name of the page.

    Returns:
        Notes for the user, which the page shows as well.

    Raises:
        DataFormatError: There is nothing to show, the clips differ in their keypoints, ``video``
            is no video or is given with 3D keypoints, or ``path`` cannot be written.
    """
    path = check_page(path)
    data = page_data(matched_panels(named_panels(raw, smoothed, truth)))
    notes = _notes(data)
    if video is not None:
        data['video'], more = _video(Path(video), path, data)
        size = raw.image_size or (data['video']['width'], data['video']['height'])
        notes += [*more, *filter(None, [outside_note(raw, size)])]
    if report is not None:
        data['report'] = report.lines(with_joints=False)
        data['jointChanges'] = [_row(change) for change in report.joints]
        data['columns'] = [f"{label} ({data['unit']})" if name.startswith('error') else label
                           for name, label, _ in COLUMNS]
        data['explained'] = _EXPLAINED
    data['notes'] = notes
    data['title'] = title or path.stem
    with atomic_write(path) as file:
        file.write(_html(data))
    return notes


def check_page(path: StrPath, raw: PoseTracks | None = None) -> Path:
    """Raise for a page that could not be written, before other work is done.

    Args:
        path: Page to write.
        raw: The tracks that it will show. Defaults to None, they are not checked.

    Returns:
        The path.

    Raises:
        DataFormatError: See :func:`write_page`.
    """
    path = check_output_path(path, 'page', () if is_stream(path) else _SUFFIXES)
    if raw is not None:
        check_clips({'raw': raw})
    return path


def _row(change: Any) -> dict[str, Any]:
    return {'joint': change.joint, 'words': change.words,
            'cells': [change.shown(name, style) for name, _, style in COLUMNS]}


def _notes(data: dict[str, Any]) -> list[str]:
    notes = []
    if data['step'] > 1:
        notes.append(f"The clip is long: of its {data['allFrames']} frames the page shows one in "
                     f"{data['step']}, and its speeds and accelerations are over that distance. "
                     'Spectra and tables are those of all frames.')
    if data['fpsAssumed']:
        notes.append(f"{data['fps']:g} frames per second are assumed: none was given.")
    return notes


def _video(video: Path, page: Path, data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The video element's source and facts, and a note where it is not embedded."""
    if data['dims'] != 2:
        raise DataFormatError('3D poses cannot be drawn over a video; leave the video out, or '
                              'view the 2D keypoints over it.')
    (width, height), fps = video_info(video)
    facts = {'width': width, 'height': height, 'fps': fps}
    if video.stat().st_size <= EMBEDDED_VIDEO_BYTES:
        kind = mimetypes.guess_type(video.name)[0] or 'video/mp4'
        content = base64.b64encode(video.read_bytes()).decode('ascii')
        return {**facts, 'src': f'data:{kind};base64,{content}'}, []
    folder = Path.cwd() if is_stream(page) else page.resolve().parent
    try:
        relative = quote(Path(os.path.relpath(video.resolve(), folder)).as_posix())
    except ValueError:  # another drive (Windows)
        relative = video.resolve().as_uri()
    size = video.stat().st_size / 1e6
    return {**facts, 'src': relative}, [
        f"The video ({size:.0f} MB) is not in the page, which reads it from '{relative}'; keep "
        'both files together.']


def _html(data: dict[str, Any]) -> str:
    """The page with styles, libraries and data inside."""
    scripts = ['vendor/uPlot.min.js', *(['vendor/three.min.js'] if data['dims'] == 3 else []),
               'data.js', 'curves.js', 'stage.js', *(['stage3d.js'] if data['dims'] == 3 else []),
               'page.js']
    # '<' could end the script element that holds the data.
    text = json.dumps(data, ensure_ascii=False, allow_nan=False).replace('<', '\\u003c')
    parts = {'title': html.escape(data['title']),
             'style': _text('vendor/uPlot.min.css') + _text('page.css'), 'data': text,
             'licenses': html.escape('\n\n'.join(
                 f'{name}\n{_text(f"vendor/LICENSE-{name}.txt")}' for name in
                 ('uPlot', *(['three'] if data['dims'] == 3 else [])))),
             'scripts': ''.join(f'<script>\n{_text(name)}\n</script>\n' for name in scripts)}
    page = _text('page.html')
    for name, part in parts.items():
        before, _, after = page.partition(f'<!-- {name} -->')
        page = before + part + after
    return page


def _text(name: str) -> str:
    """A file of the folder ``viewer``."""
    folder = resources.files('smoothnet_plugin.visualization') / 'viewer'
    return (folder / name).read_text(encoding='utf-8')
