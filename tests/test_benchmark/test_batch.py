import numpy as np
import pytest

from smoothnet_plugin.benchmark.batch import smooth_clips
from smoothnet_plugin.benchmark.clips import Clip
from smoothnet_plugin.smoothers import PoseSmoother
from smoothnet_plugin.smoothers.build import build_smoother

FILTERS = [
    {'type': 'OneEuroFilter'}, {'type': 'OneEuroFilter', 'zero_phase': True},
    {'type': 'SavgolFilter'}, {'type': 'GaussianFilter'},
    {'type': 'ButterworthFilter', 'causal': True}, {'type': 'KalmanFilter'},
    {'type': 'MedianFilter'}, [{'type': 'HampelFilter'}, {'type': 'WhittakerFilter'}]]


@pytest.fixture
def clips(rng):
    made = []
    for number, frames in enumerate((40, 7, 40, 1, 0, 23, 40)):
        walk = np.cumsum(rng.normal(0, 0.02, (frames, 4, 3)), axis=0)
        made.append(Clip(walk, walk, np.ones((frames, 4), bool), None,
                         {'name': str(number), 'fps': 30.0 if number % 3 else 60.0}))
    made[2].coords[5:8, 1] = np.nan
    return made


def alone(smoother, clip, lookahead):
    own = PoseSmoother(smoother.filters, lookahead, strength=smoother.strength)
    return (own.smooth if lookahead is None else own.replay)(clip.tracks())[0].coords


@pytest.mark.parametrize('strength', [0, 0.5])
@pytest.mark.parametrize('lookahead', [None, 0, 3])
def test_a_batch_takes_the_same_share(clips, strength, lookahead):
    smoother = build_smoother('savgol', strength=strength)
    full = smooth_clips(build_smoother('savgol'), clips, lookahead)
    for clip, result, smoothed in zip(clips, smooth_clips(smoother, clips, lookahead), full):
        if len(clip.coords):
            np.testing.assert_allclose(result, alone(smoother, clip, lookahead), atol=1e-9)
        if len(clip.coords) > 20 and np.isfinite(clip.coords).all():
            np.testing.assert_allclose(
                result, clip.coords + strength * (smoothed - clip.coords), atol=1e-12)
            assert np.abs(result - smoothed).max() > 1e-3
            assert strength or result.tobytes() == clip.coords.tobytes()


@pytest.mark.parametrize('config', FILTERS, ids=str)
@pytest.mark.parametrize('lookahead', [None, 0, 3])
def test_a_batch_gives_what_each_clip_alone_does(clips, config, lookahead):
    smoother = build_smoother(config)
    for clip, result in zip(clips, smooth_clips(smoother, clips, lookahead)):
        if not len(clip.coords):
            assert result.shape == clip.coords.shape
            continue
        expected = alone(smoother, clip, lookahead)
        # Recursive filters are cut off where their memory has faded to 1e-6.
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5 * (lookahead is not None))


@pytest.mark.parametrize('lookahead', [None, 0, 3])
@pytest.mark.parametrize('strength', [0.5, 1.0])
def test_the_learned_filter_in_one_go_is_what_live_smoothing_gives(rng, lookahead, strength):
    walk = rng.normal(0, 0.3, (1, 6, 3)) + np.cumsum(rng.normal(0, 0.02, (45, 6, 3)), axis=0)
    holed = walk.copy()
    holed[20:24, 2] = np.nan
    clips = [Clip(coords, walk, np.ones((45, 6), bool), None, {'name': 'clip', 'fps': 30.0})
             for coords in (walk, holed)]
    smoother = build_smoother('default', strength=strength)
    for clip, result in zip(clips, smooth_clips(smoother, clips, lookahead)):
        np.testing.assert_allclose(result, alone(smoother, clip, lookahead), rtol=0, atol=1e-5)
        assert np.abs(result - clip.coords)[:10].max() > 1e-3
