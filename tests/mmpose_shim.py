"""Make the real MMPose 1.3 importable on a machine without a GPU or a compiler, for tests only.

``install()`` goes before the first import of mmpose. Each stand-in takes effect only where the
real thing is missing or broken; where MMPose works, nothing happens.

- mmcv-lite has no compiled ops: ``mmcv._ext`` becomes a module whose ``nms`` is plain PyTorch and
  whose other ops raise when called.
- torchvision's CUDA wheel beside a CPU torch: the operators that it registers fake kernels for
  are declared first.
- xtcocotools' wheel has NumPy 1's ABI: its compiled mask helper is replaced by pycocotools'.

Stock scripts run with the stand-ins by ``python tests/mmpose_shim.py SCRIPT [ARGUMENT...]``.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import re
import runpy
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

# A torch.library.Library unregisters its operators when it is collected.
_declared: list[torch.library.Library] = []


def install() -> None:
    """Put the stand-ins in place; a second call does nothing more."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        _stand_in_for_mmcv_ops()
        _declare_torchvision_ops()
        _replace_xtcocotools_mask()


def _stand_in_for_mmcv_ops() -> None:
    if 'mmcv._ext' in sys.modules or importlib.util.find_spec('mmcv._ext') is not None:
        return

    def missing_op(name: str) -> Callable[..., Any]:
        if name.startswith('__'):
            raise AttributeError(name)

        def op(*_: Any, **__: Any) -> Any:
            raise NotImplementedError(f'mmcv op {name!r} needs mmcv with compiled ops')

        return op

    module = types.ModuleType('mmcv._ext')
    # Without a loader MMEngine sees what is true: there are no compiled ops.
    module.__spec__ = importlib.machinery.ModuleSpec('mmcv._ext', None)
    module.__dict__.update(nms=_nms, __getattr__=missing_op)
    sys.modules['mmcv._ext'] = module
    importlib.import_module('mmcv').__dict__['_ext'] = module


def _nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float,
         offset: int = 0) -> torch.Tensor:
    """Greedy non-maximum suppression with the signature of ``mmcv._ext.nms``."""
    area = (boxes[:, 2:] - boxes[:, :2] + offset).prod(dim=1)
    order = scores.argsort(descending=True, stable=True)
    keep = []
    while order.numel():
        best, order = order[0], order[1:]
        keep.append(best)
        top_left = torch.maximum(boxes[best, :2], boxes[order, :2])
        bottom_right = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        inter = (bottom_right - top_left + offset).clamp(min=0).prod(dim=1)
        order = order[inter / (area[best] + area[order] - inter) <= iou_threshold]
    return torch.stack(keep) if keep else scores.new_zeros(0, dtype=torch.long)


def _declare_torchvision_ops() -> None:
    # The tools of this package, run earlier in the process, may have called it absent.
    if sys.modules.get('torchvision', ...) is None:
        del sys.modules['torchvision']
    for _ in range(8):  # one operator comes to light per attempt
        try:
            importlib.import_module('torchvision')
            return
        except RuntimeError as error:
            missing = re.search(r'operator torchvision::(\w+) does not exist', str(error))
            if not missing:
                raise
            _forget('torchvision')
            if not _declared:
                _declared.append(torch.library.Library('torchvision', 'FRAGMENT'))
            _declared[0].define(
                f'{missing.group(1)}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')


def _replace_xtcocotools_mask() -> None:
    try:
        importlib.import_module('xtcocotools.mask')
    except (ImportError, ValueError):
        _forget('xtcocotools')
        sys.modules['xtcocotools._mask'] = importlib.import_module('pycocotools._mask')
        importlib.import_module('xtcocotools.mask')


def _forget(package: str) -> None:
    for name in list(sys.modules):
        if name == package or name.startswith(f'{package}.'):
            del sys.modules[name]


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit('usage: mmpose_shim.py SCRIPT [ARGUMENT...]')
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    install()
    runpy.run_path(sys.argv[0], run_name='__main__')
