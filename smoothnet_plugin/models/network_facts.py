"""Facts about a network that do not depend on the backend that runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import CheckpointError
from .checkpoints import weights_hash
from .window_network import WindowNetwork

#: Entry of an ONNX file's metadata that holds the facts.
_ENTRY = 'smoothnet_plugin'
#: Keypoints of a probe, and values of each for networks that take any number of channels.
_PROBE_KEYPOINTS, _PROBE_DIM = 7, 3


class NetworkFacts(NamedTuple):
    """Facts about a network and its weights.

    Attributes:
        name: Class of the network.
        weights: Fingerprint of its weights (:func:`~.checkpoints.weights_hash`).
        window_size: Frames W that it sees.
        output_size: Frames O that it refines.
        mixes_channels: Whether channels influence one another.
        equivariant: See :class:`~.window_network.WindowNetwork`.
        dim: Values per keypoint C of networks of whole poses, else None.
        num_channels: The only number of channels that it takes, or None.
    """

    name: str
    weights: str
    window_size: int
    output_size: int
    mixes_channels: bool
    equivariant: bool
    dim: int | None
    num_channels: int | None

    @classmethod
    def of(cls, network: WindowNetwork) -> NetworkFacts:
        """The facts of a PyTorch network."""
        return cls(
            type(network).__name__, weights_hash(network.state_dict()), network.window_size,
            network.output_size, network.mixes_channels, network.equivariant,
            getattr(network, 'dim', None), getattr(network, 'num_channels', None))

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], path: str) -> NetworkFacts:
        """The facts that an ONNX file states.

        Raises:
            CheckpointError: It states none.
        """
        try:
            return cls(**json.loads(metadata[_ENTRY]))
        except (KeyError, TypeError, ValueError):
            raise CheckpointError(
                f"'{path}' does not identify its network; expected an ONNX file that "
                'tools/export.py of this version wrote. Export the weights again.') from None

    def metadata(self) -> dict[str, str]:
        """The facts for the metadata of an ONNX file."""
        return {_ENTRY: json.dumps(self._asdict())}

    def channels(self, keypoints: int = _PROBE_KEYPOINTS) -> int:
        """A number of channels that the network takes."""
        return self.num_channels or keypoints * (self.dim or _PROBE_DIM)

    def probe(self, windows: int = 3, keypoints: int = _PROBE_KEYPOINTS) -> Tensor:
        """Windows of waves of about -1 to 1, shape (windows, channels, W), float32."""
        window, channel, frame = (torch.arange(size, dtype=torch.float64) for size in (
            windows, self.channels(keypoints), self.window_size))
        phase = 1.9 * window[:, None, None] + 0.7 * channel[:, None]
        return (torch.sin(0.11 * frame + phase) + 0.1 * torch.sin(2.3 * frame + 2 * phase)).float()
