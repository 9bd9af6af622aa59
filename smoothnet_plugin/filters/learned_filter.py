"""The learned filter with the weights of the package."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..errors import CheckpointError
from ..processing.steadying import held_back, steadied
from ..registry import SMOOTHERS
from ._linear import share_above
from .base import BaseFilter, Support
from .median import HampelFilter
from .packaged import PACKAGED, PackagedWeights
from .smoothnet_filter import usable_device
from .whittaker import WhittakerFilter

if TYPE_CHECKING:
    from ..models import Known, RememberedWindows, TrajectoryTransformer

#: With fewer keypoints a person is no skeleton that the networks could learn from.
FEWEST_KEYPOINTS = 5
#: Frames per second below which the networks were not trained.
LEAST_FPS = 14.0
#: Seconds before and after a frame that steady it.
_STEADYING_SECONDS = 0.1
#: What the pairs of joints take of so many windows fits into a CPU's cache.
_WINDOWS_AT_ONCE = 16


@SMOOTHERS.register_module(name=['LearnedFilter', 'learned'])
class LearnedFilter(BaseFilter):
    """Smooths with the networks that come with the package, or with one of the same kind.

    The weights are picked by what the poses are: 2D or 3D keypoints of any skeleton, anywhere, in
    any unit, at 15 to 120 frames per second. All keypoints of a person are refined together, so
    that they learn from one another. What the networks do not know - rotations, people of fewer
    than five keypoints - goes through a Hampel and a Whittaker filter instead.

    The same weights serve every look-ahead: each frame is the weighted mean over the windows that
    hold it and end with the newest known frame or before
    (:mod:`smoothnet_plugin.models.fixed_lag`), and is steadied by the frames up to a tenth of a
    second around it, as far as its look-ahead allows
    (:mod:`smoothnet_plugin.processing.steadying`). Windows that were refined lately are not
    refined again (:mod:`smoothnet_plugin.models.remembered_windows`): live, every frame costs one.

    Args:
        checkpoint: Weights of a network for one number of values per keypoint, trained with
            ``FixedLagRefiner``; others go through the classical filters. Defaults to None, the
            package's.
        device: Where the network runs. Defaults to ``'cpu'``.

    Raises:
        CheckpointError: ``checkpoint`` is missing, or holds no network of that kind.
        ConfigError: ``device`` cannot be used.

    The package's weights are loaded when they are first needed, and checked and told of then.
    """

    joint_wise = False
    takes_missing = True

    def __init__(self, checkpoint: str | os.PathLike[str] | None = None,
                 device: str = 'cpu') -> None:
        super().__init__('none')
        self.checkpoint = None if checkpoint is None else os.fspath(checkpoint)
        self.device = device
        self._networks: dict[int, RememberedWindows] = {}
        if self.checkpoint is None:
            self.window_size = max(entry.window_size for entry in PACKAGED.values())
            self.weights = tuple(sorted(entry.sha256 for entry in PACKAGED.values()))
        else:
            network = _network_of(self.checkpoint, device)
            self.window_size = network.window_size
            self._networks = {network.dim: _remembered(network, device)}
        self._hampel = HampelFilter()
        self._whittaker = WhittakerFilter()

    def support(self, fps: float) -> Support:
        """What network and steadying see on both sides, or what the classical filters want."""
        classical = [entry.support(fps) for entry in (self._hampel, self._whittaker)]
        seen = self.window_size - 1 + _half_width(fps)
        return Support(max(seen, sum(s.past for s in classical)),
                       max(seen, sum(s.future for s in classical)))

    def share(self, fps: float) -> float:
        """See :meth:`BaseFilter.share`."""
        return share_above(fps, LEAST_FPS)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return self._refined(coords, fps)

    def _filter_newest(self, coords: np.ndarray, fps: float, weights: np.ndarray | None,
                       first: int) -> np.ndarray:
        return self._refined(coords, fps, first)

    def fixed_lag(self, coords: np.ndarray, fps: float, lookahead: int) -> np.ndarray | None:
        """See :meth:`BaseFilter.fixed_lag`; None where the classical filters are used."""
        network = self._network_for(coords)
        if network is None:
            return None
        from ..models import Known
        coords = coords.astype(np.float64)
        # The last frames have all the future there is.
        last = max(0, len(coords) - lookahead)
        newest = self._refined(coords, fps, last)[last:]
        reach = min(_half_width(fps), lookahead)
        offsets = range(-reach, reach + 1)
        estimates = self._refine(network, coords, 0, [
            Known(lookahead - offset) for offset in offsets])
        future = np.full(len(coords), lookahead)
        held = held_back([estimates[reach]] * reach, estimates[:reach][::-1], future)
        return np.concatenate([(steadied(estimates, coords, future) + held)[:last], newest])

    def _refined(self, coords: np.ndarray, fps: float, first: int = 0) -> np.ndarray:
        network = self._network_for(coords)
        if network is None:
            return self._whittaker.filter(self._hampel.filter(coords, fps=fps), fps=fps)
        from ..models import Known
        future = np.arange(len(coords))[::-1]
        # Live, the frames asked for have as much future as the look-ahead, and no use for more.
        reach = min(_half_width(fps), max(0, len(coords) - 1 - first))
        first = max(0, first - reach)
        # Of what lies before, everything is known since longer than it can be held back.
        settled = max(first, len(coords) - network.window_size - 2 * reach)
        seen = max(0, settled - network.window_size + 1)
        newest, *said = (entry[settled - seen:] for entry in self._refine(
            network, coords[seen:], settled - seen, [Known(ago=ago) for ago in range(reach + 1)]))
        # Live, nothing lies before.
        before = coords if first == settled else self._refine(network, coords, first, [Known()])[0]
        estimate = np.concatenate([before[:settled], newest])
        result = steadied([estimate] * (2 * reach + 1), coords, future)
        result[settled:] += held_back(said, [newest] * reach, future[settled:])
        return result

    def _refine(self, network: RememberedWindows, coords: np.ndarray, first: int,
                known: Sequence[Known]) -> list[np.ndarray]:
        import torch

        from ..models import refine_as_known
        flat = torch.as_tensor(coords.reshape(len(coords), -1), device=self.device)
        with torch.inference_mode():
            results = refine_as_known(network, flat, known, first)
        return [result.cpu().numpy().reshape(coords.shape) for result in results]

    def _network_for(self, coords: np.ndarray) -> RememberedWindows | None:
        """The network for poses (T, K, C), loaded when it is first asked for; None for none."""
        dim = coords.shape[2]
        if coords.shape[1] < FEWEST_KEYPOINTS:
            return None
        if self.checkpoint is None and dim in PACKAGED and dim not in self._networks:
            self._networks[dim] = _remembered(
                _packaged_network(PACKAGED[dim], self.device), self.device)
        return self._networks.get(dim)


def _remembered(network: TrajectoryTransformer, device: str) -> RememberedWindows:
    from ..models import RememberedWindows
    return RememberedWindows(
        network, _WINDOWS_AT_ONCE if device.partition(':')[0] == 'cpu' else None)


def _half_width(fps: float) -> int:
    return round(fps * _STEADYING_SECONDS)


@lru_cache(maxsize=8)
def _packaged_network(packaged: PackagedWeights, device: str) -> TrajectoryTransformer:
    """One network for all filters of a process: weights are never changed."""
    return _network_of(packaged.checked_path(), device)


def _network_of(path: str, device: str) -> TrajectoryTransformer:
    from ..models import TrajectoryTransformer, load_network
    network = load_network(path)
    if not isinstance(network, TrajectoryTransformer):
        raise CheckpointError(
            f"The weights in '{path}' are a {type(network).__name__}; LearnedFilter takes networks "
            "of whole poses of any skeleton (TrajectoryTransformer). Use dict("
            "type='SmoothNetFilter', checkpoint=...) for others.")
    return network.to(usable_device(device))
