"""The learned filter with the bundled weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import ConfigError
from ..processing.steadying import revision_offset, steadied
from ..registry import SMOOTHERS
from ._blockwise import BlockwiseFilter, Cut
from ._engines import engines_for
from ._networks import CachedNetwork, network_of, packaged_network
from ._steadied_end import SteadiedEnd, half_width
from .base import Run, Support
from .median import HampelFilter
from .packaged import PACKAGED
from .whittaker import WhittakerFilter

if TYPE_CHECKING:
    from ..models import RunningNetwork, Vintage, WindowGrid

#: Fewest keypoints of a skeleton that the networks can work with.
FEWEST_KEYPOINTS = 5
#: Samples (frames x keypoints) of a long run that are refined at once, and fewest frames: what is
#: beside the windows' activations takes some 30 MB.
_SAMPLES_IN_BLOCK, _FEWEST_IN_BLOCK = 1 << 18, 4096
#: The largest stride whose cost is below 0.5 % in position and acceleration error.
AUTO_STRIDE = 8


@SMOOTHERS.register_module(name=['LearnedFilter', 'learned'])
class LearnedFilter(BlockwiseFilter):
    """Smooths with the bundled networks, or with one of the same kind.

    The weights depend on the kind of pose: 2D or 3D keypoints of any skeleton, at any position, in
    any unit, at 15 to 120 frames per second. All keypoints of a person are refined together.
    Rotations and people with fewer than five keypoints go through a Hampel and a Whittaker filter
    instead; :class:`DefaultFilter` refines rotations by a network, along curves of quaternions.

    Steps:

    1. The network refines windows; each frame is the weighted mean over the windows that hold it
       and end with the newest known frame or before (:mod:`smoothnet_plugin.models.fixed_lag`), so
       the same weights serve every look-ahead.
    2. Each frame is averaged with those up to a tenth of a second around it, as far as its
       look-ahead allows, and revisions of the newest frames take effect gradually
       (:mod:`smoothnet_plugin.processing.steadying`).

    The windows of short runs are cached (:class:`~smoothnet_plugin.models.WindowCache`): live, at
    most one window per frame is new, whatever the look-ahead.

    With ``origin``, :meth:`filter` takes the windows that end with every ``window_stride``-th frame
    of the segment, and the newest ones (:class:`~smoothnet_plugin.models.WindowGrid`). Live
    results are still the offline results of the frames known by then. Without it, the place of
    the grid is unknown and all windows count.

    Args:
        checkpoint: Weights of a network for one number of values per keypoint, trained with
            ``FixedLagRefiner``, or an ONNX file of them; other poses go through the classical
            filters. Defaults to None, the bundled weights, which are loaded and verified
            lazily.
        device: Where the network runs. Defaults to ``'cpu'``.
        window_stride: Frames between two windows, 1 to a quarter of the window. Defaults to
            ``'auto'``, 8 for windows of 64 frames: the largest that costs less than 0.5 % of
            accuracy (configs/default/README.md has the table).
        precision: Precision of matrix products: ``'fp32'``; ``'bf16'``, in which the weights
            were trained, at half the cost where the processor has instructions for it; or
            ``'auto'``, bf16 on such processors. In bf16 live and offline results differ by its
            rounding. Defaults to ``'fp32'``.
        backend: What runs the network: ``'torch'``, ``'onnxruntime'`` (fp32 only),
            ``'openvino'``, or ``'auto'``, the fastest that is installed and gives PyTorch's
            results (docs/export.md). Defaults to None: ``'torch'``, and ``'auto'`` for ONNX files.

    People of more than 40 keypoints are refined in groups
    (:class:`~smoothnet_plugin.models.GroupedJoints`): the first 17 as the body, the others in
    groups of neighbouring numbers, at a cost linear in their number.

    Raises:
        CheckpointError: ``checkpoint`` is missing, or holds no network of that kind.
        ConfigError: ``device``, ``window_stride``, ``precision`` or ``backend`` cannot be used.
    """

    #: The networks were not trained below this rate.
    least_fps = 14.0

    def __init__(self, checkpoint: str | os.PathLike[str] | None = None, device: str = 'cpu',
                 window_stride: int | Literal['auto'] = 'auto',
                 precision: Literal['fp32', 'bf16', 'auto'] = 'fp32',
                 backend: Literal['auto', 'torch', 'onnxruntime', 'openvino'] | None = None,
                 ) -> None:
        super().__init__('none')
        self.checkpoint = None if checkpoint is None else os.fspath(checkpoint)
        self.device = device
        self._engines = engines_for(self, backend, precision, device, checkpoint)
        self.backend, self.precision = self._engines[0]
        self._networks: dict[int, CachedNetwork] = {}
        if self.checkpoint is None:
            self.window_size = max(entry.window_size for entry in PACKAGED.values())
            self.weights = tuple(sorted(entry.sha256 for entry in PACKAGED.values()))
        else:
            running = network_of(self.checkpoint, self._engines, device)
            self.window_size = running.facts.window_size
            self._hold(running)
        self.window_stride = _checked_stride(window_stride, self.window_size)
        self._hampel = HampelFilter()
        self._whittaker = WhittakerFilter()

    def support(self, fps: float) -> Support:
        """Frames seen by network and steadying, or by the classical filters."""
        classical = [entry.support(fps) for entry in (self._hampel, self._whittaker)]
        seen = self.window_size - 1 + half_width(fps)
        return Support(max(seen, sum(s.past for s in classical)),
                       max(seen, sum(s.future for s in classical)))

    def _cut(self, fps: float) -> Cut:
        # A frame depends on the windows that hold it and the frames that steady it; the newest
        # windows of a run count more, and steady the frames before them.
        return Cut(_SAMPLES_IN_BLOCK, _FEWEST_IN_BLOCK, self.window_size - 1 + half_width(fps),
                   self.window_size + 3 * half_width(fps), fills=False)

    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        return self.refine_many([run.coords for run in runs], fps, [run.first for run in runs],
                                [run.origin for run in runs])

    def refine_many(self, clips: Sequence[np.ndarray], fps: float,
                    firsts: Sequence[int] | None = None,
                    origins: Sequence[int | None] | None = None) -> list[np.ndarray]:
        """Refine the clips of several people together, each with the result of refining it alone.

        Clips with the same number of keypoints share the blocks of windows that go through the
        network, which is faster than one call each where clips are short or only their newest
        frames are wanted.

        Args:
            clips: Arrays of shape (T, K, C), float64, each with its own T, K and C; NaN where
                missing.
            fps: Frames per second.
            firsts: Per clip the first frame that is wanted; earlier ones may be returned in any
                state. Defaults to None, 0 for all.
            origins: Per clip the number of its first frame in its segment, or None where unknown:
                as in :meth:`BaseFilter.filter`. Defaults to None, unknown for all.

        Returns:
            Per clip an array of its shape; may be NaN where the clip is.
        """
        firsts = [0] * len(clips) if firsts is None else firsts
        origins = [None] * len(clips) if origins is None else origins
        results: list[np.ndarray] = list(clips)
        # People with the same frames, windows and wanted frames stand side by side in one array.
        together: dict[tuple[int, int], dict[Any, list[int]]] = {}
        for number, (clip, first, origin) in enumerate(zip(clips, firsts, origins)):
            if self._network_for(clip) is None:
                results[number] = self._whittaker.filter(
                    self._hampel.filter(clip, fps=fps), fps=fps)
            elif len(clip):
                place = None if origin is None else origin % self.window_stride
                together.setdefault(clip.shape[1:], {}).setdefault(
                    (len(clip), first, place), []).append(number)
        for shape, alike in together.items():
            parts = []
            for (_, first, _), numbers in alike.items():
                people = (clips[numbers[0]] if len(numbers) == 1 else
                          np.concatenate([clips[i] for i in numbers], axis=1))
                parts.append(SteadiedEnd(people, self.window_size, half_width(fps), first))
            estimates = self._refine(
                [part.coords for part in parts], [part.vintages for part in parts],
                [self._grid(place) for *_, place in alike], shape[0])
            for part, vintages, numbers in zip(parts, estimates, alike.values()):
                for i, result in zip(numbers, np.split(
                        part.steadied(vintages), len(numbers), axis=1)):
                    results[i] = result
        return results

    def fixed_lag(self, coords: np.ndarray, fps: float, lookahead: int) -> np.ndarray | None:
        """See :meth:`BaseFilter.fixed_lag`; None where the classical filters are used."""
        if self._network_for(coords) is None:
            return None
        from ..models import Vintage
        coords = coords.astype(np.float64)
        # The last frames are shown when the clip has ended, with all the future there is.
        ended = max(0, len(coords) - lookahead)
        last = self.refine_many([coords], fps, [ended], [0])[0][ended:]
        reach = min(half_width(fps), lookahead)
        # When a frame is shown, the frame j after it has a look-ahead of j less.
        vintages = [Vintage(lookahead - offset) for offset in range(-reach, reach + 1)]
        estimates = self._refine([coords], [vintages], [self._grid(0)], coords.shape[1])[0]
        future = np.full(len(coords), lookahead)
        offset = revision_offset([estimates[reach]] * reach, estimates[:reach][::-1], future)
        return np.concatenate([(steadied(estimates, coords, future) + offset)[:ended], last])

    def _grid(self, origin: int | None) -> WindowGrid:
        """The windows of a clip that begins with frame ``origin`` of its segment."""
        from ..models import WindowGrid
        return WindowGrid() if origin is None else WindowGrid(self.window_stride, origin)

    def _refine(self, clips: Sequence[np.ndarray], vintages: Sequence[Sequence[Vintage]],
                grids: Sequence[WindowGrid], keypoints: int) -> list[list[np.ndarray]]:
        network = self._network_for(clips[0][:, :keypoints])
        assert network is not None
        return network.refined(clips, vintages, grids, keypoints, self.device)

    def knows(self, coords: np.ndarray) -> bool:
        """Whether there is a network for poses of shape (T, K, C)."""
        return self._network_for(coords) is not None

    def has_weights(self, dim: int) -> bool:
        """Whether there are weights for poses of so many values per keypoint."""
        return dim in self._networks or (self.checkpoint is None and dim in PACKAGED)

    def _network_for(self, coords: np.ndarray) -> CachedNetwork | None:
        """The network for poses (T, K, C), loaded when first needed; None where there is none."""
        dim = coords.shape[2]
        if coords.shape[1] < FEWEST_KEYPOINTS:
            return None
        if self.checkpoint is None and dim in PACKAGED and dim not in self._networks:
            self._hold(packaged_network(PACKAGED[dim], self._engines, self.device))
        return self._networks.get(dim)

    def _hold(self, running: RunningNetwork) -> None:
        dim = running.facts.dim
        assert dim is not None
        self._networks[dim] = CachedNetwork(running)
        self.backend, self.precision = running.engine


def _checked_stride(window_stride: int | str, window_size: int) -> int:
    if window_stride == 'auto':
        return min(AUTO_STRIDE, max(1, window_size // 4))
    if (isinstance(window_stride, bool) or not isinstance(window_stride, int)
            or not 1 <= window_stride <= max(1, window_size // 4)):
        raise ConfigError(
            f"LearnedFilter: window_stride is {window_stride!r}; expected 'auto' or a whole number "
            f'from 1 to {max(1, window_size // 4)}, a quarter of the window.')
    return window_stride
