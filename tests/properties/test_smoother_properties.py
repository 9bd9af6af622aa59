"""What holds for every preset, whatever the poses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smoothnet_plugin.smoothers import PoseSmoother, build_smoother, preset_names
from smoothnet_plugin.structures import PoseSequence, PoseTracks

#: One chain of stages, one filter with a state, and the default; the others are slow together.
QUICK = ('default', 'kalman', 'one_euro')
PRESETS = [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK))
           for name in preset_names() if name != 'smoothnet']
seeds = st.integers(0, 2**31)
quick = settings(max_examples=5, deadline=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope='module', params=PRESETS)
def smoother(request) -> PoseSmoother:
    return build_smoother(request.param, keypoint_thr=0.3, max_gap=3, fps=30)


def random_clip(seed: int, people: int = 2, clean: bool = False) -> PoseTracks:
    """People who walk about, with jitter, holes, NaN, inf and low scores."""
    rng = np.random.default_rng(seed)
    tracks = {}
    for person in range(people):
        total = int(rng.integers(1, 25))
        ids = np.arange(total) + int(rng.integers(0, 5))
        body = rng.normal(0, 60, (1, 5, 2))
        path = rng.normal(0, 4, (total, 1, 2)).cumsum(axis=0)
        coords = 300 + body + path + rng.normal(0, 3, (total, 5, 2))
        scores = rng.uniform(0.4, 1, (total, 5))
        if not clean:
            ids = ids[keep] if (keep := rng.random(total) > 0.15).any() else ids
            coords, scores = coords[:len(ids)], scores[:len(ids)]
            scores[rng.random(scores.shape) < 0.05] = 0.1
            coords[rng.random(scores.shape) < 0.04] = np.nan
            coords[rng.random(scores.shape) < 0.02, 0] = np.inf
        tracks[person] = PoseSequence(coords, scores=scores, frame_ids=ids)
    return PoseTracks(tracks, np.arange(30), fps=30)


def changed_coords(tracks: PoseTracks, function) -> PoseTracks:
    return tracks.map(lambda s: s.replace(coords=function(s.coords)))


@quick
@given(seed=seeds)
def test_scores_and_rows_that_came_stay(smoother, seed):
    tracks = random_clip(seed)
    for result in (smoother.smooth(tracks), smoother.replay(tracks)):
        for key, old in tracks:
            same = result[key].select(np.isin(result[key].frame_ids, old.frame_ids))
            np.testing.assert_array_equal(same.scores, old.scores)
            np.testing.assert_array_equal(same.frame_ids, old.frame_ids)
            np.testing.assert_array_equal(same.valid, old.valid)


@quick
@given(seed=seeds)
def test_finite_stays_finite(smoother, seed):
    tracks = random_clip(seed)
    for result in (smoother.smooth(tracks), smoother.replay(tracks)):
        for key, old in tracks:
            new = result[key]
            same = new.select(np.isin(new.frame_ids, old.frame_ids))
            assert np.isfinite(same.coords[np.isfinite(old.coords).all(axis=-1)]).all()
            assert np.isfinite(new.coords[new.filled]).all()


@quick
@given(seed=seeds, strength=st.floats(0, 1))
def test_strength_goes_straight_from_the_input_to_the_result(smoother, seed, strength):
    tracks = random_clip(seed)
    runs = [(s.smooth(tracks), s.replay(tracks)) for s in (
        PoseSmoother(smoother.filters, keypoint_thr=0.3, max_gap=3, fps=30, strength=share)
        for share in (0, strength, 1))]
    for none, some, full in zip(*runs):
        for key, old in tracks:
            same = none[key].select(np.isin(none[key].frame_ids, old.frame_ids))
            measured = ~same.filled
            assert same.coords[measured].tobytes() == old.coords[measured].tobytes()
            seen = np.isfinite(full[key].coords).all(axis=-1)
            before, after = none[key].coords[seen], full[key].coords[seen]
            np.testing.assert_allclose(some[key].coords[seen],
                                       before + strength * (after - before), atol=1e-9)


@quick
@given(seed=seeds)
def test_constants_stay(smoother, seed):
    tracks = random_clip(seed)
    still = changed_coords(tracks, lambda c: np.where(
        np.isfinite(c), np.arange(10.).reshape(5, 2), c))
    for result in (smoother.smooth(still), smoother.replay(still)):
        for _, sequence in result:
            seen = np.isfinite(sequence.coords).all(axis=-1)
            expected = np.broadcast_to(np.arange(10.).reshape(5, 2), sequence.coords.shape)
            np.testing.assert_allclose(sequence.coords[seen], expected[seen], atol=1e-6)


@quick
@given(seed=seeds, scale=st.floats(0.01, 100))
def test_unit_and_place_do_not_matter(smoother, seed, scale):
    """f(a x + b) = a f(x) + b: metres and pixels get the same treatment."""
    tracks = random_clip(seed, clean=True)
    offset = np.array([500.0, -200.0])
    moved = changed_coords(tracks, lambda c: scale * c + offset)
    for run in (smoother.smooth, smoother.replay):
        for (_, new), (_, old) in zip(run(moved), run(tracks)):
            seen = np.isfinite(old.coords).all(axis=-1)
            np.testing.assert_allclose(new.coords[seen], scale * old.coords[seen] + offset,
                                       rtol=1e-6, atol=1e-6 * scale)


@quick
@given(seed=seeds)
def test_people_are_independent(smoother, seed):
    tracks = random_clip(seed, people=3)
    for run, rounding in ((smoother.smooth, 0), (smoother.replay, 1e-12)):
        whole = run(tracks)
        for key, sequence in tracks:
            alone = run(tracks.replace(tracks={key: sequence}))
            # Live, people go through a filter side by side, and sums over wider arrays round
            # in another order.
            np.testing.assert_allclose(alone[key].coords, whole[key].coords, rtol=rounding, atol=0)


@quick
@given(seed=seeds, lookahead=st.integers(0, 6))
def test_live_is_offline_of_what_is_known(smoother, seed, lookahead):
    tracks = random_clip(seed)
    live_smoother = PoseSmoother(smoother.filters, lookahead=lookahead, keypoint_thr=0.3,
                                 max_gap=3, fps=30)
    live = live_smoother.replay(tracks)
    frame_id = int(np.random.default_rng(seed).integers(0, 25))
    known = {k: s.select(s.frame_ids <= frame_id + lookahead) for k, s in tracks}
    offline = live_smoother.smooth(PoseTracks(known, np.arange(30), fps=30))
    for key in tracks.tracks:
        rows = [s.coords[s.frame_ids == frame_id] for s in (live[key], offline[key])]
        np.testing.assert_allclose(*rows, atol=2e-3)


@quick
@given(seed=seeds)
def test_step_and_flush_equal_smooth_where_the_lookahead_suffices(smoother, seed):
    tracks = random_clip(seed)
    patient = PoseSmoother(smoother.filters, lookahead=30, keypoint_thr=0.3, max_gap=3, fps=30)
    live, offline = patient.replay(tracks), patient.smooth(tracks)
    for key in tracks.tracks:
        np.testing.assert_array_equal(live[key].frame_ids, offline[key].frame_ids)
        np.testing.assert_array_equal(live[key].filled, offline[key].filled)
        np.testing.assert_allclose(live[key].coords, offline[key].coords, atol=2e-3)


@quick
@given(seed=seeds, representation=st.sampled_from(['axis_angle', 'quaternion', 'rotmat', 'rot6d']))
def test_rotations_stay_on_so3(smoother, seed, representation):
    from scipy.spatial.transform import Rotation
    rng = np.random.default_rng(seed)
    total = int(rng.integers(1, 30))
    vectors = (rng.normal(0, 1, (1, 3, 3)) + rng.normal(0, 0.1, (total, 3, 3))).reshape(-1, 3)
    matrices = Rotation.from_rotvec(vectors).as_matrix()
    coords = {
        'axis_angle': lambda: vectors,
        'quaternion': lambda: Rotation.from_rotvec(vectors).as_quat(),
        'rotmat': lambda: matrices.reshape(-1, 9),
        'rot6d': lambda: matrices[:, :, :2].reshape(-1, 6),
    }[representation]().reshape(total, 3, -1)
    sequence = smoother.smooth(PoseTracks.from_array(
        coords, representation=representation, fps=30))[0]
    result = sequence.coords.reshape(total * 3, -1)
    if representation == 'axis_angle':
        after = Rotation.from_rotvec(result)
    elif representation == 'quaternion':
        np.testing.assert_allclose(np.linalg.norm(result, axis=-1), 1, atol=1e-6)
        after = Rotation.from_quat(result)
    else:
        columns = result.reshape(-1, 3, result.shape[-1] // 3)[:, :, :2]
        np.testing.assert_allclose(np.swapaxes(columns, 1, 2) @ columns,
                                   np.broadcast_to(np.eye(2), (len(columns), 2, 2)), atol=1e-6)
        return
    assert (after * Rotation.from_rotvec(vectors).inv()).magnitude().max() < 1.0
