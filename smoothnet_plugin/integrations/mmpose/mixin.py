"""What the smoothing inferencers share: kinds of input, and JSON with track ids."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import mmcv
import mmengine
import numpy as np
from mmengine.fileio import join_path
from mmengine.logging import print_log

from ...errors import ConfigError, DataFormatError
from ...smoothers import PoseSmoother
from ...structures import ASSUMED_FPS
from .convert import instance_records
from .stage import SmoothingStage

_NOTHING = object()


class PostprocessMixin:
    """Predictions with track ids, in what is returned and in the JSON files."""

    _video_input: bool
    video_info: dict[str, Any]

    def postprocess(self,
                    preds: list[Any],
                    visualization: Any,
                    return_datasample: bool | None = None,
                    return_datasamples: bool = False,
                    pred_out_dir: str = '') -> dict[str, Any]:
        """Pack the results of a frame and note or dump its predictions.

        As in MMPose, with three differences: people have ``track_id`` (and ``filled`` if they
        were bridged); predictions are dumped also where data samples are returned; and what is
        dumped has an entry per frame, also where there is a data sample per person.

        Args:
            preds: The frame's data samples.
            visualization: What ``visualize`` returned.
            return_datasample: Old name of ``return_datasamples``. Defaults to None.
            return_datasamples: Whether to return data samples instead of lists of people.
                Defaults to False.
            pred_out_dir: Folder for the predictions. Defaults to '', they are not dumped.

        Returns:
            ``predictions`` and ``visualization``.
        """
        records = [instance_records(pred.get('pred_instances')) for pred in preds]
        if pred_out_dir and preds:
            people = [person for record in records for person in record]
            if self._video_input:
                self.video_info['predictions'].append(people)
            else:
                name = f"{Path(preds[0].metainfo['img_path']).stem}.json"
                mmengine.dump(people, join_path(pred_out_dir, name), indent='  ')
        as_samples = return_datasamples if return_datasample is None else return_datasample
        return {'visualization': visualization, 'predictions': preds if as_samples else records}


class ClipMixin(PostprocessMixin):
    """What is a clip and what is not, how long it is, and how it is read a second time."""

    model: Any
    cfg: Any
    _stages: list[SmoothingStage]
    _lookaheads: list[int] | None
    _call_options: dict[str, Any] = {}
    _source_path: str | None = None

    def update_model_visualizer_settings(self, **kwargs: Any) -> None:
        """Take note of all arguments of the call, then do as MMPose does."""
        # Callers give preprocess() its own arguments only, but it runs the model.
        self._call_options = kwargs
        super().update_model_visualizer_settings(**kwargs)  # type: ignore[misc]

    def forward(self, inputs: list[Any], **_: Any) -> list[Any]:
        """Return the finished data samples that ``preprocess`` yielded."""
        return inputs

    def _inputs_to_list(self, inputs: Any) -> Iterable[Any]:
        """As in MMPose; frames from an iterator count as a video of unknown size."""
        listed = super()._inputs_to_list(inputs)  # type: ignore[misc]
        self._source_path = inputs if self._video_input else None
        if isinstance(inputs, str) and isinstance(listed, list):
            return sorted(listed, key=_natural)
        if not hasattr(listed, '__len__'):
            self._video_input = True
            fps = next((s.fps for s in self._smoothers if s.fps), ASSUMED_FPS)
            self.video_info = dict(fps=fps, fps_known=False, name='frames.mp4', writer=None,
                                   width=None, height=None, predictions=[])
        return listed

    def _is_clip(self, inputs: Any, image_sequence: bool) -> bool:
        """Whether the inputs are to be smoothed; refuse those that cannot be."""
        if not hasattr(inputs, '__len__'):
            if self._lookaheads is None:
                raise ConfigError(
                    'Frames that come one by one (a webcam, a generator) have no end to wait for, '
                    'so they cannot be smoothed as a whole. Give lookahead=N, the number of '
                    f'frames by which results may come late: {type(self).__name__}(..., '
                    "lookahead=5), or in the config smoother=dict(type='PoseSmoother', "
                    'filters=[...], lookahead=5).')
            return True
        if self._video_input or image_sequence:
            return True
        if len(inputs) > 1:
            raise ConfigError(
                f'{len(inputs)} pictures came. Smoothing would mix pictures that have nothing to '
                'do with one another; if they are the frames of one video in order, say '
                'image_sequence=True in the call, else give them one by one.')
        return False

    @property
    def _smoothers(self) -> list[PoseSmoother]:
        return [stage.smoother for stage in self._stages if stage.smoother is not None]

    def _fps(self) -> float | None:
        """Frames per second of the input; None if the smoothers must say."""
        if self._video_input and self.video_info.get('fps_known', True):
            fps = self.video_info['fps']
            if fps and np.isfinite(fps) and fps > 0:
                return float(fps)
        if any(smoother.fps is None for smoother in self._smoothers):
            print_log(f'The frame rate of the input is not known; {ASSUMED_FPS:g} frames per '
                      'second are assumed. Say fps=... in the smoother to set it.',
                      logger='current', level=logging.WARNING)
        return None

    def _read_again(self, inputs: Any, frames: list[Any],
                    finish: Callable[[Any, Any], Any]) -> Iterator[Any]:
        """Read a clip a second time and join its frames with the finished ones.

        Args:
            inputs: The clip, as it was given to ``preprocess``.
            frames: The finished frames.
            finish: Makes the data samples of a finished frame and its picture.

        Yields:
            The data samples and the picture, as ``preprocess`` does.
        """
        again = mmcv.VideoReader(self._source_path) if self._source_path else inputs
        for frame, original in zip_longest(frames, again, fillvalue=_NOTHING):
            if frame is _NOTHING or original is _NOTHING:
                raise DataFormatError(
                    f'The input gave {len(frames)} frames when read first and '
                    f"{'more' if frame is _NOTHING else 'fewer'} when read again; smooth it in "
                    'one pass with lookahead=N.')
            yield finish(frame, original), [original]


def _natural(path: str) -> list[Any]:
    """Key that sorts ``9.jpg`` before ``10.jpg``."""
    return [int(part) if part.isdigit() else part for part in re.split(r'(\d+)', path)]
