"""One wrong keypoint in one frame: the person's other joints and the joint's other frames stay."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.processing.exchanges import apply_exchanges
from smoothnet_plugin.smoothers import build_smoother, preset_names

from ..glitch_sweep import places, sweep
from ..walking import walking_person

FRAMES = 60
ARMS = ((5, 6), (7, 8), (9, 10), (1, 2), (3, 4))
LEGS = ((11, 12), (13, 14), (15, 16))
#: Pixels that what is not wrong itself may move by: other joints, and the joint's other frames.
OTHERS, OWN = 1.0, 8.0
#: More than that: near exchanged arms a glitch changes what is known of the sides, and the bare
#: network moves the newest frames of a track that has just begun.
NEAR_EXCHANGES, NETWORK = 4.0, 2.0
PRESETS = sorted(set(preset_names()) - {'smoothnet'})


def noisy_walk(exchanged: bool) -> np.ndarray:
    """A walk with correlated noise of 2 px, the arms exchanged for 12 frames or not."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 2, (FRAMES, 17, 2))
    for t in range(1, FRAMES):
        noise[t] = 0.6 * noise[t - 1] + 0.8 * noise[t]
    coords = walking_person(FRAMES, 30, dims=2, phase=0.5) + noise
    labels = np.zeros((FRAMES, 2), dtype=bool)
    labels[24:36, 0] = exchanged
    return apply_exchanges(coords, labels, (ARMS, LEGS))


def live(coords: np.ndarray, name: str | dict, lookahead: int) -> np.ndarray:
    smoother = build_smoother(name, fps=30, lookahead=lookahead)
    frames = [f for pose in coords for f in smoother.step({'a': pose})] + smoother.flush()
    return np.stack([f.instances[0].keypoints for f in frames])


def moved(result: np.ndarray, base: np.ndarray, frame: int, joint: int) -> tuple[float, float]:
    """How far other joints, and the joint in other frames, are from where they were."""
    distance = np.linalg.norm(result - base, axis=-1)
    own = np.delete(distance[:, joint], frame)
    return np.delete(distance, joint, axis=1).max(), own.max()


def with_glitch(coords: np.ndarray, frame: int, joint: int, value: float) -> np.ndarray:
    wrong = coords.copy()
    wrong[frame, joint, 0] = value
    return wrong


@pytest.mark.parametrize('name', PRESETS)
@pytest.mark.parametrize('exchanged', [False, True])
def test_a_glitch_stays_alone(name, exchanged):
    coords = noisy_walk(exchanged)
    base = smooth(coords, name, fps=30)
    # An ear where the arms are exchanged says nothing about the direction of the head.
    for frame, joint, value in ((1, 9, 1e4), (30, 3, -1e5), (40, 14, 1e9), (57, 10, 1e150)):
        others, own = moved(smooth(with_glitch(coords, frame, joint, value), name, fps=30), base,
                            frame, joint)
        assert others < OTHERS and own < OWN, (frame, joint, value)


@pytest.mark.parametrize('name', ['default', 'classical', 'gaussian', 'kalman', 'one_euro'])
@pytest.mark.parametrize('lookahead', [0, 2, 8])
def test_a_glitch_among_the_first_frames_of_a_live_track(name, lookahead):
    coords = noisy_walk(False)[:24]
    base = live(coords, name, lookahead)
    for frame, joint, value in ((0, 9, 1e4), (1, 9, 1e4), (2, 5, 1e9), (6, 16, -1e5)):
        others, own = moved(live(with_glitch(coords, frame, joint, value), name, lookahead), base,
                            frame, joint)
        assert others < OTHERS and own < 20, (frame, joint, value)


@pytest.mark.parametrize('normalize', ['bbox', 'scale'])
def test_a_glitch_in_the_first_frame_does_not_set_the_size(normalize):
    coords = noisy_walk(False)
    smoother = dict(type='PoseSmoother', outliers=True,
                    filters=[dict(type='OneEuroFilter', normalize=normalize)])
    base, live_base = smooth(coords, smoother, fps=30), live(coords, smoother, 0)
    for value in (1e4, -1e9, 1e150):
        wrong = with_glitch(coords, 0, 9, value)
        for result, right in ((smooth(wrong, smoother, fps=30), base),
                              (live(wrong, smoother, 0)[1:], live_base[1:])):
            others, own = moved(result, right, 0, 9)
            assert others < OTHERS and own < OWN, (value, others, own)


@pytest.mark.parametrize('name', ['gaussian', 'network', 'robust'])
@pytest.mark.parametrize('frame', [0, FRAMES - 1])
def test_a_glitch_at_an_end_between_uneven_time_stamps(name, frame):
    coords = noisy_walk(False)
    times = np.cumsum(np.random.default_rng(6).uniform(0.02, 0.05, FRAMES))
    base = smooth(coords, name, timestamps=times)
    for joint in (5, 9, 16):
        others, own = moved(smooth(with_glitch(coords, frame, joint, 1e5), name, timestamps=times),
                            base, frame, joint)
        assert others < NETWORK and own < OWN, (joint, others, own)


@pytest.mark.slow
@pytest.mark.parametrize('name', PRESETS)
@pytest.mark.parametrize('exchanged', [False, True])
def test_every_kind_of_frame_keypoint_and_value(name, exchanged):
    coords = noisy_walk(exchanged)
    base, live_base = smooth(coords, name, fps=30), live(coords, name, 4)
    most = NEAR_EXCHANGES if exchanged else NETWORK if name == 'network' else OTHERS
    rng = np.random.default_rng(5)
    values = (1e3, 2e3, 1e4, -1e5, 1e6, 1e9, 1e30, -1e150)
    for frame in (0, 2, 12, 23, 24, 30, 36, 47, FRAMES - 1):
        for joint, value in zip(rng.permutation(17)[:3], rng.choice(values, 3)):
            if not exchanged and frame in (23, 24, 36):
                continue  # Edges of the exchange; without it they are like frame 30.
            wrong = with_glitch(coords, frame, joint, value)
            for result, right in ((smooth(wrong, name, fps=30), base),
                                  (live(wrong, name, 4), live_base)):
                others, own = moved(result, right, frame, joint)
                assert others < most, (frame, joint, value, others)
                assert own < 20, (frame, joint, value, own)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['one_euro', 'gaussian', 'robust'])
def test_random_places_of_real_clips(name):
    """Near frames in which the estimator is between the sides, and where a sample that was an
    outlier before is replaced, others move further: ``python tests/glitch_sweep.py``."""
    others, own, *_ = zip(*sweep(places(20, seed=1), name))
    assert np.median(others) < 0.1 and np.mean(np.array(others) > OTHERS) <= 0.15
    assert np.median(own) < OTHERS
