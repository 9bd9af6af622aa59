"""Windows for training, whole clips for validation and test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from ..errors import ConfigError, DataFormatError
from ..processing.windows import PADDINGS, training_windows
from ..registry import SCOPE, TRANSFORMS
from .batch import PoseBatch
from .clips import PoseClips, as_array
from .gather import gather_windows
from .missing import fill_missing, missing_keypoints
from .transforms import PoseTransform
from .transforms.base import check_choice
from .window_batch import WindowBatch


class PoseDataset(Dataset):
    """Clips of poses as windows (``window_size=W``) or as whole clips (``window_size=None``).

    Window i is a dict of ``inputs`` (W, K, C), ``target`` (W, K, C), ``mask`` (W, K) and, if
    known, ``scores`` (W, K). Clip i has T frames instead of W, no ``target`` without ground
    truth, and ``meta``: ``name``, ``dataset``, ``fps``, ``unit``, ``representation``,
    ``root_indices``, ``denormalise`` (``scale``, ``offset``) if coordinates are normalised, and
    further values for metrics. Values that are missing or not finite are interpolated from the
    neighbouring frames, and the mask is False there.

    The random values of transforms depend on ``seed`` and on the indices that are fetched
    together: the noise is new in each shuffled epoch, equal in runs with the same seed, and equal
    for a validation clip in every epoch and process.

    Args:
        clips: The content.
        metainfo: ``dataset_name``, ``keypoint_names``, ``representation``, ``unit`` and
            ``root_indices``; other entries are kept.
        window_size: Frames W of a window, or None for whole clips. Defaults to None.
        protocol: ``'default'`` draws every window; see :func:`~smoothnet_plugin.processing
            .windows.training_windows` for ``'reference'``. Defaults to ``'default'``.
        transforms: Transforms or their configs, in order. Defaults to none.
        padding: Padding of clips shorter than W, ``'zeros'``, ``'edge'`` or ``'reflect'``; the
            mask is False there. Defaults to ``'zeros'``.
        seed: Seed of the transforms. Defaults to 0.
        numbers: Indices of the clips to use, in order. Defaults to None, all.
        max_frames: Longest whole clip in stored frames: of longer clips only the frames in the
            middle are used. Windows are drawn from all frames. Defaults to None, no limit.

    Attributes:
        clips: The content, including unused clips.
        numbers: Indices of the used clips.
        window_size: As given.
        windows: Index of the clip and first frame of each window; empty for whole clips.

    Raises:
        ConfigError: An argument is invalid, or all clips are shorter than a window.
        DataFormatError: The content does not fit together.
    """

    def __init__(self, clips: PoseClips, metainfo: Mapping[str, Any],
                 window_size: int | None = None, protocol: str = 'default',
                 transforms: Sequence[PoseTransform | Mapping[str, Any]] = (),
                 padding: str = 'zeros', seed: int = 0, numbers: Sequence[int] | None = None,
                 max_frames: int | None = None) -> None:
        self._metainfo = dict(metainfo)
        clips.check(f"the dataset '{self.name}'")
        self.clips = clips
        self.numbers = np.arange(len(clips.lengths)) if numbers is None else np.array(
            numbers, dtype=np.int64)
        self.window_size = window_size
        if max_frames is not None and max_frames < 1:
            raise ConfigError(f'max_frames is {max_frames}; expected 1 or more, or None.')
        self.max_frames = max_frames
        self.padding = check_choice('padding', padding, PADDINGS)
        self.seed = seed
        # Transforms work in the stored unit; the metainfo describes their output.
        self._stored_unit = str(self._metainfo['unit'])
        self.transforms: list[PoseTransform] = [
            transform if isinstance(transform, PoseTransform)
            else TRANSFORMS.build({'_scope_': SCOPE, **transform}) for transform in transforms]
        if self.transforms and clips.scale is not None and clips.scale.ndim == 3:
            raise ConfigError(f"The sequences of '{self.name}' are normalised value by value, so "
                              'that they have no unit; remove the transforms or the '
                              'normalization.')
        for transform in self.transforms:
            self._metainfo.update(transform.changes)
        self._starts = clips.starts
        self.windows = np.zeros(0, np.int32), np.zeros(0, np.int32)
        if window_size is not None:
            self._cut(window_size, protocol)

    def _cut(self, window_size: int, protocol: str) -> None:
        lengths = self.clips.lengths[self.numbers]
        if self.clips.truth is None:
            raise ConfigError(f"The dataset '{self.name}' has no ground truth, so it cannot be "
                              'used for training; omit window_size to smooth and measure whole '
                              'clips.')
        drawn = training_windows(lengths, window_size, protocol)
        # Compact, since workers that are not forked get a copy of these arrays.
        self.windows = (self.numbers[drawn[0]].astype(np.int32), drawn[1].astype(np.int32))
        if lengths.max() < window_size:
            longest = int(self.numbers[lengths.argmax()])
            raise ConfigError(
                f"window_size {window_size} is longer than every clip of '{self.name}'; the "
                f"longest is '{self.clips.names[longest]}' with {lengths.max()} frames. Choose "
                'a smaller window_size.')
        if not len(drawn[0]):
            raise ConfigError(
                f"protocol='{protocol}' draws no window of {window_size} frames from "
                f"'{self.name}', whose longest clip has {lengths.max()}; use protocol='default' "
                'or a smaller window_size.')
        frames = window_size
        fps = float(self.clips.fps[self.numbers].max())
        for transform in reversed(self.transforms):
            frames = transform.source_frames(frames, fps)
        self._source_frames = frames
        # The published networks were also trained on the zeros after a short clip.
        self._mask_padding = protocol == 'default'
        if not self._mask_padding:
            self.padding = 'zeros'

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return str(self._metainfo['dataset_name'])

    @property
    def metainfo(self) -> dict[str, Any]:
        """Metainfo that MMEngine passes to metrics: names of dataset and keypoints, unit etc."""
        return dict(self._metainfo)

    def full_init(self) -> None:
        """Nothing to do, since everything is loaded; MMEngine's wrappers call this method."""

    def __len__(self) -> int:
        return len(self.numbers if self.window_size is None else self.windows[0])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Fetch many items at once; PyTorch's loader calls this method if it exists.

        Args:
            indices: Indices of the items.

        Returns:
            The items; windows as a :class:`WindowBatch`, without a Python loop.

        Raises:
            IndexError: An index is out of range.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if len(chosen) and not (-len(self) <= chosen.min() and chosen.max() < len(self)):
            raise IndexError(f"Index {chosen.min()} .. {chosen.max()} of '{self.name}', which has "
                             f'{len(self)} items.')
        chosen = chosen % max(len(self), 1)
        if self.window_size is None:
            return [self._clip_item(int(number)) for number in self.numbers[chosen]]
        return WindowBatch(self._windows(chosen, self.window_size))

    def _windows(self, chosen: np.ndarray, frames: int) -> dict[str, np.ndarray]:
        clip, offset = (part[chosen] for part in self.windows)
        batch = self._transformed(self._batch(clip, offset, self._source_frames, frames), chosen)
        if batch.inputs.shape[1] != frames:
            raise ConfigError(
                f'The transforms return windows of {batch.inputs.shape[1]} frames instead of '
                f'{frames}; a transform with source_frames must return batch.frames frames.')
        if self.padding == 'zeros' and (batch.counts < frames).any():
            # Transforms also change the padding.
            item, step = np.nonzero(np.arange(frames) >= batch.counts[:, None])
            for values in (batch.inputs, batch.target, batch.scores):
                if values is not None:
                    values[item, step] = 0
            batch.mask[item, step] = not self._mask_padding
        return batch.arrays()

    def _clip_item(self, number: int) -> dict[str, Any]:
        length = int(self.clips.lengths[number])
        frames = min(length, self.max_frames or length)
        first = (length - frames) // 2
        own = np.array([number])
        # Seeded by its index among all clips, so that its noise does not depend on the selection.
        batch = self._transformed(self._batch(own, np.array([first]), frames, 0), own)
        item: dict[str, Any] = {name: values[0] for name, values in batch.arrays().items()}
        rows = slice(self._starts[number] + first, self._starts[number] + first + frames)
        item['meta'] = self._meta(number, float(batch.fps[0]), len(item['inputs']), rows)
        return item

    def _batch(self, clip: np.ndarray, offset: np.ndarray, source_frames: int,
               frames: int) -> PoseBatch:
        clips, rows = self.clips, self._starts[clip] + offset
        counts = np.minimum(clips.lengths[clip] - offset, source_frames)

        def gathered(values: Any) -> np.ndarray:
            values = as_array(values)
            if source_frames == 0:
                return np.zeros((len(clip), 0, *values.shape[1:]), np.float32)
            padding = 'reflect' if self.padding == 'reflect' else 'edge'
            return gather_windows(values, rows, counts, source_frames, padding)

        target = gathered(clips.truth) if clips.truth is not None else None
        inputs = target if clips.estimate is None else gathered(clips.estimate)
        assert inputs is not None  # PoseClips.check ensures that one of them exists
        scores = gathered(clips.scores) if clips.scores is not None else None
        mask = np.arange(source_frames) < counts[:, None]
        mask = np.broadcast_to(mask[..., None], inputs.shape[:3]).copy()
        for coords in [inputs] if target is None or target is inputs else [inputs, target]:
            missing = missing_keypoints(coords)
            if missing is not None:
                fill_missing(coords, missing)
                mask &= ~missing
        scale = (clips.scale[clip] if clips.scale is not None and clips.scale.ndim == 2
                 else np.ones((len(clip), inputs.shape[-1])))
        return PoseBatch(
            inputs, target, mask, scores, counts, clips.fps[clip].astype(np.float64),
            tuple(self._metainfo['keypoint_names']), self._stored_unit, scale.astype(np.float32),
            frames)

    def _transformed(self, batch: PoseBatch, chosen: np.ndarray) -> PoseBatch:
        if self.transforms:
            digest = hashlib.blake2b(chosen.tobytes(), digest_size=8).digest()
            rng = np.random.default_rng([self.seed, int.from_bytes(digest, 'little')])
            for transform in self.transforms:
                batch = transform(batch, rng)
        return batch

    def _meta(self, index: int, fps: float, frames: int, rows: slice) -> dict[str, Any]:
        clips = self.clips
        meta: dict[str, Any] = {
            'name': str(clips.names[index]), 'dataset': self.name, 'fps': fps,
            **{key: self._metainfo.get(key)
               for key in ('root_indices', 'unit', 'representation')}}
        if clips.scale is not None and clips.offset is not None:
            meta['denormalise'] = {'scale': clips.scale[index], 'offset': clips.offset[index]}
        for name, values in clips.frame_extras.items():
            meta[name] = np.array(as_array(values)[rows])
            if len(meta[name]) != frames:
                raise DataFormatError(
                    f"A transform changed the number of frames of '{clips.names[index]}', but "
                    f"'{name}' has one row per frame; remove ResampleFps.")
        meta.update({name: values[index] for name, values in clips.clip_extras.items()})
        return meta
