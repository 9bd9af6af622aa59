"""Refining clips whose first and last frames are seen by as many windows as all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..models import PoseRefiner
from ..registry import MODELS

#: What has a row per frame in a clip and in a result.
_PER_FRAME = {'inputs', 'pred', 'target', 'mask', 'scores'}


@MODELS.register_module()
class ExtendedRefiner(PoseRefiner):
    """:class:`PoseRefiner` that continues every clip by reflection at both ends.

    A frame is the mean over the windows that hold it. The first and the last frame of a clip lie
    in one window only, and up to ``window_size - 1`` frames from the ends there are fewer windows
    than elsewhere, so the ends jitter: on clips of 70 frames, a window of 32 leaves hardly any
    frame without. Continued by ``window_size - 1`` frames, every frame is the mean of
    ``window_size`` windows. For whole clips only: live results have no future to reflect.

    Arguments are those of :class:`PoseRefiner`; ``protocol='reference'`` does without it.
    """

    def predict(self, items: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Refine whole clips, see :meth:`PoseRefiner.predict`."""
        if self.protocol == 'reference':
            return super().predict(items)
        reach = self.network.window_size - 1
        refined = super().predict([_continued(item, reach) for item in items])
        for item, result in zip(items, refined):
            own = slice(reach, reach + len(item['inputs'])) if len(item['inputs']) else slice(0)
            for name in _PER_FRAME & result.keys():
                if result[name] is not None:
                    result[name] = result[name][own]
        return refined


def _continued(item: Mapping[str, Any], reach: int) -> dict[str, Any]:
    """The clip with ``reach`` reflected frames at both ends; one without frames as it is."""
    frames = len(item['inputs'])
    if not frames:
        return dict(item)
    # A lone frame has nothing to reflect.
    rows = np.pad(np.arange(frames), reach, mode='reflect' if frames > 1 else 'edge')
    return {name: value[torch.as_tensor(rows, device=value.device)]
            if name in _PER_FRAME and value is not None else value
            for name, value in item.items()}
