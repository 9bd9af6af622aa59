"""What stands before the filters: sides that are exchanged, placeholders, outliers."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import build_smoother, save, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import OutlierGate
from smoothnet_plugin.smoothers import PoseSmoother, preset_names, register_preset
from smoothnet_plugin.smoothers.presets import _PRESETS, known_names
from smoothnet_plugin.structures import (
    PoseFrame,
    PoseInstance,
    PoseSequence,
    PoseTracks,
    get_skeleton,
)

from ..walking import walking_person

LEGS = [(11, 12), (13, 14), (15, 16)]
ARMS = [(5, 6), (7, 8), (9, 10)]

SLOW_DEFAULT = pytest.param('default', marks=pytest.mark.slow)


def exchanged(pose, frames, pairs):
    result = pose.copy()
    for left, right in pairs:
        result[frames, left], result[frames, right] = pose[frames, right], pose[frames, left]
    return result


@pytest.fixture
def walk(rng):
    return walking_person(120, 30, dims=2) + rng.normal(0, 1.5, (120, 17, 2))


@pytest.mark.parametrize('pairs', [LEGS, ARMS, LEGS + ARMS], ids=['legs', 'arms', 'all'])
@pytest.mark.parametrize('lookahead', [None, 8, 0])
def test_exchanged_sides_are_put_back(walk, pairs, lookahead):
    raw = exchanged(walk, slice(50, 65), pairs)
    result, report = smooth_with_report(raw, 'gaussian', fps=30, lookahead=lookahead)
    expected = smooth(walk, 'gaussian', fps=30, lookahead=lookahead)
    # Put back, the clip is the one without an exchange.
    assert np.abs(result - expected)[48:70].max() < (1e-9 if lookahead is None else 60)
    assert np.median(np.abs(result - expected)) < 1e-9
    assert report.exchanged >= 15
    assert ('swaps corrected', f'{report.exchanged} groups of keypoints') in report.lines()


def test_scores_and_gaps_move_with_the_sides(walk):
    """A detection that is missing belongs to the side on which it was detected."""
    scores = np.full((120, 17), 0.8)
    raw = walk.copy()
    raw[55, 13] = np.nan
    clean = exchanged(raw, slice(50, 65), LEGS)
    result = smooth(clean, 'gaussian', fps=30, scores=scores)
    expected = smooth(raw, 'gaussian', fps=30, scores=scores)
    np.testing.assert_allclose(result, expected)


@pytest.mark.parametrize('lookahead', [0, 3, 12])
def test_live_is_offline_of_the_frames_known_by_then(walk, lookahead):
    raw = exchanged(exchanged(walk, slice(30, 44), LEGS), slice(70, 90), ARMS)
    skeleton = get_skeleton('coco')
    smoother = PoseSmoother([dict(type='GaussianFilter', cutoff=5.0)], lookahead=lookahead, fps=30,
                            exchanges=True, outliers=True, skeleton=skeleton)
    live = [frame.instances[0].keypoints for pose in raw for frame in smoother.step({0: pose})]
    for frame in range(0, len(live), 7):
        known = PoseTracks({0: PoseSequence(raw[:frame + lookahead + 1], fps=30,
                                            skeleton=skeleton)}, fps=30)
        np.testing.assert_allclose(live[frame], smoother.smooth(known)[0].coords[frame],
                                   atol=0.05)


def test_live_names_outlast_a_first_pose_that_contradicts_them(walk, rng):
    raw = exchanged(walk, slice(50, 65), LEGS)
    raw[0] = rng.permutation(raw[0])
    raw[1:, 5:11] = np.nan  # So little of a body is not recognised without names.
    clip = PoseTracks({0: PoseSequence(raw, skeleton=get_skeleton('coco'))}, fps=30)
    smoother = build_smoother('gaussian', lookahead=20)
    counts = [run(clip).preparation['exchanged'] for run in (smoother.smooth, smoother.replay)]
    assert counts[0] == counts[1] >= 15


def test_names_of_a_person_do_not_depend_on_another_one(walk, rng):
    raw = exchanged(walk, slice(50, 65), LEGS)
    raw[:, 5:11] = np.nan
    other = rng.permutation(walk + 800, axis=1)  # No body with these names.
    clip = PoseTracks({key: PoseSequence(poses, skeleton=get_skeleton('coco'))
                       for key, poses in (('own', raw), ('other', other))}, fps=30)
    for lookahead in (None, 20):
        both, alone = (smooth(tracks, 'gaussian', lookahead=lookahead)['own'].coords
                       for tracks in (clip, clip.replace(tracks={'own': clip['own']})))
        np.testing.assert_array_equal(both, alone)


def test_crossing_legs_are_left_alone():
    """Seen from the side, the legs of a walking person cross at every step."""
    walk = walking_person(200, 30, dims=2, turn=0.0)
    _, report = smooth_with_report(walk, 'gaussian', fps=30)
    assert report.exchanged == 0


def test_sides_without_names_or_at_strength_0_stay(walk, rng):
    raw = exchanged(walk, slice(50, 65), LEGS)
    np.testing.assert_array_equal(smooth(raw, 'gaussian', fps=30, strength=0.0), raw)
    points = rng.normal(500, 50, (60, 9, 2))
    assert smooth_with_report(points, 'gaussian', fps=30)[1].exchanged == 0


def test_options_switch_the_parts_off(walk):
    raw = exchanged(walk, slice(50, 65), LEGS)
    _, report = smooth_with_report(raw, 'gaussian', fps=30, exchanges=False)
    assert report.exchanged == 0
    raw = walk.copy()
    raw[60, 9] = 1e4
    kept = smooth(raw, 'gaussian', fps=30, outliers=False)
    assert np.abs(kept[55:66, 9] - walk[55:66, 9]).max() > 500


@pytest.mark.parametrize('name', sorted(set(preset_names()) - {'smoothnet', 'one_euro'}))
def test_an_outlier_touches_no_other_frame_or_joint(walk, name):
    raw = walk.copy()
    raw[60, 9] = 1e4
    result, expected = (smooth(x, name, fps=30) for x in (raw, walk))
    others = np.delete(np.arange(17), 9)
    assert np.linalg.norm(result - expected, axis=-1)[:, others].max() < 1
    frames = np.delete(np.arange(120), 60)
    assert np.linalg.norm(result - expected, axis=-1)[frames, 9].max() < 10
    assert np.linalg.norm(result[60, 9] - walk[60, 9]) < 30


def test_placeholders_are_missing_unless_measured(walk):
    raw = walk.copy()
    raw[60, 9] = 0
    result, report = smooth_with_report(raw, 'gaussian', fps=30)
    assert np.linalg.norm(result[60, 9] - walk[60, 9]) < 30
    assert report.missing_keypoints == 0 or report.filled_keypoints == 1
    measured = smooth(raw, dict(type='GaussianFilter'), fps=30, zeros='measured')
    assert np.linalg.norm(measured[60, 9] - walk[60, 9]) > 100
    with pytest.raises(ConfigError, match='measured'):
        build_smoother('gaussian', zeros='none')


def test_the_gate_adds_no_delay_and_is_no_part_of_the_chain():
    smoother = build_smoother('gaussian')
    assert [type(f).__name__ for f in smoother.filters] == ['GaussianFilter']
    assert isinstance(smoother.settings.filters[0], OutlierGate)
    assert smoother.latency == PoseSmoother(dict(type='GaussianFilter')).latency
    for name in ('one_euro', 'robust', 'default'):
        assert len(build_smoother(name).settings.filters) == 1


def test_registered_filters_are_names_like_presets(walk):
    assert {'OneEuroFilter', 'one_euro', 'robust'} <= set(known_names())
    np.testing.assert_array_equal(smooth(walk, 'GaussianFilter', fps=30),
                                  smooth(walk, 'gaussian', fps=30))


def test_register_preset(walk):
    register_preset('very_smooth_for_tests', dict(type='GaussianFilter', cutoff=1.5))
    try:
        assert 'very_smooth_for_tests' in preset_names()
        np.testing.assert_array_equal(
            smooth(walk, 'very_smooth_for_tests', fps=30),
            smooth(walk, 'gaussian', fps=30, cutoff=1.5))
        with pytest.raises(ConfigError, match='force=True'):
            register_preset('very_smooth_for_tests', dict(type='MedianFilter'))
        register_preset('very_smooth_for_tests', dict(type='MedianFilter'), force=True)
        assert build_smoother('very_smooth_for_tests').filters[0].describe()['type'] == (
            'MedianFilter')
    finally:
        del _PRESETS['very_smooth_for_tests']


def test_a_preset_may_be_a_chain(walk):
    chain = ['hampel', dict(type='GaussianFilter', cutoff=1.5)]
    register_preset('chain_for_tests', chain)
    try:
        whole = dict(type='PoseSmoother', filters=chain, exchanges=True, outliers=True)
        np.testing.assert_array_equal(smooth(walk, 'chain_for_tests', fps=30),
                                      smooth(walk, whole, fps=30))
    finally:
        del _PRESETS['chain_for_tests']
    for config in ('gaussian', 3):
        with pytest.raises(ConfigError, match='list of dicts'):
            register_preset('chain_for_tests', config)  # type: ignore[arg-type]


@pytest.mark.parametrize('lookahead', [None, 4])
def test_no_sides_are_exchanged_at_low_frame_rates(walk, lookahead):
    """At 12 frames per second the swing of a limb looks like an exchange."""
    raw = exchanged(walk, slice(50, 65), LEGS)
    assert smooth_with_report(raw, 'gaussian', fps=12, lookahead=lookahead)[1].exchanged == 0
    assert smooth_with_report(raw, 'gaussian', fps=15, lookahead=lookahead)[1].exchanged > 0


def off(result, truth, keypoint, frames):
    return np.linalg.norm(result - truth, axis=-1)[frames, keypoint].mean()


def live(coords, name, lookahead, fps=30, scores=None):
    smoother = build_smoother(name, fps=fps, lookahead=lookahead)
    frames = [frame for t, pose in enumerate(coords) for frame in smoother.step(PoseFrame(
        t, [PoseInstance(pose, None if scores is None else scores[t], track_id=0)]))]
    return np.stack([f.instances[0].keypoints for f in frames + smoother.flush()])


@pytest.mark.parametrize(('name', 'value', 'away'), [
    pytest.param('default', 0.0, (120, 0), marks=pytest.mark.slow), ('classical', -1.0, (120, 0)),
    ('classical', 0.0, (900, 300)), ('savgol', 0.0, (120, 0)), ('savgol', -1.0, (900, 300))])
@pytest.mark.parametrize('lookahead', [None, 0, 5])
def test_placeholders_with_scores_do_not_pull(walk, name, value, lookahead, away):
    """The joint is off no further than before where it was measured, as if it were NaN."""
    walk = walk + away
    truth = walking_person(120, 30, dims=2) + away
    scores = np.full((120, 17), 0.92)
    scores[30:38, 9], scores[70:73, 10] = 0.31, 0.4
    lost = scores < 0.5
    zero, nan = (np.where(lost[..., None], v, walk) for v in (value, np.nan))
    result, report = smooth_with_report(zero, name, fps=30, scores=scores, lookahead=lookahead)
    expected = smooth(nan, name, fps=30, scores=np.where(lost, 0.0, scores), lookahead=lookahead)
    assert report.placeholders == 11
    np.testing.assert_allclose(result[~lost], expected[~lost], atol=1e-6)
    for joint in (9, 10):
        # Without future frames, a filter lags.
        least = off(walk, truth, joint, ~lost[:, joint])
        assert off(result, truth, joint, ~lost[:, joint]) < (20 if lookahead == 0 else least)


@pytest.mark.parametrize('suffix', ['coco', 'alphapose', 'mmpose_video', 'csv', 'npz', 'trc'])
def test_placeholders_of_files(walk, tmp_path, suffix):
    dims = 3 if suffix == 'trc' else 2
    away = (120, 0) if dims == 2 else (3, 0, 2)
    truth = walking_person(120, 30, dims=dims) + away
    raw = walk + away if dims == 2 else np.array(truth)
    raw[30:36, 9] = raw[80, 13] = 0
    path = tmp_path / ('a.json' if suffix[0] in 'am' or suffix == 'coco' else f'a.{suffix}')
    scores = np.full((120, 17), 0.9)
    save(path, PoseTracks({0: PoseSequence(
        raw, scores, representation=f'keypoints_{dims}d', fps=30)}, fps=30), format=suffix)
    result, report = smooth_with_report(path, 'classical', tmp_path / f'b{path.suffix}', fps=30)
    [(_, sequence)] = result
    assert report.missing_keypoints == 7
    near = 40 if dims == 2 else 0.08
    assert np.linalg.norm(sequence.coords - truth, axis=-1)[[30, 33, 35, 80], [9, 9, 9, 13]
                                                            ].max() < near


@pytest.mark.parametrize(('name', 'lookahead'), [
    ('default', None), ('robust', None), ('robust', 6)])
def test_doubled_frames_are_no_stillness(name, lookahead):
    """30 frames per second written as 60: near the result of the 30."""
    truth, doubled_truth = (walking_person(n, n / 3, dims=2) for n in (90, 180))
    noisy = truth + np.random.default_rng(1).normal(0, 3, truth.shape)
    doubled = np.repeat(noisy, 2, axis=0)
    one, two = (smooth(noisy, name, fps=30, lookahead=lookahead),
                smooth(doubled, name, fps=60, lookahead=lookahead))
    errors = [np.linalg.norm(a - b, axis=-1).mean() for a, b in (
        (one, truth), (two, doubled_truth), (doubled, doubled_truth))]
    assert errors[1] < 1.3 * errors[0] and errors[1] < 0.5 * errors[2]


@pytest.mark.parametrize('name', [SLOW_DEFAULT, 'robust', 'classical', 'gaussian', 'kalman'])
@pytest.mark.parametrize(('joints', 'share'), [([9], 0.1), ([9, 15], 0.1), (list(range(17)), 0.4)])
def test_a_frozen_detector_is_not_followed(name, joints, share):
    """A third of a second without a new detection; the wrist is 111 px from where it was."""
    truth = walking_person(90, 30, dims=2)
    raw = truth + np.random.default_rng(0).normal(0, 3, truth.shape)
    raw[40:52, joints] = raw[40, joints]
    result = smooth(raw, name, fps=30)
    frozen, free = slice(40, 52), np.r_[:38, 54:90]
    assert off(result, truth, 9, frozen) < share * off(raw, truth, 9, frozen)
    assert off(result, truth, 9, free) < 1.2 * off(raw, truth, 9, free)


@pytest.mark.parametrize('name', [SLOW_DEFAULT, 'classical', 'gaussian'])
def test_left_and_right_of_mediapipe(cases_dir, name):
    """Real sides exchanged for runs of frames: limbs do not collapse onto the middle."""
    case = np.load(cases_dir / 'data' / 'mediapipe_video_cam2_60fps.npz')

    def apart(coords):
        return np.array([np.linalg.norm(coords[40:70, i] - coords[40:70, i + 1], axis=-1).mean()
                         for i in (5, 9, 15)])

    raw = apart(case['coords'])
    for lookahead in (None, 8):
        result = smooth(case['coords'], name, fps=60, scores=case['scores'], lookahead=lookahead)
        assert (np.abs(apart(result) / raw - 1) < 0.1).all()


@pytest.mark.parametrize('name', [SLOW_DEFAULT, 'classical', 'robust'])
@pytest.mark.parametrize('lookahead', [None, 10])
def test_right_detections_between_wrong_ones_of_low_scores(name, lookahead, rng):
    """A wrist seen at the other side of the body with scores of 0.06 to 0.2."""
    truth = walking_person(90, 30, dims=2)
    raw, scores = truth + rng.normal(0, 2, truth.shape), np.full((90, 17), 0.7)
    for frame, score in ((50, 0.2), (51, 0.15), (53, 0.17), (54, 0.06)):
        raw[frame, 9] += (-250, 180)
        scores[frame, 9] = score
    result = smooth(raw, name, fps=30, scores=scores, lookahead=lookahead)
    assert np.linalg.norm(result - truth, axis=-1)[46:58, 9].max() < 40
    in_space = walking_person(90, 30)
    wrong = in_space + rng.normal(0, 0.005, in_space.shape)
    wrong[[50, 51, 53, 54], 9] += 0.6
    result = smooth(wrong, name, fps=30, scores=scores, lookahead=lookahead)
    assert np.linalg.norm(result - in_space, axis=-1)[46:58, 9].max() < 0.1


@pytest.mark.parametrize('name', ['default', 'classical'])
def test_the_real_wrist_of_low_scores(cases_dir, name):
    case = np.load(cases_dir / 'data' / 'openpose_cam1_30fps.npz')
    result = smooth(case['coords'], name, fps=30, scores=case['scores'])
    assert np.linalg.norm(result - case['truth'], axis=-1)[40:50, 9].max() < 40
