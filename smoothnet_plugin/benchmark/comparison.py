"""Who smooths best: every smoother on every data, at every look-ahead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..evaluation.clip import Clip
from ..smoothers import PoseSmoother
from ..smoothers.build import build_smoother
from .batch import smooth_clips
from .data import BenchmarkData
from .networks import NetworkEntry, refine_clips
from .pareto import front_records, tune_on
from .report import Record
from .scoring import evaluate
from .tuning import SPACES, Tuned, words

#: Train clips to tune on at a limited look-ahead, where a setting costs a run per frame.
LIVE_TUNING_CLIPS = 60


def compare_smoothers(data: BenchmarkData, smoothers: Sequence[str],
                      networks: Mapping[str, NetworkEntry],
                      lookaheads: Sequence[int | None] = (None,),
                      say: Callable[[str], None] = lambda _: None,
                      front: bool = False) -> Iterator[Record]:
    """Measure smoothers on one data.

    Args:
        data: The clips.
        smoothers: Names of :data:`~.tuning.SPACES` are tuned on the train split where there is
            one; other names are presets or config files, taken as they are.
        networks: Networks by the name that tables shall use.
        lookaheads: Frames of future to allow; None is the whole clip. Defaults to the whole clip
            only.
        say: Told what is under way. Defaults to nothing.
        front: Whether filters are also tuned on the very clips to measure on, with a record of
            every setting that was tried: what they could reach if the truth were known. Defaults
            to False.

    Yields:
        The raw input's record, then one per smoother, setting and look-ahead.

    Raises:
        DataFormatError: Filters are to be tuned on clips without truth.
    """
    # First of all, so that a wrong name is told before hours of tuning.
    stock = {name: build_smoother(dict(SPACES[name].fixed) if name in SPACES else name)
             for name in smoothers}
    raw = [clip.inputs for clip in data.clips]
    yield Record(data.name, 'input', metrics=_output_only(evaluate(data.clips, raw, data.metrics)))
    for name, outputs in data.outputs.items():
        yield Record(data.name, name, metrics=evaluate(data.clips, outputs, data.metrics))
    known: dict[tuple[str, int | None], list[Tuned]] = {}
    fronts: dict[tuple[str, int | None], list[Record]] = {}
    for lookahead in lookaheads:
        for name in smoothers:
            # Filters that need no future do the same at every look-ahead.
            key = (name, None if stock[name].filters[0].causal else lookahead)
            at = f' at look-ahead {lookahead}' if key[1] is not None else ''
            if front and name in SPACES:
                if key not in fronts:
                    say(f'{data.name}: every setting of {name}{at}')
                    fronts[key] = front_records(name, data, key[1])
                yield from (replace(record, lookahead=lookahead) for record in fronts[key])
            if name not in SPACES or not data.train:
                yield _measured(data, name, stock[name], lookahead)
                continue
            if key not in known:
                say(f'{data.name}: tuning {name}{at}')
                known[key] = _tuned(name, data, key[1])
            for tuned in known[key]:
                record = _measured(data, name, build_smoother(tuned.config), lookahead,
                                   setting=words(tuned.config))
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
        sigma = std / clip.scale
        hit = rng.random(truth.shape) < prob
        coords = truth + rng.normal(0, sigma, truth.shape) * hit
        result.append(clip.replace(inputs=coords, scores=None, pred=None))
    return result
