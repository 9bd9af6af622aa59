"""Reading and writing weight files without running code that they may contain.

Supported are safetensors, and these contents of ``torch.save``: a bare state dict,
``{'state_dict'}`` (MMPose 0.x), the reference's ``.pth.tar`` (``epoch``, ``state_dict``,
``performance``, ``optimizer``; as in MMHuman3D) and checkpoints of this package's training runs.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..errors import CheckpointError
from ..utils.files import atomic_write
from ..utils.restricted_torch import load_torch

#: What wrappers put in front of the names: DataParallel, PoseRefiner, MMPose 0.x's filter.
_PREFIXES = ('module.', 'smoothnet.', 'model.')
#: Counters that the thop profiler leaves behind.
_COUNTERS = ('total_ops', 'total_params')
_TRUST = ('If you trust the source of the file, pass trust_pickle=True, or convert it once with '
          'tools/convert_checkpoint.py --trust-pickle.')


class WeightsFile(NamedTuple):
    """The content of a weight file.

    Attributes:
        state_dict: Tensors on the CPU by the network's own names, without wrappers' prefixes
            and profilers' counters.
        kind: ``'safetensors'``, ``'bare'``, ``'wrapped'`` (``{'state_dict'}``),
            ``'reference'`` (``.pth.tar``) or ``'mmengine'`` (a training run's).
        network: The network's config if the file contains it (safetensors of this package and
            training runs do), or None.
    """

    state_dict: dict[str, Tensor]
    kind: str
    network: dict[str, Any] | None


def load_state_dict_file(path: str | os.PathLike[str],
                         trust_pickle: bool = False) -> WeightsFile:
    """Read a weight file.

    Args:
        path: A local file.
        trust_pickle: Read a pickle that holds more than tensors and plain values although that
            may run code. Defaults to False, such a file is refused.

    Returns:
        Its weights.

    Raises:
        CheckpointError: The file is missing, empty, damaged, or holds no weights.
        UnsafeFileError: The file might run code when read; it was not.
    """
    path = check_weights_path(path)
    if is_safetensors(path):
        return _read_safetensors(path)
    content = _read_torch(path, trust_pickle)
    weights, kind, network = content, 'bare', None
    if isinstance(content, Mapping) and 'state_dict' in content:
        weights, kind = content['state_dict'], 'wrapped'
        if 'message_hub' in content or 'param_schedulers' in content:
            kind, network = 'mmengine', _network_of_run(content.get('meta'))
        elif 'epoch' in content:
            kind = 'reference'
    return WeightsFile(_clean(weights, path), kind, network)


def check_weights_path(path: str | os.PathLike[str]) -> Path:
    """The path of an existing file that is not empty.

    Raises:
        CheckpointError: It is something else; the message lists weight files nearby.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise CheckpointError(f"Checkpoint '{path}' is a directory; name a file in it"
                              f'{_weights_in(path)}.')
    if not path.is_file():
        where = _weights_in(path.parent) if path.parent.is_dir() else (
            f"; the folder '{path.parent}' does not exist either")
        raise CheckpointError(f"Checkpoint '{path}' not found{where}.")
    if path.stat().st_size == 0:
        raise CheckpointError(f"Checkpoint '{path}' is empty; fetch or write it again.")
    return path


def save_safetensors(path: str | os.PathLike[str], state_dict: Mapping[str, Tensor],
                     network: Mapping[str, Any], **notes: str) -> None:
    """Write weights with the config of their network, whole or not at all.

    Args:
        path: The file to write.
        state_dict: Weights by the network's own names.
        network: The network's config, ``dict(type=..., ...)`` of plain values.
        **notes: Further metadata, such as a licence.

    Raises:
        DataFormatError: ``path`` is a directory.
        OSError: The file cannot be written, for example to a full disk.
    """
    tensors = {name: tensor.detach().cpu().contiguous().clone()
               for name, tensor in state_dict.items()}
    metadata = {**notes, 'format': 'pt', 'network': json.dumps(dict(network))}
    content = save(tensors, metadata)
    with atomic_write(path, 'wb') as file:
        file.write(content)


def weights_hash(state_dict: Mapping[str, Tensor]) -> str:
    """Fingerprint of weights, the same for the same weights in any kind of file.

    Args:
        state_dict: Weights.

    Returns:
        The first 16 hexadecimal digits of a SHA-256 over names, types, shapes and values.
    """
    digest = hashlib.sha256()
    for name in sorted(state_dict):
        tensor = state_dict[name].detach().cpu().contiguous()
        digest.update(f'{name} {tensor.dtype} {tuple(tensor.shape)}\n'.encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def unwrapped(weights: Mapping[Any, Any]) -> dict[str, Any]:
    """Weights by the network's own names.

    Args:
        weights: Weights; some names may begin with those of wrappers.

    Returns:
        The weights without the names of wrappers, and without the counters of profilers.
    """
    kept = {str(name): value for name, value in weights.items()
            if str(name).rpartition('.')[2] not in _COUNTERS}
    while (prefix := _wrapper_of(kept)) is not None:
        kept = {name.removeprefix(prefix): value for name, value in kept.items()
                if name.startswith(prefix)}
    return kept


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: a header's length, then the header, in JSON."""
    with open(path, 'rb') as file:
        start = file.read(9)
    return len(start) == 9 and start[8:] == b'{' and int.from_bytes(start[:8], 'little') < 10**8


def _read_safetensors(path: Path) -> WeightsFile:
    try:
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"Checkpoint '{path}' is damaged: {error}. Fetch or write it "
                              'again.') from None
    try:
        network = json.loads(metadata.get('network', 'null'))
    except json.JSONDecodeError:
        network = metadata['network']
    if not isinstance(network, dict | None):
        raise CheckpointError(f"Checkpoint '{path}': its metadata 'network' is {network!r}; "
                              "expected a network's config as JSON.")
    return WeightsFile(_clean(weights, path), 'safetensors', network)


def _read_torch(path: Path, trust_pickle: bool) -> Any:
    if not trust_pickle:
        return load_torch(path, way_out=_TRUST)
    try:
        return torch.load(path, map_location='cpu', weights_only=False)
    except Exception as error:  # torch lets many types through for a damaged file
        raise CheckpointError(f"Checkpoint '{path}' is damaged or of another kind "
                              f'({type(error).__name__}); fetch or write it again.') from None


def _clean(weights: Any, path: Path) -> dict[str, Tensor]:
    """Names without prefixes, without counters; all values tensors and finite."""
    if not isinstance(weights, Mapping) or not weights:
        raise CheckpointError(f"Checkpoint '{path}' holds no weights, but a "
                              f'{type(weights).__name__}; expected a state dict.')
    kept = unwrapped(weights)
    strange = [name for name, value in kept.items() if not isinstance(value, Tensor)]
    if strange or not kept:
        raise CheckpointError(f"Checkpoint '{path}' holds no state dict: the entry "
                              f"{strange[0] if strange else 'list'!r} is not a tensor.")
    for name, value in kept.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"Checkpoint '{path}': {name} holds NaN or infinite values; "
                                  'the training diverged or the file is damaged.')
    return kept


def _wrapper_of(names: Mapping[str, Any]) -> str | None:
    """The prefix of a wrapper around the network; PoseRefiner's loss may have entries too."""
    if any(name.startswith('network.') for name in names):
        return 'network.'
    for prefix in _PREFIXES:
        if names and all(name.startswith(prefix) for name in names):
            return prefix
    return None


def _network_of_run(meta: Any) -> dict[str, Any] | None:
    """The network's config from the text of the run's config, without executing it."""
    try:
        for statement in ast.parse(meta['cfg']).body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == 'model':
                return _plain(statement.value)['network']
    except (TypeError, KeyError, SyntaxError, ValueError):
        pass
    return None


def _plain(node: ast.expr) -> Any:
    """Value of an expression of literals and ``dict(...)``."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == 'dict' and not node.args:
        return {str(k.arg): _plain(k.value) for k in node.keywords}
    if isinstance(node, ast.Dict):
        return {_plain(k): _plain(v) for k, v in zip(node.keys, node.values) if k is not None}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_plain(element) for element in node.elts]
    return ast.literal_eval(node)


def _weights_in(folder: Path) -> str:
    known = sorted(p.name for p in folder.iterdir()
                   if p.suffix in ('.pth', '.tar', '.pt', '.safetensors'))
    return f"; '{folder}' holds {', '.join(known[:8]) or 'no weight file'}"
