"""SmoothNet, the basic temporal-only network."""

from __future__ import annotations

from torch import Tensor, nn

from ..registry import MODELS
from .linear import Linear
from .window_network import WindowNetwork, check_dropout, positive_sizes


class SmoothNetResBlock(nn.Module):
    """Two linear layers over time with a skip around them.

    Args:
        hidden_size: Width H of input and output.
        res_hidden_size: Width R between the layers.
        dropout: Probability of dropout, which is applied before each activation.

    Shape:
        (..., H) in and out.
    """

    def __init__(self, hidden_size: int, res_hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.linear1 = Linear(hidden_size, res_hidden_size)
        self.linear2 = Linear(res_hidden_size, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.activation = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Refine features of shape (..., H)."""
        if self.training:
            y = self.activation(self.dropout(self.linear1(x)))
            return x + self.activation(self.dropout(self.linear2(y)))
        slope = self.activation.negative_slope
        y = self.linear1(x, 'leaky_relu', slope)
        # In place: another array of this width would leave the cache.
        return self.linear2(y, 'leaky_relu', slope).add_(x)


@MODELS.register_module()
class SmoothNet(WindowNetwork):
    """The temporal-only refinement network of "SmoothNet: A Plug-and-Play Network for Refining
    Human Poses in Videos" (ECCV 2022, section 3.2, basic version).

    Every channel (a coordinate of a keypoint) is refined alone, with shared weights, so the
    network works for any skeleton and representation. It is not translation equivariant: feed
    coordinates centred as in training. Parameters carry the published names, so published
    weights load: ``encoder.0``, ``res_blocks.b.linear1``, ``res_blocks.b.linear2``, ``decoder``.

    Args:
        window_size: Frames W that the network sees.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.
        hidden_size: Width H of the encoded window. Defaults to 512.
        res_hidden_size: Width R inside of the residual blocks. Defaults to 256.
        num_blocks: Number of residual blocks. Defaults to 3.
        dropout: Probability of dropout. Defaults to 0.5.

    Raises:
        ConfigError: A size or probability is out of range.

    Examples:
        >>> import torch
        >>> SmoothNet(window_size=8)(torch.zeros(2, 42, 8)).shape
        torch.Size([2, 42, 8])
    """

    def __init__(self, window_size: int, output_size: int | None = None, hidden_size: int = 512,
                 res_hidden_size: int = 256, num_blocks: int = 3, dropout: float = 0.5) -> None:
        super().__init__(window_size, output_size)
        positive_sizes(self, hidden_size=hidden_size, res_hidden_size=res_hidden_size,
                       num_blocks=num_blocks)
        check_dropout(self, dropout)
        self.hidden_size = hidden_size
        self.res_hidden_size = res_hidden_size
        self.num_blocks = num_blocks
        self.encoder = nn.Sequential(
            Linear(window_size, hidden_size, exact=True), nn.LeakyReLU(0.1, inplace=True))
        self.res_blocks = nn.Sequential(*(
            SmoothNetResBlock(hidden_size, res_hidden_size, dropout) for _ in range(num_blocks)))
        self.decoder = Linear(hidden_size, self.output_size, exact=True)

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O); see the base class."""
        self._check(x, self.window_size)
        x = x.to(self.decoder.weight.dtype)
        if self.training:
            return self.decoder(self.res_blocks(self.encoder(x)))
        encode, activation = self.encoder
        hidden = encode(x, 'leaky_relu', activation.negative_slope)
        # The blocks alone may be in half precision.
        inner = next(self.res_blocks.parameters()).dtype
        return self.decoder(self.res_blocks(hidden.to(inner)).to(x.dtype))
