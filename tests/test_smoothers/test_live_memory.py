"""What a live smoother holds: bounded by the people in the picture, not by the video.

The bytes of all arrays and tensors that a smoother refers to are counted, and the number of its
Python objects; unlike the memory of the process both are the same in every run. ``tests/soak.py``
measures the process over hours.
"""

from __future__ import annotations

import gc
import itertools
import types

import numpy as np
import pytest
import torch

from smoothnet_plugin.models import WindowCache
from smoothnet_plugin.models.window_cache import _Store
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance

#: What objects share with the rest of the process.
SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType,
          types.MethodDescriptorType, torch.nn.Module)


def held(root: object) -> tuple[int, int]:
    """Bytes of the arrays and tensors that an object refers to, and the number of its objects.

    Cached results of networks count as far as they are in use: their block is reserved as a whole.
    """
    seen, rest, size = {id(root)}, [root], 0
    while rest:
        item = rest.pop()
        if isinstance(item, _Store):
            size += item.used_bytes
            continue
        if isinstance(item, np.ndarray):
            size += item.nbytes if item.base is None else 0
            rest += [] if item.base is None or id(item.base) in seen else [item.base]
        elif isinstance(item, torch.Tensor):
            size += item.nbytes
        for other in gc.get_referents(item):
            if id(other) not in seen and not isinstance(other, SHARED):
                seen.add(id(other))
                rest.append(other)
    return size, len(seen)


def body(rng):
    return rng.normal(0, 100, (9, 2)) + rng.uniform(-900, 900, 2)


def peaks(smoother, frames, parts, first=150):
    """The most that the smoother holds in each part of a video, after its first frames."""
    for frame in itertools.islice(frames, first):  # Until its buffers have their size.
        smoother.step(frame)
    most = []
    for _ in range(parts):
        readings = []
        for frame in itertools.islice(frames, 60):
            smoother.step(frame)
            if frame.frame_id % 11 == 0:
                readings.append(held(smoother))
        most.append(np.max(readings, axis=0))
    return np.array(most)


def visitors(rng, named=True):
    """Somebody new every 12 frames, who stays for 20; keypoints are lost."""
    people: dict[int, np.ndarray] = {}
    for t in itertools.count():
        if t % 12 == 0:
            people[t] = body(rng)
        people = {start: pose for start, pose in people.items() if t - start < 20}
        instances = []
        for start, pose in people.items():
            moved = pose + 0.01 * np.ptp(pose) * rng.normal(size=pose.shape)
            moved[rng.random(9) < 0.05] = np.nan
            instances.append(PoseInstance(moved, rng.uniform(0.5, 1, 9),
                                          track_id=start if named else None))
        yield PoseFrame(t, instances)


@pytest.mark.parametrize(('entry', 'named'), [
    ('one_euro', True), pytest.param('kalman', False, marks=pytest.mark.slow),
    pytest.param('classical', True, marks=pytest.mark.slow)])
def test_people_who_left_are_forgotten(rng, entry, named):
    smoother = build_smoother(entry, fps=30, representation='keypoints_2d')
    size, objects = peaks(smoother, visitors(rng, named=named), parts=2).T
    # By now 17 and 22 people have been seen, and two are in the picture.
    assert size[1] <= 1.15 * size[0] and objects[1] <= 1.15 * objects[0], (size, objects)


def test_signs_of_people_who_left_are_forgotten(rng):
    """The last pose of a person is returned when the person counts as lost."""
    smoother = build_smoother('gaussian', fps=30, representation='quaternion', max_gap=0)
    frames = (PoseFrame(t, [PoseInstance(rng.normal(size=(5, 4)), track_id=t // 4)])
              for t in itertools.count())
    size, objects = peaks(smoother, frames, parts=2, first=60).T
    assert size[1] <= 1.15 * size[0] and objects[1] <= 1.15 * objects[0], (size, objects)


@pytest.mark.slow
def test_default_forgets_people_who_left(rng, monkeypatch):
    """Unused results of windows are overwritten, here after fewer calls than usual."""
    monkeypatch.setattr('smoothnet_plugin.models.window_cache._UNUSED_CALLS', 40)
    smoother = build_smoother('default', fps=30, lookahead=2, representation='keypoints_2d')
    size, objects = peaks(smoother, visitors(rng), parts=2, first=120).T
    assert size[1] <= 1.15 * size[0] and objects[1] <= 1.15 * objects[0], (size, objects)


def still(rng, people):
    bodies = [body(rng) for _ in range(people)]
    for t in itertools.count():
        yield PoseFrame(t, [PoseInstance(pose + rng.normal(0, 2, pose.shape), track_id=number)
                            for number, pose in enumerate(bodies)])


@pytest.mark.parametrize('entry', [
    'one_euro', 'kalman', pytest.param('robust', marks=pytest.mark.slow)])
def test_memory_is_flat_and_proportional_to_the_people(rng, entry):
    sizes = {}
    for people in (1, 4):
        smoother = build_smoother(entry, fps=30, representation='keypoints_2d')
        size, objects = peaks(smoother, still(rng, people), parts=2).T
        assert size[1] <= 1.05 * size[0] and objects[1] <= 1.05 * objects[0] + 20, (size, objects)
        sizes[people] = size.max()
    assert sizes[4] <= 4.2 * sizes[1]


def test_memory_does_not_depend_on_gaps_in_the_frame_numbers(rng):
    """A camera that pauses for a day costs no frames in between."""
    smoother = build_smoother('kalman', fps=30, representation='keypoints_2d')
    frames = still(rng, 2)
    [before] = peaks(smoother, frames, parts=1)
    shifted = (PoseFrame(frame.frame_id + 10**7 * (frame.frame_id // 20), frame.instances)
               for frame in frames)
    [after] = peaks(smoother, shifted, parts=1, first=0)
    assert (after <= 1.1 * before).all(), (before, after)


def test_many_kinds_of_windows_share_the_size_of_the_cache(rng):
    """People of other numbers of keypoints, or in other dimensions, need results of their own."""
    cache, most = WindowCache(max_bytes=1 << 16), 0
    for _ in range(300):
        channels = int(rng.integers(2, 40))
        windows = [rng.normal(size=(channels, 8)) for _ in range(4)]
        cache.refined(windows, 8, lambda numbers, windows=windows: torch.stack(
            [torch.from_numpy(windows[i]).T for i in numbers]))
        most = max(most, held(cache)[0])
    assert (1 << 15) < most <= (1 << 16) + 4 * 8 * 40 * 8
