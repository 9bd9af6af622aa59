"""Code shared by the smoothing inferencers: kinds of input, and JSON with track ids."""

from __future__ import annotations

import logging
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
from ...utils.files import natural_key
from .config_key import SEQUENCE_KEY, with_paths
from .convert import instance_records
from .stage import SmoothingStage, chosen_lookahead

_NOTHING = object()


class PostprocessMixin:
    """Adds track ids to the returned predictions and to the JSON files."""

    _video_input: bool
    video_info: dict[str, Any]

    def postprocess(self,
                    preds: list[Any],
                    visualization: Any,
                    return_datasample: bool | None = None,
                    return_datasamples: bool = False,
                    pred_out_dir: str = '') -> dict[str, Any]:
        """Pack the results of a frame and store or dump its predictions.

        As in MMPose, with three differences: people have ``track_id`` (and ``filled`` if they
        are interpolated); predictions are dumped even if data samples are returned; and the dump
        has one entry per frame, even if there is one data sample per person.

        Args:
            preds: The frame's data samples.
            visualization: The return value of ``visualize``.
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
    """Recognises clips, finds their frame rate, and reads them a second time."""

    model: Any
    cfg: Any
    #: Names of the arguments that give the smoother of each stage, in the order of the stages.
    _stage_options: tuple[str, ...]
    _stages: list[SmoothingStage]
    _lookaheads: list[int] | None
    _own: tuple[list[SmoothingStage], int | None]
    _call_options: dict[str, Any] = {}
    _source_path: str | None = None

    def update_model_visualizer_settings(self, **kwargs: Any) -> None:
        """Store all arguments of the call, then do as MMPose does."""
        # preprocess() receives its own arguments only, but it runs the model here.
        self._call_options = kwargs
        self._choose_stages(kwargs)
        super().update_model_visualizer_settings(**kwargs)  # type: ignore[misc]

    def _set_stages(self, stages: list[SmoothingStage], lookahead: int | None) -> None:
        """Use these stages for all calls that name no smoother."""
        self._own = stages, lookahead
        self._choose_stages({})

    def _choose_stages(self, options: dict[str, Any]) -> None:
        """Use the smoothers and the look-ahead of a call, and the inferencer's for all others."""
        stages, lookahead = self._own
        given = [with_paths(options.get(name), self.cfg) for name in self._stage_options]
        self._stages = [stage if entry is None else stage.with_smoother(entry)
                        for stage, entry in zip(stages, given)]
        if options.get('lookahead') is not None:
            lookahead = options['lookahead']
        self._lookaheads = chosen_lookahead(lookahead, *self._stages)

    def forward(self, inputs: list[Any], **_: Any) -> list[Any]:
        """Return the finished data samples that ``preprocess`` yielded."""
        return inputs

    def _inputs_to_list(self, inputs: Any) -> Iterable[Any]:
        """As in MMPose, but frames from an iterator count as a video of unknown size."""
        listed = super()._inputs_to_list(inputs)  # type: ignore[misc]
        self._source_path = inputs if self._video_input else None
        if isinstance(inputs, str) and isinstance(listed, list):
            return sorted(listed, key=natural_key)
        if not hasattr(listed, '__len__'):
            self._video_input = True
            fps = next((s.fps for s in self._smoothers if s.fps), ASSUMED_FPS)
            self.video_info = dict(fps=fps, fps_known=False, name='frames.mp4', writer=None,
                                   width=None, height=None, predictions=[])
        return listed

    def _is_clip(self, inputs: Any, image_sequence: bool | None) -> bool:
        """Whether to smooth the inputs; inputs that cannot be smoothed raise an error."""
        if image_sequence is None:
            image_sequence = bool(self.cfg.get(SEQUENCE_KEY, False))
        if not hasattr(inputs, '__len__'):
            if self._lookaheads is None:
                raise ConfigError(
                    'A stream of frames (a webcam, a generator) has no known end, so it cannot be '
                    'smoothed as a whole. Specify lookahead=N, the allowed delay in frames: '
                    f'{type(self).__name__}(..., '
                    "lookahead=5), or in the config smoother=dict(type='PoseSmoother', "
                    'filters=[...], lookahead=5).')
            return True
        if self._video_input or image_sequence:
            return True
        if len(inputs) > 1:
            raise ConfigError(
                f'The input is {len(inputs)} images. Smoothing would mix unrelated images. If '
                'they are the frames of one video in order, specify image_sequence=True in the '
                'call, or image_sequence = True in the config; otherwise pass them one at a '
                'time.')
        return False

    @property
    def _smoothers(self) -> list[PoseSmoother]:
        return [stage.smoother for stage in self._stages if stage.smoother is not None]

    def _fps(self) -> float | None:
        """Frames per second of the input, or None to use the smoothers' own."""
        if self._video_input and self.video_info.get('fps_known', True):
            fps = self.video_info['fps']
            if fps and np.isfinite(fps) and fps > 0:
                return float(fps)
        if any(smoother.fps is None for smoother in self._smoothers):
            print_log(f'The frame rate of the input is unknown; {ASSUMED_FPS:g} frames per '
                      'second are assumed. Set fps=... in the smoother.',
                      logger='current', level=logging.WARNING)
        return None

    def _read_again(self, inputs: Any, frames: list[Any],
                    finish: Callable[[Any, Any], Any]) -> Iterator[Any]:
        """Read a clip a second time and join its frames with the finished ones.

        Args:
            inputs: The clip, as passed to ``preprocess``.
            frames: The finished frames.
            finish: Makes the data samples of a finished frame and its image.

        Yields:
            The data samples and the image, as ``preprocess`` does.
        """
        again = mmcv.VideoReader(self._source_path) if self._source_path else inputs
        for frame, original in zip_longest(frames, again, fillvalue=_NOTHING):
            if frame is _NOTHING or original is _NOTHING:
                raise DataFormatError(
                    f'The input has {len(frames)} frames at the first reading and '
                    f"{'more' if frame is _NOTHING else 'fewer'} at the second; smooth it in "
                    'one pass with lookahead=N.')
            yield finish(frame, original), [original]
