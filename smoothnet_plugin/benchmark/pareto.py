"""Dominance: every setting of every filter against the presets and networks of a benchmark.

A record is dominated by another one if neither the MPJPE nor the acceleration error of the other
one is larger. The records that no other record dominates are the Pareto front.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..evaluation.clip import Clip
from ..smoothers.build import build_smoother
from .batch import smooth_clips
from .data import BenchmarkData
from .record import Record
from .scoring import Scorer
from .tuning import Tuned, setting_text, tune


def tune_on(clips: Sequence[Clip], name: str, root_align: bool,
            lookahead: int | None) -> list[Tuned]:
    """Find the best settings of a filter on clips.

    Args:
        clips: Clips with truth.
        name: Key of :data:`~.tuning.SPACES`.
        root_align: Whether 3D keypoints are measured relative to the root where it is known.
        lookahead: Frames of future that results may depend on, or None for whole clips.

    Returns:
        See :func:`~.tuning.tune`.

    Raises:
        DataFormatError: A clip has no truth.
    """
    scorer = Scorer(clips, root_align)
    return tune(name, lambda config: scorer(smooth_clips(build_smoother(config), clips, lookahead)),
                scorer([clip.inputs for clip in clips]))


def candidate_records(name: str, data: BenchmarkData, lookahead: int | None) -> list[Record]:
    """Tune a filter on the test clips themselves; a record of every setting that was tried.

    The grid is widened and refined as on a train split, so it extends beyond the best setting on
    both sides.

    Args:
        name: Key of :data:`~.tuning.SPACES`.
        data: The clips.
        lookahead: Frames of future that results may depend on, or None for whole clips.

    Returns:
        Records with ``candidate`` set; they hold the MPJPE and the acceleration error.
    """
    tuned = tune_on(data.clips, name, data.root_align, lookahead)
    return [Record(data.name, name, setting_text(config), '', lookahead, score._asdict(),
                   candidate=True)
            for config, score in tuned[0].tried]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that no other point dominates: none is as low in both values.

    Args:
        points: Pairs of values, for which less is better.

    Returns:
        The points of the front, sorted by their first value.

    Example:
        >>> pareto_front([(3, 1), (1, 3), (2, 2), (3, 3), (2, 4)])
        [(1, 3), (2, 2), (3, 1)]
    """
    front: list[tuple[float, float]] = []
    for point in sorted(points):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return front


def dominance_notes(records: Sequence[Record]) -> list[str]:
    """State for every preset and network whether a setting of a filter dominates it.

    Settings with a smaller look-ahead are compared, too.

    Args:
        records: Records of a benchmark, with the candidates.

    Returns:
        A sentence for each record of a smoother without candidates.
    """
    filters = {record.smoother for record in records if record.candidate}
    return [_note(record, [r for r in records if r.data == record.data and not r.source
                           and r.smoother in filters and _within_lookahead(r, record)])
            for record in records
            if filters and record.smoother not in filters and record.smoother != 'input'
            and not record.source and {'mpjpe', 'accel_error'} <= record.metrics.keys()]


def _note(record: Record, candidates: Sequence[Record]) -> str:
    mpjpe, accel = record.metrics['mpjpe'], record.metrics['accel_error']
    name = f'{record.data}: {record.smoother}'
    if record.lookahead is not None:
        name += f' at look-ahead {record.lookahead}'
    tried = f'{len(candidates)} settings of {len({r.smoother for r in candidates})} filters'
    as_accurate = [r for r in candidates if r.metrics['mpjpe'] <= mpjpe]
    if not as_accurate:
        nearest = min(candidates, key=lambda r: r.metrics['mpjpe'])
        return (f'{name} is not dominated by any of {tried}: none reaches its MPJPE of '
                f'{mpjpe:.2f}; the nearest is {_described(nearest)}.')
    best = min(as_accurate, key=lambda r: r.metrics['accel_error'])
    dominating = sum(r.metrics['accel_error'] <= accel for r in as_accurate)
    result = f'is dominated by {dominating}' if dominating else 'is not dominated by any'
    return (f'{name} {result} of {tried}: among those with at most its MPJPE of {mpjpe:.2f}, the '
            f'least acceleration error is that of {_described(best)}; its own is {accel:.2f}.')


def _described(record: Record) -> str:
    return (f"{record.smoother} ({record.setting}) with MPJPE {record.metrics['mpjpe']:.2f} and "
            f"acceleration error {record.metrics['accel_error']:.2f}")


def _within_lookahead(candidate: Record, record: Record) -> bool:
    return record.lookahead is None or (
        candidate.lookahead is not None and candidate.lookahead <= record.lookahead)
