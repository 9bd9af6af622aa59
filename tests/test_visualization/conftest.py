from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton


@pytest.fixture
def clip(jittery):
    """(raw, smooth) tracks of one COCO person in pixels at 30 fps."""
    clean, noisy = jittery
    coco = get_skeleton('coco')
    return tuple(
        PoseTracks({7: PoseSequence(coords[:30], fps=30, skeleton=coco,
                                    scores=np.full((30, 17), 0.9))}, fps=30)
        for coords in (noisy, clean))
