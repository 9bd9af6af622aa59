"""Comparing smoothers: every smoother on one data set, at every look-ahead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from ..evaluation.clip import Clip
from ..smoothers import PoseSmoother
from ..smoothers.build import build_smoother
from ..utils.deprecation import renamed_arguments
from .batch import smooth_clips
from .data import BenchmarkData
from .networks import NetworkEntry, refine_clips
from .pareto import candidate_records, tune_on
from .record import Record
from .scoring import evaluate
from .tuning import SPACES, Tuned, setting_text

#: Train clips to tune on at a limited look-ahead, where a setting costs a run per frame.
LIVE_TUNING_CLIPS = 60


@renamed_arguments(removed_in='0.3.0', front='pareto', say='log')
def compare_smoothers(data: BenchmarkData, smoothers: Sequence[str],
                      networks: Mapping[str, NetworkEntry],
                      lookaheads: Sequence[int | None] = (None,),
                      log: Callable[[str], None] = lambda _: None,
                      pareto: bool = False) -> Iterator[Record]:
    """Measure smoothers on one data set.

    Args:
        data: The clips.
        smoothers: Names of :data:`~.tuning.SPACES`, which are tuned on the train split where
            there is one, presets and config files.
        networks: Networks by their name in tables.
        lookaheads: Frames of future that results may depend on; None is the whole clip. Defaults
            to the whole clip only.
        log: Called with a line of text before each step. Defaults to no output.
        pareto: Also tune the filters on the test clips themselves and yield a record of every
            setting that is tried: the best that each filter can reach, with the truth known.
            Defaults to False.

    Yields:
        The record of the raw input, then one per smoother, setting and look-ahead.

    Raises:
        ConfigError: A smoother is unknown.
        DataFormatError: Filters are to be tuned on clips without truth.
    """
    # First, so that a wrong name is reported before hours of tuning.
    stock = {name: build_smoother(dict(SPACES[name].fixed) if name in SPACES else name)
             for name in smoothers}
    raw = [clip.inputs for clip in data.clips]
    yield Record(data.name, 'input', metrics=_output_only(evaluate(data.clips, raw, data.metrics)))
    for name, outputs in data.outputs.items():
        yield Record(data.name, name, metrics=evaluate(data.clips, outputs, data.metrics))

    @cache
    def candidates(name: str, lookahead: int | None) -> list[Record]:
        log(f'{data.name}: every setting of {name}{_at(lookahead)}')
        return candidate_records(name, data, lookahead)

    @cache
    def tunings(name: str, lookahead: int | None) -> list[Tuned]:
        log(f'{data.name}: tuning {name}{_at(lookahead)}')
        return _tuned(name, data, lookahead)

    for lookahead in lookaheads:
        for name in smoothers:
            # Causal filters give the same result at every look-ahead.
            reach = None if stock[name].filters[0].causal else lookahead
            if pareto and name in SPACES:
                yield from (replace(record, lookahead=lookahead)
                            for record in candidates(name, reach))
            if name not in SPACES or not data.train:
                yield _measured(data, name, stock[name], lookahead)
                continue
            for tuned in tunings(name, reach):
                record = _measured(data, name, build_smoother(tuned.config), lookahead,
                                   setting=setting_text(tuned.config))
                record.tuned_for = tuned.aim
                if not tuned.inside:
                    record.setting += ' (at the edge of the grid)'
                yield record
        for name, entry in networks.items():
            log(f'{data.name}: {name}')
            yield _timed(data, name, lambda: refine_clips(entry, data.clips, lookahead),  # noqa: B023
                         lookahead)


def _at(lookahead: int | None) -> str:
    return '' if lookahead is None else f' at look-ahead {lookahead}'


def _tuned(name: str, data: BenchmarkData, lookahead: int | None) -> list[Tuned]:
    train = data.train
    if lookahead is not None and len(train) > LIVE_TUNING_CLIPS:
        chosen = np.linspace(0, len(train) - 1, LIVE_TUNING_CLIPS).round().astype(int)
        train = [train[i] for i in chosen]
    return tune_on(train, name, data.root_align, lookahead)


def _measured(data: BenchmarkData, name: str, smoother: PoseSmoother, lookahead: int | None,
              setting: str = '') -> Record:
    return _timed(data, name, lambda: smooth_clips(smoother, data.clips, lookahead), lookahead,
                  setting)


def _timed(data: BenchmarkData, name: str, refine: Callable[[], list[np.ndarray]],
           lookahead: int | None, setting: str = '') -> Record:
    start = time.perf_counter()
    refined = refine()
    seconds = time.perf_counter() - start
    metrics = evaluate(data.clips, refined, data.metrics)
    frames = sum(len(clip.inputs) for clip in data.clips)
    metrics['frames_per_second'] = frames / max(seconds, 1e-9)
    return Record(data.name, name, setting, '', lookahead, metrics)


def _output_only(metrics: Mapping[str, float]) -> dict[str, float]:
    return {key: value for key, value in metrics.items() if not key.startswith('improvement_')}


def noisy(clips: Sequence[Clip], std: float, prob: float, seed: int = 0) -> list[Clip]:
    """Clips whose input is the truth with Gaussian noise (SmoothNet supplement, 2.6).

    Args:
        clips: Clips with truth.
        std: Standard deviation, mm in 3D and px in 2D.
        prob: Probability of noise on a value.
        seed: Seed of the noise. Defaults to 0.

    Returns:
        New clips.
    """
    rng = np.random.default_rng(seed)
    result = []
    for clip in clips:
        truth = np.asarray(clip.target, np.float64)
        hit = rng.random(truth.shape) < prob
        coords = truth + rng.normal(0, std / clip.scale, truth.shape) * hit
        result.append(clip.replace(inputs=coords, scores=None, pred=None))
    return result
