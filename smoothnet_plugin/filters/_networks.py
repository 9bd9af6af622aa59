"""Networks of whole poses with their weights and caches, for the learned filter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..errors import CheckpointError
from ._engines import usable_device
from .packaged import PackagedWeights

if TYPE_CHECKING:
    from ..models import RunningNetwork, Vintage, WindowGrid

#: Networks of whole poses of any skeleton.
NETWORKS = ('TrajectoryTransformer', 'RotationTransformer')
#: Windows in a block: their activations fit into a CPU's second-level cache.
_WINDOWS_AT_ONCE = 16
#: Windows in a block of those that are not in the cache: one block more costs as much as some
#: windows.
_NEW_AT_ONCE = 24
#: Windows of live clips that are looked up in the cache at once.
_CACHED_AT_ONCE = 512


class CachedNetwork:
    """A network, and the windows that it has refined.

    Args:
        running: The network with its weights.

    Attributes:
        module: The network, over groups of joints.
        cache: The refined windows.
    """

    def __init__(self, running: RunningNetwork) -> None:
        from ..models import GroupedJoints, WindowCache
        assert running.facts.dim is not None
        self.module = GroupedJoints(running.module, running.facts.dim)
        self._window_size = running.facts.window_size
        self.cache = WindowCache(_NEW_AT_ONCE)

    def refined(self, clips: Sequence[np.ndarray], vintages: Sequence[Sequence[Vintage]],
                grids: Sequence[WindowGrid], keypoints: int, device: str
                ) -> list[list[np.ndarray]]:
        """Refine clips, each of one or more people side by side.

        Args:
            clips: Arrays of shape (T, people * keypoints, C), each with its own T and people.
            vintages: Per clip the vintages that are wanted.
            grids: Per clip the windows that count.
            keypoints: Keypoints of one person.
            device: Where the network runs.

        Returns:
            Per clip and vintage an array of shape (T, people * keypoints, C) without the frames
            before the vintage's first one.
        """
        import torch

        from ..models import Clip, refine_clips
        from ..models.threads import LONGEST_LIVE, threads_for
        flat = [Clip(torch.as_tensor(clip.reshape(len(clip), -1), device=device), *rest)
                for clip, rest in zip(clips, zip(vintages, grids))]
        channels = keypoints * clips[0].shape[2]
        on_cpu = device.partition(':')[0] == 'cpu'
        longest = max(map(len, clips))
        live = longest <= LONGEST_LIVE * self._window_size  # It may come again one frame longer.
        with torch.inference_mode(), threads_for(longest, self._window_size):
            if live:
                # Most windows are in the cache, which forms batches of the others.
                results = refine_clips(self.module, flat, _CACHED_AT_ONCE, channels, self.cache)
            else:
                results = refine_clips(
                    self.module, flat, _WINDOWS_AT_ONCE if on_cpu else None, channels)
        return [[result.cpu().numpy().reshape(len(result), *clip.shape[1:]) for result in entry]
                for clip, entry in zip(clips, results)]


@lru_cache(maxsize=8)
def packaged_network(packaged: PackagedWeights, engines: tuple[tuple[str, str], ...],
                     device: str) -> RunningNetwork:
    """One network for all filters of a process: weights are never changed."""
    return network_of(packaged.checked_path(), engines, device)


def network_of(path: str, engines: tuple[tuple[str, str], ...], device: str) -> RunningNetwork:
    """Load weights of a network of whole poses.

    Args:
        path: The file.
        engines: What may run it, in the order of preference (:func:`.engines_for`).
        device: Where it runs.

    Raises:
        CheckpointError: The file is missing, or holds another network.
        ConfigError: The device cannot be used.
    """
    from ..models import load_running
    running = load_running(path, engines, str(usable_device(device)))
    if running.facts.name not in NETWORKS:
        raise CheckpointError(
            f"The weights in '{path}' are a {running.facts.name}; LearnedFilter accepts networks "
            f"of whole poses of any skeleton ({', '.join(NETWORKS)}). Use dict("
            "type='SmoothNetFilter', checkpoint=...) for others.")
    return running
