from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smoothnet_plugin.datasets import PoseClips, PoseDataset
from smoothnet_plugin.datasets.batch import PoseBatch

NAMES = ('Pelvis', 'Head', 'LSho', 'LElb', 'LWri', 'RSho', 'RElb', 'RWri')


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp('cache')
    monkeypatch.setenv('XDG_CACHE_HOME', str(folder))
    return folder


def ragged(arrays: Sequence[Any]) -> np.ndarray:
    out = np.empty(len(arrays), dtype=object)
    for i, array in enumerate(arrays):
        out[i] = array
    return out


@pytest.fixture
def make_dataset(rng) -> Callable[..., PoseDataset]:
    """A dataset whose coordinates tell clip and frame: x = clip, y = frame, the input 0.5 off."""

    def make(lengths: Sequence[int] = (9, 3, 12), keypoints: int = 2,
             **kwargs: Any) -> PoseDataset:
        truth = np.concatenate(
            [np.stack([np.full(n, clip), np.arange(n), np.arange(n)**2 % 7], axis=-1)
             for clip, n in enumerate(lengths)])[:, None].repeat(keypoints, 1).astype(np.float32)
        clips = PoseClips(np.array(lengths, dtype=np.int64), [f'c{i}' for i in range(len(lengths))],
                          np.full(len(lengths), 30.), truth + 0.5, truth)
        for field in ('estimate', 'truth', 'scores'):
            if field in kwargs:
                setattr(clips, field, kwargs.pop(field))
        metainfo = {'dataset_name': 'toy', 'keypoint_names': NAMES[:keypoints], 'unit': 'm',
                    'representation': 'keypoints_3d', 'root_indices': [0]}
        return PoseDataset(clips, metainfo, **kwargs)

    return make


def make_batch(size: int = 6, frames: int = 20, fps: float = 30., unit: str = 'm',
               width: int = 3, names: Sequence[str] = NAMES, target_frames: int | None = None,
               seed: int = 1) -> PoseBatch:
    """Bodies that stand still about the origin; the input is the truth."""
    rng = np.random.default_rng(seed)
    body = rng.normal(0, 0.4 if unit == 'm' else 100, (size, 1, len(names), width))
    coords = np.repeat(body, frames, axis=1).astype(np.float32)
    return PoseBatch(
        coords, coords, np.ones(coords.shape[:3], bool), None, np.full(size, frames),
        np.full(size, fps), tuple(names), unit, np.ones((size, width), np.float32),
        frames if target_frames is None else target_frames)
