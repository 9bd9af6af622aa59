"""Description of a file of unknown format, for the message."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ..errors import SmoothNetError, UnsafeFileError
from ..utils.npy import read_header
from ..utils.pickle_files import looks_pickled, read_pickle
from ..utils.restricted_torch import find_tensors
from ._dialect import header_cells
from .input_file import InputFile

_MAGIC = {
    b'\x89PNG': 'a PNG image, not poses', b'\xff\xd8\xff': 'a JPEG image, not poses',
    b'GIF8': 'a GIF image, not poses', b'\x1aE\xdf\xa3': 'a Matroska or WebM video, not poses',
    b'%PDF': 'a PDF document', b'PAR1': 'a Parquet table; export it as CSV',
    b'7z\xbc\xaf': 'a 7z archive; unpack it',
    b'glTF': 'a glTF scene', b'Kaydara': 'an FBX scene',
    b'\xff\xfe': 'UTF-16 or UTF-32 text; save it as UTF-8',
    b'\xfe\xff': 'UTF-16 text; save it as UTF-8', b'\0\0\xfe\xff': 'UTF-32 text; save it as UTF-8',
}
#: HDF5 files by names in their content, the most telling first.
_HDF5 = (
    ((b'pred_points', b'instances'),
     'a project of SLEAP; export it there as analysis HDF5 or CSV'),
    ((b'position', b'ds_type'),
     'a data set of movement; open it by xarray.open_dataset and give it to smooth()'),
    ((b'nwb_version',), 'an NWB file; read it by movement or pynwb and smooth the arrays'),
    ((), 'an HDF5 file that is neither of DeepLabCut nor a SLEAP analysis; export it as CSV'),
)
_PACKED = {b'\x1f\x8b': 'a gzip file', b'BZh': 'a bzip2 file', b'\xfd7zXZ': 'an xz file',
           b'x': 'zlib data', b'\x04\x22\x4d\x18': 'an lz4 file'}
#: Keys of parameters of body models in pickles of people's own.
_BODY_MODEL = {'pose', 'poses', 'body_pose', 'smpl_thetas', 'smpl_poses', 'global_orient'}
_ROTATIONS = ('these look like rotations of a body model: smooth the array, smooth(poses.reshape('
              "len(poses), -1, 3), representation='axis_angle', fps=...)")
_MOST = 12
_TABLE = ('a table of poses needs a header with <name>_x, <name>_y for every keypoint (and frame, '
          'track_id, <name>_score), or frame, keypoint, x, y; for a header of other names, '
          'give --columns frame=... nose.x=... nose.y=... (columns=)')


def looks_like(file: InputFile) -> str:
    """Sentence that describes a file and its missing key or column.

    Args:
        file: A file that no format recognises.

    Returns:
        The sentence, without a leading space.

    Raises:
        UnsafeFileError: It is a pickle that could run code.
    """
    head = file.head
    if head.startswith(b'\x89HDF'):
        kind = next(kind for names, kind in _HDF5 if all(name in file.content for name in names))
        return f'It looks like {kind}.'
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return f'It looks like {name}.'
    if head[4:8] == b'ftyp':
        return ('It looks like an MP4 or MOV video, not poses; demo/video_demo.py estimates and '
                'smooths the poses of a video.')
    if head.startswith(b'PK'):
        return _archive(file)
    if head.startswith(b'\x93NUMPY'):
        return _array(file)
    if looks_pickled(head):
        return _pickle(file)
    if file.looks_like_json:
        return f'It is JSON: {_shape(file.json)}.'
    if not file.looks_like_text:
        return 'It is binary data of an unknown kind.'
    if head.lstrip()[:1] == b'<':
        return 'It looks like XML or HTML.'
    cells = [cell.strip() for cell in header_cells(file)]
    if len(cells) > 1:
        return f'It is text whose first line has {len(cells)} columns: {_some(cells)}; {_TABLE}.'
    line = ' '.join(head.decode('utf-8', 'replace').split('\n', 1)[0].split())
    return f'It is text that begins with {line[:40]!r}; {_TABLE}.'


def _archive(file: InputFile) -> str:
    names = file.npz_names
    if names:
        return f'It is an npz file with the arrays {_some(names)}; expected coords (N, K, C).'
    if b'data.pkl' in file.content[-1 << 16:]:
        return 'It looks like a file of torch.save.'
    return 'It looks like a zip archive, not an npz file.'


def _array(file: InputFile) -> str:
    try:
        shape, _, dtype = read_header(io.BytesIO(file.content))
    except ValueError as error:
        return f'It looks like a damaged npy file ({error}).'
    if dtype.hasobject:
        return f'It is an npy file of pickled objects of shape {shape}; store plain numbers.'
    several = ('; if the first axis is that of cameras or people, store one of them a file'
               if len(shape) == 4 else '')
    flat = (f'; if a row is a frame, store poses.reshape({shape[0]}, {shape[1] // 2}, 2)'
            if len(shape) == 2 and shape[1] > 3 and shape[1] % 2 == 0 else '')
    return (f'It is an npy file of {dtype} of shape {shape}; expected (T, K, 2) or (T, K, 3)'
            f'{several}{flat}.')


def _pickle(file: InputFile) -> str:
    try:
        content = read_pickle(file.content, f"'{file.path}'", finder=find_tensors).value
    except UnsafeFileError:
        raise
    except SmoothNetError as error:
        packed = next((name for magic, name in _PACKED.items() if file.head.startswith(magic)), '')
        return f'It looks like {packed}; unpack it. As a pickle: {error}' if packed else str(error)
    inner = next(iter(content.values()), None) if isinstance(content, dict) else None
    keys = {str(key) for one in (content, inner) if isinstance(one, dict) for key in one}
    return f"It is a pickle: {_shape(content)}{'; ' + _ROTATIONS if keys & _BODY_MODEL else ''}."


def _shape(value: Any, depth: int = 0) -> str:
    """Structure of a document, two levels deep."""
    if isinstance(value, dict):
        if not value:
            return 'an empty object'
        inner = ''
        if depth < 1 and not isinstance(next(iter(value)), str):
            inner = f', the first of them {_shape(next(iter(value.values())), depth + 1)}'
        return f'an object with the keys {_some(map(str, value))}{inner}'
    if isinstance(value, (list, tuple)):
        if not value:
            return 'an empty list'
        return f'a list of {len(value)}, the first {_shape(value[0], depth + 1)}' if (
            depth < 2) else f'a list of {len(value)}'
    if isinstance(value, np.ndarray):
        return f'an array of {value.dtype} of shape {value.shape}'
    return f'{type(value).__name__}'


def _some(names: Any) -> str:
    names = [name if len(name) < 30 else name[:27] + '...' for name in names]
    shown = ', '.join(names[:_MOST])
    return f"{shown}{', ...' if len(names) > _MOST else ''}" or 'none'
