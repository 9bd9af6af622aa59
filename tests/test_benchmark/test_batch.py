import numpy as np
import pytest

from smoothnet_plugin.benchmark.batch import smooth_clips
from smoothnet_plugin.evaluation import Clip
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.smoothers.build import build_smoother

METRES = {'unit': 'm', 'representation': 'keypoints_3d'}
FILTERS = [
    {'type': 'OneEuroFilter'}, {'type': 'OneEuroFilter', 'zero_phase': True},
    {'type': 'SavgolFilter'}, {'type': 'GaussianFilter'},
    {'type': 'ButterworthFilter', 'causal': True}, {'type': 'KalmanFilter'},
    {'type': 'MedianFilter'}, [{'type': 'HampelFilter'}, {'type': 'WhittakerFilter'}],
    # Constants of each clip's own, in a stack.
    {'type': 'OneEuroFilter', 'normalize': 'scale'},
    [{'type': 'OneEuroFilter', 'normalize': 'root'}, {'type': 'SavgolFilter',
                                                     'normalize': 'bbox'}],
    {'type': 'GaussianFilter', 'weighting': 'scores'}]


@pytest.fixture
def clips(rng):
    made = []
    for number, frames in enumerate((40, 7, 40, 1, 0, 23, 40)):
        walk = rng.normal(0, 0.3, (1, 4, 3)) + np.cumsum(
            rng.normal(0, 0.02, (frames, 4, 3)), axis=0)
        scores = rng.uniform(0.1, 1, (frames, 4)) if number % 2 else None
        made.append(Clip(walk, walk, np.ones((frames, 4), bool), scores, {
            'name': str(number), 'fps': 30.0 if number % 3 else 60.0, 'root_indices': [1],
            **METRES}))
    made[2].inputs[5:8, 1] = np.nan
    return made


def alone(smoother, clip, lookahead):
    own = smoother.for_video(lookahead=lookahead)
    return (own.smooth if lookahead is None else own.replay)(clip.tracks())[0].coords


@pytest.mark.parametrize('strength', [0, 0.5])
@pytest.mark.parametrize('lookahead', [None, 0, 3])
def test_a_batch_takes_the_same_share(clips, strength, lookahead):
    smoother = build_smoother({'type': 'SavgolFilter'}, strength=strength)
    full = smooth_clips(build_smoother({'type': 'SavgolFilter'}), clips, lookahead)
    for clip, result, smoothed in zip(clips, smooth_clips(smoother, clips, lookahead), full):
        if len(clip.inputs):
            np.testing.assert_allclose(result, alone(smoother, clip, lookahead), atol=1e-9)
        if len(clip.inputs) > 20 and np.isfinite(clip.inputs).all():
            np.testing.assert_allclose(
                result, clip.inputs + strength * (smoothed - clip.inputs), atol=1e-12)
            assert np.abs(result - smoothed).max() > 1e-3
            assert strength or result.tobytes() == clip.inputs.tobytes()


@pytest.mark.parametrize('config', FILTERS, ids=str)
@pytest.mark.parametrize('lookahead', [None, 0, 3])
def test_a_batch_gives_what_each_clip_alone_does(clips, config, lookahead):
    smoother = build_smoother(config)
    for clip, result in zip(clips, smooth_clips(smoother, clips, lookahead)):
        if not len(clip.inputs):
            assert result.shape == clip.inputs.shape
            continue
        expected = alone(smoother, clip, lookahead)
        # Recursive filters are cut off where their memory has faded to 1e-6.
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5 * (lookahead is not None))


@pytest.mark.parametrize('lookahead', [None, 3])
def test_clips_of_one_length_share_a_call_of_each_filter(clips, monkeypatch, lookahead):
    shapes = []
    smooth = GaussianFilter.filter_runs
    monkeypatch.setattr(GaussianFilter, 'filter_runs', lambda self, runs, fps: shapes.extend(
        run.coords.shape for run in runs) or smooth(self, runs, fps))
    same = [clip.replace(scores=None, meta={**clip.meta, 'fps': 30.0}) for clip in clips]
    smooth_clips(build_smoother({'type': 'GaussianFilter'}), [same[0], same[6], same[0]],
                 lookahead)
    assert shapes[0] == (40, 12, 3)
    # The first frames, whose past is shorter, and a call for all others.
    assert len(shapes) < 20


def test_a_score_below_the_threshold_is_missing(clips):
    smoother = build_smoother({'type': 'GaussianFilter'}, keypoint_thr=0.3)
    clip = clips[5]
    assert (clip.scores < 0.3).any()
    result, = smooth_clips(smoother, [clip])
    np.testing.assert_array_equal(result, smoother.smooth(clip.tracks())[0].coords)
    plain, = smooth_clips(build_smoother({'type': 'GaussianFilter'}), [clip])
    assert np.abs(result - plain).max() > 1e-3


@pytest.mark.parametrize('lookahead', [None, 3])
def test_zeros_that_are_missing(clips, lookahead):
    smoother = build_smoother({'type': 'GaussianFilter'}, zeros='missing')
    clip = clips[5]
    clip.inputs[4, 2] = 0
    result, = smooth_clips(smoother, [clip], lookahead)
    np.testing.assert_allclose(result, alone(smoother, clip, lookahead), rtol=0, atol=1e-9)
    measured, = smooth_clips(
        build_smoother({'type': 'GaussianFilter'}, zeros='measured'), [clip], lookahead)
    assert np.abs(result - measured).max() > 1e-2


@pytest.mark.parametrize('name', ['gaussian', 'default'])
@pytest.mark.parametrize('lookahead', [None, 3])
def test_exchanged_sides_are_put_back(rng, name, lookahead):
    names = [f'{side}_{joint}' for side in ('left', 'right')
             for joint in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')]
    x = np.where([n.startswith('left') for n in names], 0.3, -0.3)
    y = np.tile([1.4, 1.1, 0.9, 0.9, 0.5, 0.1], 2)
    still = np.stack([x, y, 0 * x], axis=-1)[None] + [3.0, 1.0, 5.0]
    coords = still + rng.normal(0, 0.003, (40, 12, 3))
    exchanged = coords.copy()
    exchanged[20:24] = coords[20:24][:, [*range(6, 12), *range(6)]]
    clip = Clip(exchanged, meta={'name': 'c', 'fps': 30.0, 'keypoint_names': names, **METRES})
    smoother = build_smoother(name, exchanges=True)
    result, = smooth_clips(smoother, [clip], lookahead)
    track = smoother.smooth(clip.tracks()) if lookahead is None else smoother.for_video(
        lookahead=lookahead).replay(clip.tracks())
    np.testing.assert_array_equal(result, track[0].coords)
    assert np.abs(result - still).max() < 0.1 < np.abs(exchanged - still).max()


@pytest.mark.parametrize('lookahead', [None, 0, 3])
@pytest.mark.parametrize(('name', 'strength'), [
    ('LearnedFilter', 0.5), ('LearnedFilter', 1.0), ('DefaultFilter', 0.5)])
def test_live_results_in_one_call_equal_live_smoothing(rng, name, lookahead, strength):
    walk = rng.normal(0, 0.3, (1, 6, 3)) + np.cumsum(rng.normal(0, 0.02, (45, 6, 3)), axis=0)
    holed = walk.copy()
    holed[20:24, 2] = np.nan
    clips = [Clip(coords, walk, meta={'name': 'clip', 'fps': 30.0, **METRES})
             for coords in (walk, holed)]
    smoother = build_smoother({'type': name}, strength=strength)
    for clip, result in zip(clips, smooth_clips(smoother, clips, lookahead)):
        np.testing.assert_allclose(result, alone(smoother, clip, lookahead), rtol=0, atol=1e-5)
        assert np.abs(result - clip.inputs)[:10].max() > 1e-3
