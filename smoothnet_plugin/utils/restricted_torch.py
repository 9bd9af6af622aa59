"""Files of ``torch.save``: reading them without running code, and writing them whole.

``torch.load`` accepts an unpickler. This module passes the one of
:mod:`~smoothnet_plugin.utils.restricted_pickle`: besides tensors and plain Python objects it
allows what MMEngine's runner writes, NumPy arrays and scalars and log histories. Archives that
torch reads in other ways (TorchScript, and the tar files of torch before 0.1.10) are refused.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import IO, Any

from ..errors import CheckpointError, SmoothNetError, UnsafeFileError
from .files import StrPath, atomic_write
from .restricted_pickle import RestrictedUnpickler, UnalterableFunction

_STATISTICS = ('min', 'max', 'current', 'mean')
_FORCED = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'


def save_torch(content: Any, path: StrPath) -> None:
    """Write a file of ``torch.save``, whole or not at all.

    Args:
        content: What :func:`torch.save` takes.
        path: The file to write.

    Raises:
        OSError: It cannot be written, for example to a full disk; torch's own writer would report
            this as an internal error.
    """
    import torch
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with atomic_write(path, 'wb') as file:
        file.write(buffer.getbuffer())


def load_torch(path: Path, map_location: Any = 'cpu', way_out: str = '') -> Any:
    """Read a file of ``torch.save``.

    Args:
        path: The file.
        map_location: As in :func:`torch.load`. Defaults to ``'cpu'``.
        way_out: Last sentence of the error message, with a fix. Defaults to ''.

    Returns:
        Its content. NumPy arrays may be of a subclass that pickles as a plain array.

    Raises:
        UnsafeFileError: The file contains an object that is not allowed; no code was run.
        CheckpointError: The file is damaged, or not a file of ``torch.save``.
    """
    if os.environ.get(_FORCED, '0').lower() in ('1', 'y', 'yes', 'true'):
        raise CheckpointError(
            f"Checkpoint '{path}' was not read: {_FORCED} is set, and torch then refuses all "
            'other restricted readers. Unset it, or convert the file to '
            'safetensors with tools/convert_checkpoint.py.')
    try:
        with open(path, 'rb') as file:
            return _load(file, f"Checkpoint '{path}'", map_location, way_out)
    except SmoothNetError:
        raise
    except Exception as error:  # A damaged file can fail in any way.
        reason = str(error).strip().partition('\n')[0].partition('. ')[0].partition(';')[0]
        raise CheckpointError(
            f"Checkpoint '{path}' is neither safetensors nor a readable file of torch.save "
            f'({type(error).__name__}: {reason}); it is damaged or of another kind. Download or '
            'save it again.') from None


def find_tensors(module: str, name: str) -> Any:
    """Replacements for the functions that create tensors in a pickle; see
    :data:`~smoothnet_plugin.utils.restricted_pickle.Finder`.

    Args:
        module: Name of the module.
        name: Name of the function in it.

    Returns:
        The function that the pickle may call, or None for anything else.
    """
    if (module, name) == ('torch.storage', '_load_from_bytes'):
        return UnalterableFunction(_load_storage)
    if (module, name) in _BUILDERS:
        return UnalterableFunction(_BUILDERS[module, name])
    if module == 'torch':
        import torch
        found = getattr(torch, name, None)
        return found if isinstance(found, torch.dtype) else None
    return None


def _load(file: IO[bytes], label: str, map_location: Any, way_out: str) -> Any:
    import torch
    # Torch runs the code in TorchScript archives, and unpacks tar files onto the disk.
    if zipfile.is_zipfile(file):
        names = zipfile.ZipFile(file).namelist()
        strange = any(name.rpartition('/')[2] == 'constants.pkl' for name in names)
    else:
        file.seek(0)
        strange = tarfile.is_tarfile(file)
    if strange:
        raise UnsafeFileError(f'{label} was not read: it is a TorchScript archive or a tar file, '
                              f'which may run code. {way_out}'.rstrip())
    file.seek(0)
    return torch.load(file, map_location=map_location, weights_only=False,
                      pickle_module=_RestrictedModule(label, way_out))


class _RestrictedModule:
    """The part of the module ``pickle`` that :func:`torch.load` uses."""

    __name__ = 'restricted pickle'

    def __init__(self, label: str, way_out: str) -> None:

        class Unpickler(RestrictedUnpickler):

            def __init__(self, stream: IO[bytes], **options: Any) -> None:
                super().__init__(stream, label, _find, way_out, **options)

        self.Unpickler = Unpickler

    def load(self, stream: IO[bytes], **options: Any) -> Any:
        return self.Unpickler(stream, **options).load()


def _find(module: str, name: str) -> Any:
    if (module, name) == ('mmengine.logging.history_buffer', 'HistoryBuffer'):
        # Its instances set their own state, so a pickle cannot set attributes of the class.
        from mmengine.logging import HistoryBuffer
        return HistoryBuffer
    if (module, name) == ('builtins', 'getattr'):
        return UnalterableFunction(_statistic)
    return find_tensors(module, name)


def _statistic(owner: Any, name: str) -> Any:
    """Replacement for ``getattr``, by which log histories refer to their statistics."""
    from mmengine.logging import HistoryBuffer
    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise UnsafeFileError(f'Unsupported: getattr({owner!r}, {name!r}) in a pickle.')
    return getattr(HistoryBuffer, name)


def _load_storage(data: Any) -> Any:
    return _load(io.BytesIO(data), 'A tensor', 'cpu', '')


def _torch_utils(name: str) -> Any:
    def build(*args: Any) -> Any:
        import torch._utils
        if name.startswith('_rebuild_tensor'):  # With a stride of 0 it could have any size.
            storage, _, size = args[:3]
            if math.prod(size) > getattr(storage, '_untyped_storage', storage).nbytes():
                raise pickle.UnpicklingError('a tensor is larger than its storage')
        return getattr(torch._utils, name)(*args)
    return build


def _torch_type(name: str) -> Any:
    def build(*args: Any) -> Any:
        import torch
        return getattr(torch, name)(*args)
    return build


_BUILDERS = {
    **{('torch._utils', name): _torch_utils(name)
       for name in ('_rebuild_tensor', '_rebuild_tensor_v2', '_rebuild_parameter')},
    **{('torch', name): _torch_type(name) for name in ('Size', 'device')},
}

