import math

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.benchmark.record import Record
from smoothnet_plugin.benchmark.report import joint_table
from smoothnet_plugin.evaluation import JointChangeMetric
from smoothnet_plugin.evaluation.functional.followed import (
    moving,
    not_followed,
    speed_energies,
    speed_kept,
)
from smoothnet_plugin.evaluation.joint_change_metric import changes_of_metrics
from smoothnet_plugin.evaluation.joint_changes import (
    ALL,
    change_of,
    joint_changes,
    joint_groups,
    joint_sums,
)
from smoothnet_plugin.registry import METRICS
from smoothnet_plugin.smoothers.joint_change import JointChange, overall_words
from smoothnet_plugin.structures import PoseSequence, PoseTracks, Skeleton, get_skeleton

FPS = 30


@pytest.fixture
def swing(rng):
    """(truth, noisy) of four joints in pixels; the last one stands still."""
    time = np.arange(300)[:, None, None] / FPS
    truth = 300 + 80 * np.sin(2 * np.pi * 0.8 * time + rng.uniform(0, 6, (1, 4, 2)))
    truth[:, 3] = 300
    return truth, truth + rng.normal(0, 2, truth.shape)


def kept(before, after):
    over, under = speed_kept(before, after, FPS)
    return math.sqrt(over / under)


def test_speed_kept_does_not_count_jitter(swing):
    truth, noisy = swing
    moves = moving(noisy, FPS)
    assert moves.tolist() == [True, True, True, False]
    truth, noisy = truth[:, moves], noisy[:, moves]
    assert kept(noisy, truth) == pytest.approx(1, abs=0.01)
    assert kept(noisy, noisy) == 1
    middle = truth.mean(axis=0)
    for share in (0.9, 0.5):
        assert kept(noisy, middle + share * (truth - middle)) == pytest.approx(share, abs=0.01)
    assert kept(noisy, np.broadcast_to(middle, truth.shape)) == pytest.approx(0, abs=1e-6)


def test_gaps_have_no_speed(swing):
    truth, _ = swing
    holed = truth.copy()
    holed[::10] = np.nan
    energy, _ = speed_energies(holed, FPS)
    whole, _ = speed_energies(truth, FPS)
    # Each line has 7 frames: of ten windows three hold no gap.
    assert 0.2 * whole[0] < energy[0] < 0.4 * whole[0]
    for short in (0, 1, 3):
        assert speed_energies(truth[:short], FPS)[0].tolist() == [0] * 4
        assert not not_followed(truth[:short], truth[:short], FPS).any()


def test_what_is_left_aside(swing):
    truth, noisy = swing
    noisy[50:53, 1] += 60
    noisy[100] = np.nan
    found = not_followed(noisy, truth, FPS)
    assert found[50:53, 1].all() and found.sum() < 3 + 0.01 * found.size and not found[100].any()
    # Who is merely late follows: the path is the same.
    late = np.concatenate([truth[:1], truth[:-1]])
    assert not not_followed(truth, late, FPS)[:-1].any()


def test_groups():
    groups = joint_groups(get_skeleton('coco').keypoint_names)
    assert groups['wrist'] == [9, 10] and next(iter(groups)) == 'nose' and len(groups) == 9
    assert joint_groups(()) == {}


def sums_of(before, after, truth=None):
    return joint_sums(before, after, np.zeros(before.shape[:2], bool), FPS,
                      {'wrist': [0, 1], 'still': [3]}, truth)


def test_change_of_a_joint(swing):
    truth, noisy = swing
    late = np.concatenate([truth[:2], truth[:-2]])
    change = change_of('wrist', [sums_of(noisy, late, truth)['wrist']])
    assert change.lag == pytest.approx(2, abs=0.05)
    assert change.speed_kept == pytest.approx(1, abs=0.02)
    assert change.error_before == pytest.approx(2 * math.sqrt(math.pi / 2), rel=0.1)
    assert change.error_after > change.error_before and change.intervals == {}
    assert change.words == ['late by 2.0 frames', 'further from the truth than before']
    still = change_of('still', [sums_of(noisy, truth)['still']])
    assert math.isnan(still.speed_kept) and math.isnan(still.lag) and still.words == []
    assert still.to_dict()['speed_kept'] is None


def test_even_motion_has_neither_jitter_nor_lag():
    """What the root of a body with a made-up translation does, in single precision."""
    path = (np.arange(90.0)[:, None, None] * [0.03, 0, 0] + [0, 0, 3]).astype(np.float32)
    other = path.astype(np.float64) + 1e-7 * np.random.default_rng(0).normal(size=path.shape)
    sums = joint_sums(path.astype(np.float64), other, np.zeros((90, 1), bool), FPS, {})
    change = change_of(ALL, [sums[ALL]])
    assert math.isnan(change.accel_ratio) and math.isnan(change.lag) and change.words == []
    assert change.speed_kept == pytest.approx(1, abs=1e-3)


def test_words(swing):
    truth, noisy = swing
    middle = truth.mean(axis=0)
    for result, words in ((noisy, 'no effect'), (middle + 0.7 * (truth - middle), 'too much: 30%'),
                          (truth, '')):
        found = change_of(ALL, [sums_of(noisy, result)[ALL]]).words
        assert ('; '.join(found)).startswith(words) and bool(found) == bool(words)
    wide = JointChange('knee', 5, speed_kept=0.8, intervals={'speed_kept': (0.7, 0.95)})
    assert wide.words == [], 'an interval that reaches 0.9 proves nothing'
    assert JointChange('knee', 1, filled=0.5, distrusted=0.2).words == [
        '50% is interpolated, not seen', 'often wrong in the input']
    changes = [JointChange(name, 1, speed_kept=0.5) for name in 'abc']
    assert overall_words(changes) == ['too much for most joints']
    assert overall_words([*changes[:1], *(JointChange(n, 1) for n in 'xyz')]) == ['too much for a']


def test_intervals_are_over_clips(swing, rng):
    truth, noisy = swing
    middle = truth.mean(axis=0)
    shares = [0.6, 0.7, 0.8, 0.9, 1.0]
    clips = [sums_of(noisy, middle + share * (truth - middle))['wrist'] for share in shares]
    change = change_of('wrist', clips)
    low, high = change.intervals['speed_kept']
    mean = math.sqrt(np.mean(np.square(shares)))
    assert change.speed_kept == pytest.approx(mean, abs=0.01) and change.clips == 5
    # About 1.96 standard errors of the mean of five values with this spread.
    assert high - low == pytest.approx(2 * 1.96 * np.std(shares) / math.sqrt(5), rel=0.25)
    assert low < mean < high and change_of('wrist', clips) == change
    assert change.shown('speed_kept', '.0%') == f'{mean:.0%} [{low * 100:.0f} to {high * 100:.0f}]'
    assert change_of('wrist', clips[:2]).intervals == {}


def test_tracks(swing):
    truth, noisy = swing
    names = Skeleton('four', ('left_wrist', 'right_wrist', 'nose', 'root'))
    rows = np.r_[0:100, 105:200, 100000:100050]  # a short gap and a very long one
    person = PoseSequence(noisy[:len(rows)], frame_ids=rows, fps=FPS, skeleton=names)
    before = PoseTracks(dict.fromkeys('abc', person), fps=FPS,
                        frame_ids=np.r_[0:200, 100000:100050])
    after = smooth(before, 'gaussian')
    overall, *single = joint_changes(before, after, fps=FPS)
    assert overall.joint == ALL and overall.clips == 3 and 'wrist' in {c.joint for c in single}
    assert overall.filled == pytest.approx(5 / 250)
    low, high = overall.intervals['filled']
    assert low == pytest.approx(high)  # the same person three times
    turned = PoseTracks.from_array(np.zeros((9, 2, 3)), representation='axis_angle')
    assert joint_changes(turned, turned, fps=FPS) == ()


def test_metric_and_table(swing):
    truth, noisy = swing
    names = ['left_wrist', 'right_wrist', 'nose', 'root']

    def sample(name, share):
        middle = truth.mean(axis=0)
        return {'pred': middle + share * (truth - middle), 'inputs': noisy, 'target': truth,
                'mask': None, 'meta': {'name': name, 'dataset': 'd', 'fps': FPS, 'unit': 'px',
                                       'representation': 'keypoints_2d', 'keypoint_names': names}}

    metric = METRICS.build({'type': 'smoothnet_plugin.JointChangeMetric'})
    assert isinstance(metric, JointChangeMetric)
    metric.process({}, [sample(str(i), share) for i, share in enumerate((0.6, 0.7, 0.8))])
    values = metric.evaluate(3)
    assert values['joint/wrist/speed_kept'] == pytest.approx(0.705, abs=0.01)
    assert values['joint/wrist/speed_kept_low'] < 0.7 < values['joint/wrist/speed_kept_high']
    assert 'joint/root/speed_kept' not in values and 'joint/root/error_after' in values
    changes = {change.joint: change for change in changes_of_metrics(values)}
    assert set(changes) == {ALL, 'wrist', 'nose', 'root'}
    assert changes['wrist'].words[0] == 'too much: 30% of the speed is lost'
    table = joint_table([Record('d', 'input', metrics=values), Record('d', 'mine', metrics=values)])
    assert table.count('| mine | ') == 4 and '| d | input' not in table
    assert 'too much: 30% of the speed is lost' in table and 'error after' in table
    assert joint_table([Record('d', 'mine', metrics={'mpjpe': 1.0})]) == ''
