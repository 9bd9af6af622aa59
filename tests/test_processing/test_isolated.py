"""Samples that a body cannot have."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.processing.isolated import isolated_samples
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance

from ..walking import walking_person

FPS, GAP = 30.0, 10


def walk(frames: int = 40, dims: int = 2) -> np.ndarray:
    rng = np.random.default_rng(1)
    return walking_person(frames, FPS, dims=dims, phase=0.5) + rng.normal(
        0, 2 if dims == 2 else 0.01, (frames, 17, dims))


def found(coords: np.ndarray, fps: float = FPS) -> list[list[int]]:
    missing = ~np.isfinite(coords).all(axis=-1)
    return np.argwhere(isolated_samples(coords, missing, fps, GAP).samples).tolist()


@pytest.mark.parametrize('value', [2e3, -1e4, 1e150, 1e300, -1.7e308])
@pytest.mark.parametrize('frame', [0, 1, 20, 39])
def test_single_far_samples(value, frame):
    coords = walk()
    coords[frame, 9, 0] = value
    assert found(coords) == [[frame, 9]]


def test_several_keypoints_and_frames():
    coords = walk()
    for frame, joint in ((5, 3), (5, 4), (5, 5), (6, 9), (8, 9), (30, 0)):
        coords[frame, joint] = 1e4 + 1e3 * frame
    # The good sample between two far ones is alone as well.
    assert found(coords) == [[5, 3], [5, 4], [5, 5], [6, 9], [7, 9], [8, 9], [30, 0]]


def test_long_clips_are_taken_in_blocks(monkeypatch):
    coords = walk(90)
    coords[40:44, 9] = np.nan
    for frame in (0, 15, 16, 44, 63, 64, 89):
        coords[frame, 9] = 1e4 + 1e3 * frame
    missing = ~np.isfinite(coords).all(axis=-1)
    whole = isolated_samples(coords, missing, FPS, GAP)
    assert whole.samples.sum() == 7
    for frames in (1, 16, 37):
        monkeypatch.setattr('smoothnet_plugin.processing.isolated._BLOCK', frames)
        for part, right in zip(isolated_samples(coords, missing, FPS, GAP), whole):
            np.testing.assert_array_equal(part, right)


def test_across_a_gap():
    coords = walk()
    coords[20:24, 9] = np.nan
    coords[24, 9] = 9e3
    coords[25:30, 9] = np.nan
    assert found(coords) == [[24, 9]]
    coords[6:, 9] = np.nan  # No neighbour within the longest gap: nothing to compare with.
    coords[27, 9] = 9e3
    assert found(coords) == []


@pytest.mark.parametrize('change', ['clean', 'jump', 'cut', 'wrong person', 'exchange', 'sprint',
                                    'alternating', 'two frames', 'few keypoints', 'small', '3D'])
def test_what_a_body_or_a_camera_does(change):
    coords = walk()
    if change == 'jump':
        coords[20:, 9] += 900
    elif change == 'cut':
        coords[20:] += 3000
    elif change == 'wrong person':
        coords[20] += 3000
    elif change == 'exchange':
        coords[20, [5, 6, 7, 8, 9, 10]] = coords[20, [6, 5, 8, 7, 10, 9]]
    elif change == 'sprint':
        coords += 300 * np.arange(len(coords))[:, None, None]
    elif change == 'alternating':
        coords[::2] += 3000
    elif change == 'two frames':  # A burst is left to the filters.
        coords[20:22, 9] = 9e3
    elif change == 'few keypoints':
        coords = coords[:, :4]
        coords[20, 2] = 9e3
    elif change == 'small':
        coords *= 1e-6
    elif change == '3D':
        coords = walk(dims=3)
    assert found(coords) == []


@pytest.mark.parametrize('fps', [4.0, 12.0, 60.0, 240.0])
def test_at_any_rate(fps):
    rng = np.random.default_rng(0)
    coords = walking_person(40, fps, dims=2, phase=0.5) + rng.normal(0, 2, (40, 17, 2))
    assert found(coords, fps) == []
    coords[20, 9, 1] = 1e5
    assert found(coords, fps) == [[20, 9]]


def test_in_metres_and_with_one_spoilt_frame_size():
    coords = walk(dims=3)
    coords[20, :4] = 50.0
    assert found(coords) == [[20, 0], [20, 1], [20, 2], [20, 3]]


def spoilt(seed: int) -> np.ndarray:
    """A walk with far samples, jumps that persist, gaps and placeholders."""
    rng = np.random.default_rng(seed)
    coords = walk()
    for _ in range(6):
        frame, joint = int(rng.integers(40)), int(rng.integers(17))
        kind = rng.random()
        if kind < 0.5:
            coords[frame if kind < 0.35 else int(rng.integers(3)), joint, 0] = rng.choice(
                [1e4, -1e5, 1e9, 3e3])
        elif kind < 0.65:
            coords[frame:, joint, 0] += 2000
        elif kind < 0.85:
            coords[frame:frame + int(rng.integers(1, 14)), joint] = np.nan
        else:
            coords[:frame, joint] = 0
    return coords


@pytest.mark.parametrize('name', ['gaussian', 'kalman', 'one_euro', 'butterworth'])
@pytest.mark.parametrize('lookahead', [0, 1, 5])
def test_live_is_offline_of_the_frames_so_far(name, lookahead):
    for seed in range(4):
        coords = spoilt(seed)
        scores = np.random.default_rng(seed).uniform(0.3, 1, coords.shape[:2])
        # Sides are recognised live by the first frames, which are spoilt here.
        smoother = build_smoother(name, fps=FPS, exchanges=False)
        live = smoother.for_video(lookahead=lookahead)
        frames = [f for t, pose in enumerate(coords) for f in live.step(
            PoseFrame(t, [PoseInstance(pose, scores[t], track_id=0)]))] + live.flush()
        for t in (0, 1, 2, 3, 10, 17, 25, 33, 39):
            part = slice(min(t + lookahead + 1, 40))
            known = smooth(coords[part], smoother, fps=FPS, scores=scores[part])[t]
            np.testing.assert_allclose(frames[t].instances[0].keypoints, known, rtol=1e-9,
                                       atol=1e-6, err_msg=f'seed {seed}, frame {t}')


@pytest.mark.parametrize('max_gap', [0, 1, 4])
def test_the_second_sample_after_decides_live_too(max_gap):
    """The first sample is nearer to the body than the next one, which the third one confirms."""
    coords = walk()
    coords[1:, 9] += 2000
    coords[1:max_gap + 1, 9] = coords[max_gap + 2:2 * max_gap + 2, 9] = np.nan
    smoother = build_smoother('one_euro', fps=FPS, exchanges=False, max_gap=max_gap)
    live = smoother.for_video(lookahead=20)
    frames = [f for pose in coords for f in live.step({0: pose})] + live.flush()
    known = smooth(coords, smoother, fps=FPS)[0]
    assert abs(known[9] - coords[0, 9]).max() > 1000
    np.testing.assert_allclose(frames[0].instances[0].keypoints, known, atol=1e-6)


def test_a_jump_that_persists_is_followed_one_frame_later():
    coords = walk()
    coords[20:, 9] += 2000
    smoother = build_smoother('one_euro', fps=FPS)
    frames = [f.instances[0].keypoints for pose in coords for f in smoother.step({0: pose})]
    assert abs(frames[20][9] - coords[19, 9]).max() < 30
    assert abs(frames[21][9] - coords[21, 9]).max() < 200


def test_what_is_written_and_reported():
    coords = walk()
    coords[20, 9, 0] = 1e5
    tracks = build_smoother('one_euro', fps=FPS)
    from smoothnet_plugin.structures import PoseTracks
    result = tracks.smooth(PoseTracks.from_array(coords, fps=FPS))
    assert result.preparation['isolated'] == 1 and not result[0].filled.any()
    assert abs(result[0].coords[20, 9] - coords[19, 9]).max() < 30
    kept = build_smoother('one_euro', fps=FPS, strength=0.0).smooth(
        PoseTracks.from_array(coords, fps=FPS))
    np.testing.assert_array_equal(kept[0].coords, coords)


@pytest.mark.parametrize('name', ['gaussian', 'one_euro', 'kalman'])
@pytest.mark.parametrize('lookahead', [0, 2, 8])
def test_placeholders_before_the_first_real_sample(name, lookahead):
    """Live as offline of the frames known by then: missing once the keypoint is seen elsewhere."""
    coords = walk()
    coords[:12, 9] = 0
    smoother = build_smoother(name, fps=FPS, exchanges=False)
    live = smoother.for_video(lookahead=lookahead)
    frames = [f for pose in coords for f in live.step({0: pose})] + live.flush()
    for t in range(40):
        known = smooth(coords[:t + lookahead + 1], smoother, fps=FPS)[t]
        np.testing.assert_allclose(frames[t].instances[0].keypoints, known, rtol=1e-9, atol=1e-6,
                                   err_msg=f'frame {t}')
