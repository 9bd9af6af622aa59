"""Chains that weight frames by their scores: live equals offline, and what is missing weighs 0."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smoothnet_plugin.smoothers import PoseSmoother
from smoothnet_plugin.structures import PoseSequence, PoseTracks

FRAMES = 24
WEIGHTED = {
    'gaussian': [dict(type='GaussianFilter', cutoff=3.0, weighting='scores')],
    'kalman': [dict(type='KalmanFilter', cutoff=3.0, weighting='scores')],
    'whittaker': [dict(type='WhittakerFilter', cutoff=3.0, weighting='scores')],
    'chain': [dict(type='HampelFilter', window_size=5),
              dict(type='GaussianFilter', cutoff=4.0, weighting='scores')],
}
seeds = st.integers(0, 2**31)
quick = settings(max_examples=5, deadline=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope='module', params=WEIGHTED)
def filters(request):
    return WEIGHTED[request.param]


def clip(seed: int) -> PoseTracks:
    """A person with holes: positions that are unknown, though their scores are high."""
    rng = np.random.default_rng(seed)
    coords = 300 + rng.normal(0, 60, (1, 5, 2)) + rng.normal(0, 6, (FRAMES, 5, 2)).cumsum(axis=0)
    scores = rng.uniform(0.4, 1, (FRAMES, 5))
    lost = rng.random((FRAMES, 5)) < 0.2
    lost[0], lost[5, 0], lost[9:11, 1] = False, True, True
    coords[lost], scores[lost] = np.nan, 1.0
    return PoseTracks({0: PoseSequence(coords, scores=scores)}, fps=30)


@quick
@given(seed=seeds, lookahead=st.integers(0, 8))
def test_live_is_offline_of_what_is_known(filters, seed, lookahead):
    tracks = clip(seed)
    smoother = PoseSmoother(filters, lookahead=lookahead, max_gap=3, fps=30)
    live = smoother.replay(tracks)[0]
    for frame in range(FRAMES):
        known = tracks.map(lambda s: s.select(s.frame_ids <= frame + lookahead))  # noqa: B023
        offline = smoother.smooth(known.replace(frame_ids=np.arange(FRAMES)))[0]
        np.testing.assert_allclose(live.coords[frame], offline.coords[frame], atol=2e-3)


@quick
@given(seed=seeds)
def test_scores_of_missing_keypoints_do_not_matter(filters, seed):
    tracks = clip(seed)
    other = tracks.map(lambda s: s.replace(scores=np.where(s.valid, s.scores, 0.5)))
    smoother = PoseSmoother(filters, lookahead=4, max_gap=3, fps=30)
    for run in (smoother.smooth, smoother.replay):
        np.testing.assert_array_equal(run(tracks)[0].coords, run(other)[0].coords)


@quick
@given(seed=seeds)
def test_scores_of_measured_keypoints_do_matter(filters, seed):
    tracks = clip(seed)
    even = tracks.map(lambda s: s.replace(scores=np.ones_like(s.scores)))
    smoother = PoseSmoother(filters, max_gap=3, fps=30)
    changed = smoother.smooth(tracks)[0].coords - smoother.smooth(even)[0].coords
    assert np.nanmax(np.abs(changed)) > 1e-3
