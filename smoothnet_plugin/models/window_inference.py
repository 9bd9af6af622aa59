"""Refining a whole sequence with a network that sees one window at a time.

Windows are views of the sequence, refined in chunks: apart from the result, memory does not grow
with the length of the sequence. Windows overlap, and the result of a frame is the mean over the
windows that contain it (SmoothNet, section 3.3 of the supplement).

A network with ``output_size`` O < ``window_size`` W refines the *first* O frames of its window;
that is how MMPose 0.x and MMHuman3D place them. Both left the last W - O frames of a sequence
without any prediction and returned NaN there; here the sequence is continued by reflection, so
that every frame is refined.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from ..errors import ConfigError, DataFormatError
from ..processing.gaps import interpolate_missing

#: Rows (windows x channels) that a network refines at once on a CPU: the activations of a layer of
#: 512 units then stay in the second-level cache.
ROWS_ON_CPU = 1024
#: The same on other devices: about 32 MiB an activation.
ROWS_ON_GPU = 16384


def rows_at_once(device: torch.device) -> int:
    """Rows (windows x channels) that a network refines at once."""
    return ROWS_ON_CPU if device.type == 'cpu' else ROWS_ON_GPU


class WindowModule(Protocol):
    """The interface of a network for :func:`refine_sequence`."""

    window_size: int
    output_size: int

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O)."""
        ...


class CentredWindows:
    """Subtracts the mean over time of every channel before a network, and adds it afterwards.

    For paths through the room, whose values are far from those of the training: a shift of the
    input shifts the output by the same amount. The network's output for zeros is also subtracted,
    so that people at rest do not change.

    Args:
        network: The network; refines every channel alone.
    """

    def __init__(self, network: WindowModule) -> None:
        self.network = network
        self.window_size = network.window_size
        self.output_size = network.output_size

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O)."""
        centre = x.mean(dim=-1, keepdim=True)
        rest = self.network.forward_window(torch.zeros_like(x[:1, :1]))
        return self.network.forward_window(x - centre) - rest + centre


def refine_sequence(network: WindowModule, coords: Tensor, window_stride: int = 1,
                    batch_size: int | None = None) -> Tensor:
    """Refine one sequence of any length.

    The last window ends with the last frame, so no frame is lost for any stride. Sequences
    shorter than the window are continued by reflection at both ends. Missing values (NaN, inf)
    are interpolated linearly in the input of the network; channels without any value are returned
    unchanged.

    Args:
        network: In evaluation mode, on the device of ``coords``.
        coords: Shape (T, channels), T >= 0, floating point.
        window_stride: Frames between the starts of two windows, 1 to ``output_size``. Defaults
            to 1.
        batch_size: Windows that go through the network at once. Defaults to None, as many as
            make :func:`rows_at_once` rows.

    Returns:
        Shape (T, channels), dtype and device of ``coords``.

    Raises:
        ConfigError: An argument is out of range.
        DataFormatError: ``coords`` is not of that shape.
    """
    if coords.ndim != 2:
        raise DataFormatError(f'coords have shape {tuple(coords.shape)}; expected (T, channels).')
    finite = torch.isfinite(coords)
    if bool(finite.all()):
        return refine_batch(network, coords.T[None], window_stride, batch_size)[0].T
    seen = finite.any(dim=0)
    # Channels without any value are 0 to the network, so that they do not spread to others.
    filled = torch.where(seen, bridge_missing(coords, finite), 0)
    refined = refine_batch(network, filled.T[None], window_stride, batch_size)[0].T
    return torch.where(seen, refined, coords)


def refine_batch(network: WindowModule, x: Tensor, window_stride: int = 1,
                 batch_size: int | None = None) -> Tensor:
    """Refine sequences of equal length, all values finite.

    Args:
        network: As in :func:`refine_sequence`.
        x: Shape (N, channels, T).
        window_stride: As in :func:`refine_sequence`.
        batch_size: As in :func:`refine_sequence`.

    Returns:
        Shape (N, channels, T).
    """
    window, output, frames = network.window_size, network.output_size, x.shape[-1]
    if not 1 <= window_stride <= output:
        raise ConfigError(
            f'window_stride is {window_stride}; expected 1 to {output} (the output_size of the '
            'network), or frames between two windows would be lost.')
    if x.numel() == 0:
        return x.clone()
    front = max(0, window - frames) // 2
    back = max(window - output, window - frames - front)
    if front or back:
        positions = torch.arange(-front, frames + back, device=x.device)
        x = x[..., _reflected(positions, frames)]
    merged = _merge_windows(network, x, window_stride, batch_size)
    return merged[..., front:front + frames]


def refine_as_reference(network: WindowModule, coords: Tensor, window_stride: int = 1,
                        batch_size: int | None = None) -> Tensor:
    """Refine one sequence with the windows of SmoothNet's own evaluation.

    A sequence shorter than the window gets zeros appended, which stay in the result; with
    ``window_stride > 1`` the frames after the last regular window are dropped.

    Args:
        network: With ``output_size == window_size``.
        coords: Shape (T, channels), T >= 1, finite.
        window_stride: Frames between the starts of two windows. Defaults to 1.
        batch_size: As in :func:`refine_sequence`.

    Returns:
        Shape (T', channels) with T' of :func:`reference_length`.

    Raises:
        ConfigError: The network refines a part of its window only, or ``window_stride`` is out
            of range.
    """
    window = network.window_size
    if network.output_size != window:
        raise ConfigError(
            f"protocol='reference' needs output_size == window_size, but the network has "
            f"{network.output_size} and {window}; use protocol='default'.")
    if not 1 <= window_stride <= window:
        raise ConfigError(f'window_stride is {window_stride}; expected 1 to {window}.')
    coords = to_reference_length(coords, window, window_stride)
    return _merge_windows(network, coords.T[None], window_stride, batch_size)[0].T


def reference_length(frames: int, window_size: int, window_stride: int = 1) -> int:
    """Length of the result of SmoothNet's own evaluation for a sequence of ``frames`` frames."""
    return window_size + max(0, frames - window_size) // window_stride * window_stride


def to_reference_length(values: Tensor, window_size: int, window_stride: int = 1) -> Tensor:
    """Append zeros to, or crop, the first axis to :func:`reference_length`."""
    length = reference_length(len(values), window_size, window_stride)
    if len(values) >= length:
        return values[:length]
    return torch.cat([values, values.new_zeros(length - len(values), *values.shape[1:])])


def bridge_missing(coords: Tensor, usable: Tensor) -> Tensor:
    """Replace unusable values by linear interpolation over time, constant beyond both ends.

    Args:
        coords: Shape (T, channels).
        usable: Shape (T, channels), bool.

    Returns:
        A copy; only channels without any usable value keep their values.
    """
    # NumPy has no bfloat16, and no other device than the CPU.
    values = coords.detach().to('cpu', torch.promote_types(coords.dtype, torch.float32))
    filled = interpolate_missing(values[:, :, None].numpy(), usable.cpu().numpy())
    return torch.from_numpy(filled[:, :, 0]).to(coords)


def _reflected(positions: Tensor, frames: int) -> Tensor:
    """Frame numbers of positions outside 0 .. frames - 1, by repeated reflection."""
    period = max(1, 2 * (frames - 1))
    positions = positions.abs() % period
    return torch.minimum(positions, period - positions).clamp(max=frames - 1)


def _merge_windows(network: WindowModule, x: Tensor, stride: int,
                   batch_size: int | None) -> Tensor:
    """Mean over all windows of x (N, C, E), E >= window size."""
    samples, channels, frames = x.shape
    dtype = torch.promote_types(x.dtype, torch.float32)
    # Frames lie outermost in memory, as they do in the caller's array.
    total = torch.zeros(samples, frames, channels, dtype=dtype, device=x.device).transpose(1, 2)
    count = torch.zeros(frames, dtype=dtype, device=x.device)
    windows = x.unfold(2, network.window_size, stride).permute(0, 2, 1, 3)
    number = windows.shape[1]
    chunk = batch_size or max(1, rows_at_once(x.device) // (samples * channels))

    def add(group: Tensor, first_frame: int) -> None:
        length = group.shape[1]
        refined = network.forward_window(group.flatten(0, 1))
        refined = refined.reshape(samples, length, channels, -1).permute(0, 2, 1, 3)
        for offset in range(network.output_size):
            start = first_frame + offset
            place = slice(start, start + (length - 1) * stride + 1, stride)
            total[..., place] += refined[..., offset]
            count[place] += 1

    for first in range(0, number, chunk):
        add(windows[:, first:first + chunk], first * stride)
    last = frames - network.window_size
    if last > (number - 1) * stride:
        add(x[:, None, :, last:], last)
    return (total / count).to(x.dtype)
