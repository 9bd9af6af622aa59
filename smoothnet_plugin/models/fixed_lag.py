"""Refining clips with a network for which every position of a window is a result.

A frame lies in up to W windows. In the window that ends ``lag`` frames after it, the network has
seen ``lag`` frames of its future. A :class:`~.fixed_lag_refiner.FixedLagRefiner` trains every such
lag, so one set of weights serves live results at any look-ahead and offline results.

Steps, for each clip:

1. The clip is extended before its first frame by holding that frame, and cut into windows. A
   window is named by the frame that it ends with (:class:`~.window_grid.WindowGrid` selects them).
2. The windows of all clips go through the network in blocks; missing values are interpolated
   inside each window (:func:`_refine`).
3. Each frame is the weighted mean over the windows that contain it
   (:func:`~.window_grid.window_weights`). A :class:`~.window_grid.Vintage` specifies how much of
   the future each frame may depend on; every vintage is summed from the same windows, so the
   network runs once (:class:`_Sums`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .window_cache import WindowCache
from .window_grid import Vintage, WindowGrid, frame_places
from .window_inference import WindowModule, bridge_missing, rows_at_once


class Clip(NamedTuple):
    """A clip to refine, and the vintages that are wanted.

    Attributes:
        coords: Shape (T, channels), T >= 0; NaN where missing. All clips of one call have the
            same number of channels.
        vintages: The estimates that are wanted.
        grid: The windows.
    """

    coords: Tensor
    vintages: Sequence[Vintage] = (Vintage(),)
    grid: WindowGrid = WindowGrid()


def refine_fixed_lag(network: WindowModule, coords: Tensor, first: int = 0,
                     lookahead: int | None = None, batch_size: int | None = None,
                     grid: WindowGrid | None = None) -> Tensor:
    """Refine one clip of any length.

    Args:
        network: In evaluation mode, with ``output_size == window_size``; on the device of
            ``coords``.
        coords: Shape (T, channels), T >= 0; NaN where missing. Missing values are interpolated
            linearly inside each window, constant beyond its ends; a channel without any value there
            is NaN for the network.
        first: First frame that is wanted; earlier ones are returned unchanged, which saves most
            of the work where only the newest frames matter. Defaults to 0.
        lookahead: As in :class:`~.window_grid.Vintage`. Defaults to None.
        batch_size: Windows that go through the network at once. Defaults to None, by the number
            of channels.
        grid: The windows that take part. Defaults to None, all of them.

    Returns:
        Shape (T, channels); may be NaN where ``coords`` are.
    """
    first = min(first, len(coords))
    refined = refine_clips(
        network, [Clip(coords, [Vintage(lookahead, first=first)], grid or WindowGrid())],
        batch_size)[0][0]
    return torch.cat([coords[:first], refined])


def refine_clips(network: WindowModule, clips: Sequence[Clip], batch_size: int | None = None,
                 channels: int | None = None,
                 cache: WindowCache | None = None) -> list[list[Tensor]]:
    """Refine clips together; the network refines every window once.

    Args:
        network: As in :func:`refine_fixed_lag`.
        clips: The clips.
        batch_size: Windows that go through the network at once; they may be of several clips.
            Defaults to None, by the number of channels.
        channels: Channels of a window for the network; a clip may have those of several people
            side by side. Defaults to None, those of the clips, which have the same number.
        cache: Keeps refined windows between calls. Defaults to None, every window is refined.

    Returns:
        Per clip and vintage the frames from ``first`` on, shape (T - first, channels). Frames
        that the vintage does not know are returned unchanged.
    """
    if not clips:
        return []
    coords = clips[0].coords
    channels = channels or max(1, coords.shape[1])
    jobs = [_Job(clip, network.window_size, channels) for clip in clips]
    if batch_size is None:
        batch_size = max(1, rows_at_once(coords.device) // channels)
    # Frames at the end of a window that are requested.
    newest = max(1, min(network.window_size, max(job.wanted for job in jobs)))
    for block in _blocks(jobs, batch_size):
        if cache is None:
            windows = torch.cat([job.windows[ends].flatten(0, 1) for job, ends in block])
            refined = _refine(network, windows).transpose(1, 2)[:, -newest:]
        else:
            refined = _through(cache, network, block, newest)
        parts = refined.split([len(ends) * job.people for job, ends in block])
        for (job, ends), part in zip(block, parts):
            # (n, P, newest, channels) to one row for each frame of each window.
            rows = part.unflatten(0, (len(ends), -1)).transpose(1, 2).flatten(2).flatten(0, 1)
            for sums in job.sums:
                sums.add(ends, rows)
    return [[sums.mean() for sums in job.sums] for job in jobs]


def _through(cache: WindowCache, network: WindowModule, block: Sequence[tuple[_Job, np.ndarray]],
             newest: int) -> Tensor:
    """The newest frames of the windows of a block, (N, newest, channels), by way of a cache."""
    places = [(job, end, person) for job, ends in block for end in ends.tolist()
              for person in range(job.people)]
    size = network.window_size

    def refine(numbers: list[int]) -> Tensor:
        windows = [job.windows[end, person] for job, end, person in (places[i] for i in numbers)]
        return _refine(network, torch.stack(windows)).transpose(1, 2)

    return cache.refined([job.values[person, end:end + size] for job, end, person in places],
                         newest, refine)


class _Job:
    """A clip in progress: its windows, which of them count, and the sums of its vintages."""

    def __init__(self, clip: Clip, window_size: int, channels: int) -> None:
        coords, vintages, grid = clip
        frames = len(coords)
        self.people = coords.shape[1] // channels
        # Empty for a clip without frames.
        held = coords[:1].repeat(window_size - 1, 1)
        values = torch.cat([held, coords]).unflatten(1, (-1, channels)).transpose(0, 1)
        #: (P, W - 1 + T, channels), the frames of each person side by side in memory.
        self._values = values
        #: (T, P, channels, W)
        self.windows = values.unfold(1, min(window_size, values.shape[1]), 1).transpose(0, 1)
        #: Newest frames that a vintage includes.
        self.wanted = frames - min((vintage.first for vintage in vintages), default=frames)
        self.sums = [_Sums(coords, vintage, grid, window_size) for vintage in vintages]
        end = np.arange(frames)
        counts = np.zeros(frames, dtype=bool)
        for lookahead, age, first in vintages:
            known = frames - age
            chosen = grid.aligned(end) | (end >= known - grid.stride)
            if lookahead is not None and lookahead < window_size - 1:
                # Every window is the newest one of some frame.
                chosen[:] = True
            counts |= chosen & (end >= first) & (end < known)
        self.ends = np.flatnonzero(counts)

    @cached_property
    def values(self) -> np.ndarray:
        """The frames, shape (P, W - 1 + T, channels), those of a person side by side in memory."""
        return self._values.detach().cpu().contiguous().numpy()


class _Sums:
    """Weighted sums over windows for one vintage of a clip."""

    def __init__(self, coords: Tensor, vintage: Vintage, grid: WindowGrid,
                 window_size: int) -> None:
        self.coords = coords
        self.vintage = vintage
        self.grid = grid
        self.window_size = window_size
        self.total = torch.zeros_like(coords[vintage.first:])
        self.weight = torch.zeros_like(self.total[:, 0], dtype=torch.float64)

    def add(self, ends: np.ndarray, refined: Tensor) -> None:
        """Add refined windows.

        Args:
            ends: The frames they end with, shape (n,).
            refined: The newest frames of each of them in turn, shape (n * newest, channels).
        """
        frames = len(self.coords)
        if ends[-1] < self.vintage.first or ends[0] >= frames - self.vintage.age:
            return
        used, rows, weights = frame_places(ends.tobytes(), frames, self.vintage, self.grid,
                                      self.window_size, len(refined) // len(ends))
        device = refined.device
        if used is not None:
            refined = refined[used.to(device)]
        place, weight = rows.to(device), weights.to(device)
        self.total.index_add_(0, place, refined * weight.to(refined.dtype)[:, None])
        self.weight.index_add_(0, place, weight)

    def mean(self) -> Tensor:
        """The frames from ``first`` on, shape (T - first, channels)."""
        weight = self.weight[:, None]
        mean = self.total / weight.to(self.total.dtype)
        return torch.where(weight > 0, mean, self.coords[self.vintage.first:])


def _blocks(jobs: Sequence[_Job], size: int) -> Iterator[list[tuple[_Job, np.ndarray]]]:
    """Up to ``size`` windows at a time, of as many clips as it takes."""
    block: list[tuple[_Job, np.ndarray]] = []
    room = size
    for job in jobs:
        start = 0
        while start < len(job.ends):
            # At least one frame's, of however many people.
            most = max(1 if not block else 0, room // job.people)
            part = job.ends[start:start + most]
            if len(part):
                block.append((job, part))
                start += len(part)
                room -= len(part) * job.people
            if room < job.people or not len(part):
                yield block
                block, room = [], size
    if block:
        yield block


def _refine(network: WindowModule, x: Tensor) -> Tensor:
    """Refine windows (N, channels, W); missing values are interpolated inside each window.

    So a result depends on nothing outside of its windows.
    """
    usable = torch.isfinite(x)
    if bool(usable.all()):
        return network.forward_window(x)
    columns = x.movedim(-1, 0).flatten(1)
    filled = bridge_missing(columns, usable.movedim(-1, 0).flatten(1))
    filled = filled.reshape(x.shape[-1], *x.shape[:-1]).movedim(0, -1)
    absent = ~usable.any(dim=-1, keepdim=True)
    # Contiguous as windows without missing values are: sums in another order round differently, and
    # the windows of other people in the block would show it.
    return network.forward_window(torch.where(absent, torch.nan, filled).contiguous())
