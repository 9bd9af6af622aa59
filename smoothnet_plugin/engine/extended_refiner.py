"""Refining clips with as many windows over their first and last frames as over all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..models import PoseRefiner
from ..registry import MODELS

#: Entries of a clip and of a result that have a row per frame.
_PER_FRAME = {'inputs', 'pred', 'target', 'mask', 'scores'}


@MODELS.register_module()
class ExtendedRefiner(PoseRefiner):
    """:class:`PoseRefiner` that continues every clip by reflection at both ends.

    The result of a frame is the mean over the windows that contain it. Within
    ``window_size - 1`` frames of the ends of a clip there are fewer windows than elsewhere, down
    to one, so the ends jitter; in a clip of 70 frames with windows of 32 this affects nearly every
    frame. With ``window_size - 1`` reflected frames at each end, every frame is the mean of
    ``window_size`` windows. This works for whole clips only: live results have no future to
    reflect.

    Arguments are those of :class:`PoseRefiner`; ``protocol='reference'`` adds no frames.
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
    """The clip with ``reach`` reflected frames at both ends; an empty clip is unchanged."""
    frames = len(item['inputs'])
    if not frames:
        return dict(item)
    # A clip of one frame has no neighbours to reflect.
    rows = np.pad(np.arange(frames), reach, mode='reflect' if frames > 1 else 'edge')
    return {name: value[torch.as_tensor(rows, device=value.device)]
            if name in _PER_FRAME and value is not None else value
            for name, value in item.items()}
