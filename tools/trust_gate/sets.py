"""Clips that a script makes: sets with one kind of error each, such as those of ``stress.py``."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .clips import COCO, TrainingClip, prepared


class Set(NamedTuple):
    """The clips of a set.

    Attributes:
        clips: Input, scores or None, and truth of each clip, as :class:`TrainingClip` has them.
        fps: Frames per second.
    """

    clips: list[tuple[np.ndarray, np.ndarray | None, np.ndarray]]
    fps: float


def load_script(path: Path) -> ModuleType:
    """A script with the names ``SETS`` and ``make(name, folder, every, seed)``.

    ``make`` gives inputs, scores or None, truths, frames per second and a scale for errors.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(script: ModuleType, name: str, folder: Path, every: int, seed: int) -> Set:
    """The clips of a set, of every n-th take in a folder."""
    inputs, scores, truths, fps, _ = script.make(name, folder, every, seed)
    each: Any = [None] * len(inputs) if scores is None else scores
    return Set(list(zip(inputs, each, truths)), float(fps))


def scripted(path: Path, folder: Path, width: int, every: int,
             seeds: Sequence[int]) -> Iterator[TrainingClip]:
    """Clips of all sets of a script, with ``width`` values per keypoint.

    Args:
        path: The script. The names of its sets end with the width, before any underscore.
        folder: Folder with the takes.
        width: 2 or 3.
        every: Use every n-th take.
        seeds: Seeds of the errors.
    """
    script = load_script(path)
    for name in script.SETS:
        if not name.split('_')[0].endswith(str(width)):
            continue
        for seed in seeds:
            found = made(script, name, folder, every, seed)
            for coords, scores, truth in found.clips:
                names = COCO if coords.shape[1] == len(COCO) else ()
                yield prepared(TrainingClip(name, coords.copy(), scores, truth, found.fps, names))
