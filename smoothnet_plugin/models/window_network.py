"""What all networks of this package have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from ..errors import ConfigError, DataFormatError
from ..utils.arguments import whole_number
from .window_inference import refine_batch


class WindowNetwork(nn.Module):
    """A network that refines windows of ``window_size`` frames.

    Args:
        window_size: Frames W that the network sees.
        output_size: Frames O that it refines, the first O of the window, 1 <= O <= W. Defaults
            to None, all W.

    Attributes:
        mixes_channels: Channels influence one another, so that the network is bound to one
            skeleton and to ``num_channels`` channels, or takes any number of keypoints of ``dim``
            values. Otherwise every channel is refined alone.
        equivariant: The result moves and scales with the window: where the person stands and in
            which unit does not matter.

    Raises:
        ConfigError: A size is out of range.
    """

    mixes_channels: ClassVar[bool] = False
    equivariant: ClassVar[bool] = False

    def __init__(self, window_size: int, output_size: int | None = None) -> None:
        super().__init__()
        output_size = window_size if output_size is None else output_size
        positive_sizes(self, window_size=window_size, output_size=output_size)
        if output_size > window_size:
            raise ConfigError(
                f'{type(self).__name__}: output_size is {output_size}, window_size is '
                f'{window_size}; a network refines at most the frames that it sees.')
        self.window_size = window_size
        self.output_size = output_size

    def begins_without_effect(self) -> tuple[str, ...]:
        """Beginnings of the names of weights that a new network may leave as they are built.

        Training may go on from the weights of a network without them.
        """
        return ()

    @abstractmethod
    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows.

        Args:
            x: Shape (N, channels, W).

        Returns:
            The first O frames of each window, shape (N, channels, O).

        Raises:
            DataFormatError: The shape is another one.
        """

    def forward(self, x: Tensor) -> Tensor:
        """Refine sequences of any length T.

        Args:
            x: Shape (N, channels, T), finite.

        Returns:
            Shape (N, channels, T). With T = W = O this is :meth:`forward_window`, otherwise the
            mean over all windows, see
            :func:`~smoothnet_plugin.models.window_inference.refine_batch`.
        """
        self._check(x)
        if x.shape[-1] == self.window_size == self.output_size:
            return self.forward_window(x)
        return refine_batch(self, x)

    def _check(self, x: Tensor, frames: int | None = None) -> None:
        if x.ndim != 3 or frames not in (None, x.shape[-1]):
            raise DataFormatError(
                f'{type(self).__name__}: the input has shape {tuple(x.shape)}; expected '
                f"(N, channels, {'T' if frames is None else frames}).")


class PoseNetwork(WindowNetwork):
    """A network of whole poses, whose weights belong to one skeleton.

    Args:
        num_keypoints: Keypoints or joints K.
        dim: Values per keypoint C.
        window_size: Frames W that the network sees.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.

    Raises:
        ConfigError: A size is out of range.
    """

    mixes_channels = True

    def __init__(self, num_keypoints: int, dim: int, window_size: int,
                 output_size: int | None = None) -> None:
        super().__init__(window_size, output_size)
        positive_sizes(self, num_keypoints=num_keypoints, dim=dim)
        self.num_keypoints, self.dim = num_keypoints, dim
        self.num_channels = num_keypoints * dim

    def _check_window(self, x: Tensor) -> None:
        self._check(x, self.window_size)
        if x.shape[1] != self.num_channels:
            raise DataFormatError(
                f'{type(self).__name__}: the input has {x.shape[1]} channels; the network is built '
                f'for {self.num_channels} ({self.num_keypoints} keypoints of {self.dim} values).')


def positive_sizes(owner: object, **sizes: int) -> None:
    """Raise :class:`ConfigError` for the first size that is not an integer >= 1."""
    for name, size in sizes.items():
        whole_number(owner, name, size, 1)


def check_dropout(owner: object, dropout: float) -> None:
    """Raise :class:`ConfigError` unless ``dropout`` is a probability below 1."""
    if not 0 <= dropout < 1:
        raise ConfigError(f'{type(owner).__name__}: dropout is {dropout!r}; expected 0 <= p < 1.')
