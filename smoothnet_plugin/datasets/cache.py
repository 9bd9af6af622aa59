"""Cache of converted clips, which are memory-mapped.

Object arrays and compressed members cannot be mapped directly. Large ones are written once as plain
``.npy`` files, so that workers, processes of a distributed run and later runs do not each read and
hold a copy.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..utils.files import StrPath, default_cache_dir
from .clips import PoseClips, as_array
from .mapped import MappedArray, map_npy

#: Clips smaller than this stay in memory unless a cache folder is given: 256 MiB.
MEMORY_LIMIT = 256 * 2**20

_FORMAT = 1
_PER_CLIP = ('lengths', 'names', 'fps', 'scale', 'offset')
_PER_FRAME = ('estimate', 'truth', 'scores')


def cached_clips(make: Callable[[], PoseClips], sources: Sequence[Path], recipe: object,
                 cache_dir: StrPath | None) -> PoseClips:
    """Make clips, or map them from the cache.

    Args:
        make: Reads and converts the clips.
        sources: The files that ``make`` reads. A changed file is converted again.
        recipe: Everything else that the result depends on; its ``repr`` is part of the key.
        cache_dir: Folder of converted clips. None means :func:`default_cache_dir`, for clips over
            :data:`MEMORY_LIMIT` only.

    Returns:
        The clips.
    """
    folder = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    folder = folder / f'clips_{_fingerprint(sources, recipe)}'
    if (folder / 'clips.npz').is_file():
        return _load(folder)
    clips = make()
    size = sum(values.nbytes for values in clips.per_frame().values()
               if isinstance(values, np.ndarray))
    if size <= (MEMORY_LIMIT if cache_dir is None else 0):
        return clips
    try:
        _save(clips, folder)
    except OSError as error:
        warnings.warn(
            f"{size / 2**20:.0f} MiB of converted poses could not be saved to '{folder}' "
            f'({error}); they stay in memory. Set cache_dir to a writable folder.', stacklevel=2)
        return clips
    return _load(folder)


def _fingerprint(sources: Sequence[Path], recipe: object) -> str:
    # The path is not resolved through links, since stat describes the content.
    stats = [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns)
             for path in sources if path.is_file()]
    return hashlib.sha256(repr((_FORMAT, stats, recipe)).encode()).hexdigest()[:24]


def _save(clips: PoseClips, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix='.writing-', dir=folder.parent))
    try:
        for name, values in clips.per_frame().items():
            kind = '' if name in _PER_FRAME else 'extra_'
            np.save(temporary / f'{kind}{name}.npy', np.ascontiguousarray(as_array(values)))
        fields = {name: np.asarray(getattr(clips, name)) for name in _PER_CLIP
                  if getattr(clips, name) is not None}
        fields.update({f'extra_{name}': values for name, values in clips.clip_extras.items()})
        np.savez(temporary / 'clips.npz', **fields)  # type: ignore[arg-type]
        temporary.chmod(0o755)
        # Another process may have finished first, with the same content.
        if not folder.exists():
            try:
                temporary.rename(folder)
            except OSError:
                if not (folder / 'clips.npz').is_file():
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _load(folder: Path) -> PoseClips:
    with np.load(folder / 'clips.npz', allow_pickle=False) as file:
        fields = {name: file[name] for name in _PER_CLIP if name in file.files}
        clip_extras = {name.removeprefix('extra_'): file[name] for name in file.files
                       if name.startswith('extra_')}
    rows: dict[str, np.ndarray | MappedArray] = {
        path.stem: map_npy(path) for path in folder.glob('*.npy')}
    frame_extras = {name.removeprefix('extra_'): values for name, values in rows.items()
                    if name.startswith('extra_')}
    return PoseClips(
        fields['lengths'], fields['names'].tolist(), fields['fps'], rows.get('estimate'),
        rows.get('truth'), rows.get('scores'), fields.get('scale'), fields.get('offset'),
        frame_extras, clip_extras)
