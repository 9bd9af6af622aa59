"""Refining sequences with a network each of whose window positions is good by itself.

A frame lies in up to W windows; in the one that ends ``lag`` frames after it, the network has seen
``lag`` frames of its future. A :class:`~.fixed_lag_refiner.FixedLagRefiner` trains every such lag
for itself, so live results at any look-ahead and offline results come from the same weights: a
frame is the weighted mean over the windows that hold it and end with the newest known frame or
before. The weights, :func:`lag_weights`, favour windows in whose middle the frame lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .window_inference import ROWS_PER_CHUNK, WindowModule, bridge_missing


def lag_weights(window_size: int) -> Tensor:
    """Weight of each position of a window when windows are merged.

    The rise and fall of a raised Hann window: frames in the middle have seen past and future;
    at the ends, where a live result has no other choice, the weights are small but not 0, and grow
    with the future seen.

    Args:
        window_size: Frames W.

    Returns:
        Shape (W,), > 0; the last is that of the newest frame.
    """
    lag = torch.arange(window_size - 1, -1, -1, dtype=torch.float64)
    hann = torch.sin(torch.pi * (lag + 0.5) / window_size)**2
    return (hann + 1e-3 * (lag + 1)).float()


class Known(NamedTuple):
    """Which windows a result is made of.

    Attributes:
        lookahead: Frames of its future that a frame may depend on: what a live viewer sees so many
            frames late. None for all that there are.
        ago: Newest frames of the sequence that are not known yet, 0 or more.
    """

    lookahead: int | None = None
    ago: int = 0


def refine_fixed_lag(network: WindowModule, coords: Tensor, first: int = 0,
                     lookahead: int | None = None, batch_size: int | None = None) -> Tensor:
    """Refine one sequence of any length.

    Every window that ends with a frame of the sequence takes part; before the first frame, the
    sequence is held at it.

    Args:
        network: In evaluation mode, with ``output_size == window_size``; on the device of
            ``coords``.
        coords: Shape (T, channels), T >= 0; NaN where missing. Inside of each window missing
            values are bridged linearly and held at the ends; a channel without any value there
            is NaN for the network.
        first: Number of the first frame that is asked for; earlier ones come back as they came,
            which saves most of the work where only the newest frames matter. Defaults to 0.
        lookahead: As in :class:`Known`. Defaults to None.
        batch_size: Windows that go through the network at once. Defaults to None, by the number
            of channels.

    Returns:
        Shape (T, channels); may be NaN where ``coords`` are.
    """
    return refine_as_known(network, coords, [Known(lookahead)], first, batch_size)[0]


def refine_as_known(network: WindowModule, coords: Tensor, known: Sequence[Known], first: int = 0,
                    batch_size: int | None = None) -> list[Tensor]:
    """Refine one sequence, as known at several times; every window is refined once.

    Args:
        network: As in :func:`refine_fixed_lag`.
        coords: As in :func:`refine_fixed_lag`.
        known: What each result knows.
        first: As in :func:`refine_fixed_lag`.
        batch_size: As in :func:`refine_fixed_lag`.

    Returns:
        Per item of ``known`` what :func:`refine_fixed_lag` gives of the frames known then, shape
        (T, channels); frames not known come back as they came.
    """
    frames, window = len(coords), network.window_size
    if first >= frames:
        return [coords.clone() for _ in known]
    windows = torch.cat([coords[:1].expand(window - 1, -1), coords])[first:].unfold(0, window, 1)
    number, channels = windows.shape[:2]
    weights = lag_weights(window).tolist()
    totals = [coords.new_zeros(window - 1 + number, channels) for _ in known]
    bridged = _Bridged(network)
    step = batch_size or max(1, ROWS_PER_CHUNK // channels)
    for start in range(0, number, step):
        refined = bridged.forward_window(windows[start:start + step]).movedim(-1, 0)
        for total, entry in zip(totals, known):
            length = max(0, min(refined.shape[1], number - entry.ago - start))
            # Positions before these lie before the first frame that is asked for, or know more
            # than they should.
            earliest = max(0, window - start - length, window - 1 - _most(entry, window))
            for position in range(earliest, window):
                total[start + position:start + position + length].add_(
                    refined[position, :length], alpha=weights[position])
    # What the windows of a frame count together, by how many frames after it are known.
    count = torch.tensor(weights[::-1], dtype=torch.float64).cumsum(0).to(coords)
    later = torch.arange(number, device=coords.device).flip(0)
    results = []
    for total, entry in zip(totals, known):
        later_known = later - entry.ago
        share = count[later_known.clamp(0, _most(entry, window))]
        merged = torch.where((later_known >= 0)[:, None], total[window - 1:] / share[:, None],
                             coords[first:])
        results.append(torch.cat([coords[:first], merged]))
    return results


def _most(known: Known, window_size: int) -> int:
    """Frames after a frame that a window with it may hold."""
    most = window_size - 1
    return most if known.lookahead is None else min(known.lookahead, most)


class _Bridged:
    """A network behind the bridging of what a window lacks.

    Window by window, so that a result depends on nothing outside of the windows that make it.
    """

    def __init__(self, network: WindowModule) -> None:
        self.network = network
        self.window_size = network.window_size
        self.output_size = network.output_size

    def forward_window(self, x: Tensor) -> Tensor:
        """See :meth:`WindowModule.forward_window`."""
        usable = torch.isfinite(x)
        if bool(usable.all()):
            return self.network.forward_window(x)
        columns = x.movedim(-1, 0).flatten(1)
        bridged = bridge_missing(columns, usable.movedim(-1, 0).flatten(1))
        bridged = bridged.reshape(x.shape[-1], *x.shape[:-1]).movedim(0, -1)
        absent = ~usable.any(dim=-1, keepdim=True)
        return self.network.forward_window(torch.where(absent, torch.nan, bridged))
