"""Who smooths best: every smoother on every data, at every look-ahead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...smoothers import PoseSmoother
from ...smoothers.build import build_smoother
from .batch import smooth_clips
from .clips import Clip
from .data import BenchmarkData
from .networks import NetworkEntry, refine_clips
from .report import Record
from .scoring import Scorer, evaluate
from .tuning import SPACES, Tuned, tune

#: Train clips to tune on at a limited look-ahead, where a setting costs a run per frame.
LIVE_TUNING_CLIPS = 60


def contest(data: BenchmarkData, smoothers: Sequence[str], networks: Mapping[str, NetworkEntry],
            lookaheads: Sequence[int | None] = (None,),
            say: Callable[[str], None] = lambda _: None) -> Iterator[Record]:
    """Measure smoothers on one data.

    Args:
        data: The clips.
        smoothers: Names of :data:`~.tuning.SPACES` are tuned on the train split where there is
            one; other names are presets or config files, taken as they are.
        networks: Networks by the name that tables shall use.
        lookaheads: Frames of future to allow; None is the whole clip. Defaults to the whole clip
            only.
        say: Told what is under way. Defaults to nothing.

    Yields:
        The raw input's record, then one per smoother, setting and look-ahead.
    """
    raw = [clip.coords for clip in data.clips]
    yield Record(data.name, 'input', metrics=_output_only(evaluate(data.clips, raw, data.metrics)))
    for name, outputs in data.outputs.items():
        yield Record(data.name, name, metrics=evaluate(data.clips, outputs, data.metrics))
    known: dict[tuple[str, int | None], list[Tuned]] = {}
    for lookahead in lookaheads:
        for name in smoothers:
            stock = build_smoother(dict(SPACES[name].fixed) if name in SPACES else name)
            if name not in SPACES or not data.train:
                yield _measured(data, name, stock, lookahead)
                continue
            key = (name, None if stock.filters[0].causal else lookahead)
            if key not in known:
                say(f'{data.name}: tuning {name}'
                    + (f' at look-ahead {lookahead}' if key[1] is not None else ''))
                known[key] = _tuned(name, data, key[1])
            for tuned in known[key]:
                record = _measured(data, name, build_smoother(tuned.config), lookahead,
                                   setting=_words(tuned.config))
                record.tuned_for = tuned.aim
                if not tuned.inside:
                    record.setting += ' (at the edge of the grid)'
                yield record
        for name, entry in networks.items():
            say(f'{data.name}: {name}')
            yield _timed(data, name, lambda: refine_clips(entry, data.clips, lookahead),  # noqa: B023
                         lookahead)


def _tuned(name: str, data: BenchmarkData, lookahead: int | None) -> list[Tuned]:
    train = data.train
    if lookahead is not None and len(train) > LIVE_TUNING_CLIPS:
        chosen = np.linspace(0, len(train) - 1, LIVE_TUNING_CLIPS).round().astype(int)
        train = [train[i] for i in chosen]
    scorer = Scorer(train, data.root_align)
    raw = scorer([clip.coords for clip in train])
    return tune(name, lambda config: scorer(smooth_clips(build_smoother(config), train, lookahead)),
                raw)


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
    frames = sum(len(clip.coords) for clip in data.clips)
    metrics['frames_per_second'] = frames / max(seconds, 1e-9)
    return Record(data.name, name, setting, '', lookahead, metrics)


def _output_only(metrics: Mapping[str, float]) -> dict[str, float]:
    return {key: value for key, value in metrics.items() if not key.startswith('improvement_')}


def _words(config: Mapping[str, Any]) -> str:
    return ', '.join(f'{key}={value:.3g}' if isinstance(value, float) else f'{key}={value}'
                     for key, value in config.items() if key != 'type')


def noisy(clips: Sequence[Clip], std: float, prob: float, seed: int = 0) -> list[Clip]:
    """The truth with Gaussian noise as the input (supplement, section 2.6).

    Args:
        clips: Clips with truth.
        std: Standard deviation, mm in 3D and px in 2D.
        prob: Probability that a value is hit.
        seed: Seed of the noise. Defaults to 0.

    Returns:
        New clips.
    """
    rng = np.random.default_rng(seed)
    result = []
    for clip in clips:
        truth = np.asarray(clip.target, np.float64)
        sigma = std / 1000 if clip.unit == 'm' else std
        hit = rng.random(truth.shape) < prob
        coords = truth + rng.normal(0, sigma, truth.shape) * hit
        result.append(Clip(coords, clip.target, clip.mask, None, clip.meta, clip.undo))
    return result
