import math
import re

import numpy as np
import pytest

from smoothnet_plugin.benchmark.batch import smooth_clips
from smoothnet_plugin.benchmark.comparison import compare_smoothers
from smoothnet_plugin.benchmark.data import BenchmarkData, default_metrics, with_do_no_harm
from smoothnet_plugin.benchmark.pareto import dominance_notes, pareto_front
from smoothnet_plugin.benchmark.record import Record
from smoothnet_plugin.benchmark.report import markdown, write
from smoothnet_plugin.benchmark.scoring import evaluate
from smoothnet_plugin.evaluation import Clip
from smoothnet_plugin.smoothers.build import build_smoother


def row(smoother, mpjpe, accel, lookahead=None, candidate=True, **kwargs):
    return Record('d', smoother, 'cutoff=2', '', lookahead,
                  {'mpjpe': mpjpe, 'accel_error': accel}, candidate=candidate, **kwargs)


CANDIDATES = [row('kalman', 10, 3), row('kalman', 9, 5), row('gaussian', 12, 1)]


@pytest.mark.parametrize(('mpjpe', 'accel', 'said'), [
    (11, 4, 'dominated by 1 of 3 settings of 2 filters.* kalman .* MPJPE 10.00 .* error 3.00'),
    (12, 3, 'dominated by 2 of .* gaussian '),
    (10, 2.9, 'not dominated by any of 3 .* least acceleration error is that of kalman .* 2.90'),
    (8, 9, r'none reaches its MPJPE of 8.00; the nearest is kalman .* MPJPE 9.00'),
])
def test_dominance_is_stated(mpjpe, accel, said):
    sentence, = dominance_notes([*CANDIDATES, row('input', 1, 1, candidate=False),
                          row('net', mpjpe, accel, candidate=False)])
    assert re.search(said, sentence), sentence


def test_only_settings_within_the_lookahead_are_compared():
    rows = [row('kalman', 10, 3, 8), row('kalman', 11, 4, 2), row('net', 12, 5, 4, candidate=False)]
    sentence, = dominance_notes(rows)
    assert 'd: net at look-ahead 4 is dominated by 1 of 1 settings' in sentence
    assert dominance_notes([row('net', 12, 5, candidate=False)]) == [], 'nothing to compare with'
    printed = row('SmoothNet', 1, 1, candidate=False, source='supplement 3')
    assert dominance_notes([*CANDIDATES, printed]) == []


def test_tables_leave_candidates_out_and_plots_draw_them(tmp_path):
    rows = [*CANDIDATES, row('net', 11, 4, candidate=False)]
    table = markdown(rows, ('mpjpe', 'accel_error'), dominance_notes(rows))
    assert 'kalman' not in table.split('\n\n')[0] and 'dominated by 1' in table.split('\n\n')[1]
    write(tmp_path / 't.png', rows, ())
    assert pareto_front([(3, 1), (1, 3), (2, 2), (3, 3), (2, 4), (2, 2)]) == [
        (1, 3), (2, 2), (3, 1)]


@pytest.fixture
def data(rng):
    """Clips of two skeletons, with the truth as the motion of both."""
    clips = []
    for number, keypoints in enumerate((3, 5, 3)):
        time = np.arange(40)[:, None, None] / 30
        truth = np.sin(2 * math.pi * time + rng.uniform(0, 6, (1, keypoints, 3)))
        clips.append(Clip(truth + rng.normal(0, 0.05, truth.shape), truth,
                          np.ones((40, keypoints), bool), None,
                          {'name': str(number), 'dataset': 'd', 'fps': 30.0,
                           'unit': 'm', 'representation': 'keypoints_3d'}))
    return BenchmarkData('d', clips, with_do_no_harm(default_metrics(clips), clips))


def test_the_candidates_hold_the_best_setting_of_a_filter(data):
    records = list(compare_smoothers(data, ['gaussian', 'kalman_causal', 'median'], {}, (None, 1),
                           pareto=True))
    listed = [r for r in records if not r.candidate]
    assert [(r.smoother, r.lookahead) for r in listed] == [
        ('input', None), ('gaussian', None), ('kalman_causal', None), ('median', None),
        ('gaussian', 1), ('kalman_causal', 1), ('median', 1)]
    for record in listed[1:]:
        settings = [r for r in records if r.candidate and r.smoother == record.smoother
                    and r.lookahead == record.lookahead]
        assert min(r.metrics['mpjpe'] for r in settings) <= record.metrics['mpjpe'] + 1e-9
        assert len(settings) == len({r.setting for r in settings}) > 5
    # Candidates have the numbers of the metrics, over skeletons of three and of five keypoints.
    stock, = (r for r in records if r.candidate and (r.smoother, r.lookahead) == ('median', None)
              and r.setting == 'window_size=5')
    again = evaluate(data.clips, smooth_clips(build_smoother(
        {'type': 'MedianFilter', 'window_size': 5}), data.clips), data.metrics)
    assert stock.metrics['mpjpe'] == pytest.approx(again['mpjpe'], rel=1e-9)
    assert stock.metrics['accel_error'] == pytest.approx(again['accel_error'], rel=1e-9)


def test_every_record_states_harm(data):
    records = list(compare_smoothers(data, ['gaussian', 'whittaker'], {}))
    assert all({'worst_ratio', 'harmed'} <= r.metrics.keys() for r in records)
    assert records[0].metrics['worst_ratio'] == 1.0
    blind = [Clip(c.inputs, None, c.mask, None, c.meta) for c in data.clips]
    assert with_do_no_harm(default_metrics(blind), blind) == default_metrics(blind)
    own = [{'type': 'DoNoHarmMetric', 'tolerance': 0.1}]
    assert with_do_no_harm(own, data.clips) == own
