"""The front of the filters: what any setting of any filter reaches, and who lies before it."""

from __future__ import annotations

from collections.abc import Sequence

from ..evaluation.clip import Clip
from ..smoothers.build import build_smoother
from .batch import smooth_clips
from .data import BenchmarkData
from .report import Record
from .scoring import Scorer
from .tuning import Tuned, tune, words


def tune_on(clips: Sequence[Clip], name: str, root_align: bool,
            lookahead: int | None) -> list[Tuned]:
    """Find the best settings of a filter on clips.

    Args:
        clips: Clips with truth.
        name: Key of :data:`~.tuning.SPACES`.
        root_align: Whether 3D keypoints are measured relative to the root where it is known.
        lookahead: Frames of future to allow, or None for whole clips.

    Returns:
        See :func:`~.tuning.tune`.

    Raises:
        DataFormatError: A clip has no truth.
    """
    scorer = Scorer(clips, root_align)
    return tune(name, lambda config: scorer(smooth_clips(build_smoother(config), clips, lookahead)),
                scorer([clip.inputs for clip in clips]))


def front_records(name: str, data: BenchmarkData, lookahead: int | None) -> list[Record]:
    """Tune a filter on the very clips to measure on; a record of every setting that was tried.

    The grid is widened and refined as on a train split, so that it reaches beyond the best
    setting on either side.

    Args:
        name: Key of :data:`~.tuning.SPACES`.
        data: The clips.
        lookahead: Frames of future to allow, or None for whole clips.

    Returns:
        Records with ``front`` set; they know MPJPE and acceleration error.
    """
    tuned = tune_on(data.clips, name, data.root_align, lookahead)
    return [Record(data.name, name, words(config), '', lookahead, score._asdict(), front=True)
            for config, score in tuned[0].tried]


def verdicts(records: Sequence[Record]) -> list[str]:
    """Say of everything but filters whether some setting of a filter is better in every respect.

    A setting dominates where neither its MPJPE nor its acceleration error is larger. Settings
    that wait for fewer frames compete, too.

    Args:
        records: Records of a benchmark, with those of the front.

    Returns:
        A sentence or two for each record that is not of a filter of the front.
    """
    filters = {record.smoother for record in records if record.front}
    return [_verdict(record, [r for r in records if r.data == record.data and not r.source
                              and r.smoother in filters and _waits_no_longer(r, record)])
            for record in records
            if filters and record.smoother not in filters and record.smoother != 'input'
            and not record.source and {'mpjpe', 'accel_error'} <= record.metrics.keys()]


def _verdict(record: Record, rivals: Sequence[Record]) -> str:
    mpjpe, accel = record.metrics['mpjpe'], record.metrics['accel_error']
    name = f'{record.data}: {record.smoother}'
    if record.lookahead is not None:
        name += f' at look-ahead {record.lookahead}'
    tried = f'{len(rivals)} settings of {len({r.smoother for r in rivals})} filters'
    as_near = [r for r in rivals if r.metrics['mpjpe'] <= mpjpe]
    if not as_near:
        nearest = min(rivals, key=lambda r: r.metrics['mpjpe'])
        return (f'{name} is not dominated by any of {tried}: none reaches its MPJPE of '
                f'{mpjpe:.2f}, the nearest is {_told(nearest)}.')
    best = min(as_near, key=lambda r: r.metrics['accel_error'])
    dominating = sum(r.metrics['accel_error'] <= accel for r in as_near)
    verdict = (f'is dominated by {dominating}' if dominating else 'is not dominated by any')
    return (f'{name} {verdict} of {tried}: at no more than its MPJPE of {mpjpe:.2f} the least '
            f'acceleration error is that of {_told(best)}, against its {accel:.2f}.')


def _told(record: Record) -> str:
    return (f"{record.smoother} ({record.setting}) with MPJPE {record.metrics['mpjpe']:.2f} and "
            f"acceleration error {record.metrics['accel_error']:.2f}")


def _waits_no_longer(rival: Record, record: Record) -> bool:
    return record.lookahead is None or (
        rival.lookahead is not None and rival.lookahead <= record.lookahead)
