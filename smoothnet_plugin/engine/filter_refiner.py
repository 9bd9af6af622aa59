"""A smoother in the place of a network, for evaluation by config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from mmengine.model import BaseModel

from ..errors import ConfigError
from ..evaluation.clip import Clip
from ..registry import MODELS
from ..smoothers.build import SmootherEntry, build_smoother
from ..structures import ASSUMED_FPS, PoseSequence

#: Frames that are smoothed at once.
_PIECE = 1 << 15


@MODELS.register_module()
class FilterRefiner(BaseModel):
    """Refines whole clips with any smoother, as :class:`PoseRefiner` does with a network.

    The smoother gets the coordinates in their own unit: the normalisation of a dataset is undone
    first. Keypoints that are not finite are missing. There are no parameters to train.

    Args:
        smoother: A preset's name, a filter's config, a list of them (a chain), or a
            ``PoseSmoother``'s config.
        data_preprocessor: As in MMEngine. Defaults to None.

    Raises:
        ConfigError: The smoother is unknown, or one of its arguments is out of range.
    """

    def __init__(self, smoother: SmootherEntry, data_preprocessor: dict | None = None) -> None:
        super().__init__(data_preprocessor)
        self.smoother = build_smoother(smoother)

    def forward(self, *items: Mapping[str, Any], mode: str = 'predict',
                **batch: Any) -> list[dict[str, Any]]:
        """Refine clips.

        Args:
            *items: One dict per clip, see :meth:`PoseRefiner.predict`.
            mode: ``'predict'``, the only mode of this model.
            **batch: A single clip, instead of ``items``.

        Returns:
            A dict of NumPy arrays per clip, as from :meth:`PoseRefiner.predict`.

        Raises:
            ConfigError: The mode is another one: filters cannot be trained.
            DataFormatError: A clip is not a whole clip of a known representation.
        """
        if mode != 'predict':
            raise ConfigError(f'FilterRefiner has nothing to train (mode={mode!r}); evaluate '
                              'its configs with tools/test.py.')
        return [self._refine(item) for item in items or [batch]]

    def _refine(self, item: Mapping[str, Any]) -> dict[str, Any]:
        clip = Clip.from_item(item)
        tracks = clip.tracks()
        smoothed = np.empty_like(tracks[0].coords)
        for piece, own in self._pieces(tracks[0]):
            part = self.smoother.smooth(tracks.replace(
                tracks={0: tracks[0].select(piece)}, frame_ids=None))[0]
            smoothed[own] = part.coords[own.start - piece.start:own.stop - piece.start]
        # The meta is that of the item: metrics must not see an assumed unit as a known one.
        return clip.replace(pred=smoothed, meta=item.get('meta') or {}).sample()

    def _pieces(self, sequence: PoseSequence) -> Iterator[tuple[slice, slice]]:
        """Parts to smooth separately, so that memory does not grow with the clip.

        Yields:
            The frames to smooth, with the support of the filters on both sides, and those among
            them whose results are kept. A clip that is short, has gaps or is normalised by its
            first frame is one part.
        """
        frames, filters = len(sequence), self.smoother.settings.filters
        fps = sequence.fps or ASSUMED_FPS
        whole = slice(0, frames)
        if frames <= _PIECE or any(f.normalize != 'none' for f in filters) or not (
                sequence.valid.all()):
            yield whole, whole
            return
        past = sum(f.support(fps).past for f in filters)
        future = sum(f.support(fps).future for f in filters)
        for start in range(0, frames, _PIECE):
            own = slice(start, min(start + _PIECE, frames))
            yield slice(max(0, start - past), min(frames, own.stop + future)), own
