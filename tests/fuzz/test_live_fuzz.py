"""Live smoothing under everything that a camera and an estimator do: people who come and go,
lost ids, NaN, absurd values, frames left out, uneven clocks.

Some seconds in the suite; ``SMOOTHNET_FUZZ=500 pytest tests/fuzz`` runs 500 videos per smoother.
"""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest

from smoothnet_plugin.errors import SmoothNetError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance
from smoothnet_plugin.tracking import tracks_from_frames

VIDEOS = int(os.environ.get('SMOOTHNET_FUZZ', '6'))
#: The first videos are quick, the others slow together.
SEEDS = [pytest.param(range(2), id='first'),
         pytest.param(range(2, VIDEOS), id='others', marks=pytest.mark.slow)]
ENTRIES = ('one_euro', 'kalman', 'savgol', 'classical', 'default',
           [dict(type='MedianFilter'), dict(type='OneEuroFilter')],
           dict(type='ButterworthFilter', causal=True))


def video(rng):
    """Frames of a made-up video, their time stamps or None, and what they have in common."""
    keypoints = int(rng.choice([1, 2, 5, 17, 21, 33]))
    width, scale = (2, 300.0) if rng.random() < 0.7 else (3, 0.5)
    dtype = rng.choice([np.float32, np.float64])
    with_scores, with_box = rng.random() < 0.6, keypoints == 1 or rng.random() < 0.5
    ids = rng.choice(['all', 'none', 'some', 'late', 'text'])
    if keypoints == 1 and width == 3:  # Such people have no size, and need ids.
        ids = 'all'
    people: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    born, number, frames = 0, int(rng.integers(0, 50)), []
    for t in range(int(rng.integers(1, 60))):
        if rng.random() < 0.12 or (not people and rng.random() < 0.4):
            body = rng.normal(0, scale, (keypoints, width))
            people[born] = body + rng.uniform(-9, 9, width) * scale, rng.normal(0, 0.02, width)
            born += 1
        for name in list(people):
            if rng.random() < 0.04:
                del people[name]
        instances = []
        for name, (body, speed) in people.items():
            if rng.random() < 0.05:
                continue
            pose = body + t * scale * speed + rng.normal(0, 0.02 * scale, body.shape)
            pose[rng.random(keypoints) < rng.choice([0, 0.1, 0.9])] = rng.choice(
                [np.nan, np.inf, 0.0, -1.0, 1e9, -1e30])
            given = {'all': name, 'none': None, 'text': f'p{name}',
                     'some': name if rng.random() < 0.7 else None,
                     'late': name if t > 10 else None}[str(ids)]
            scores = rng.uniform(0, 1, keypoints).astype(dtype) if with_scores else None
            box = None
            if with_box:
                middle = np.nan_to_num(pose[:, :2], posinf=0, neginf=0).clip(-1e6, 1e6).mean(0)
                box = np.concatenate([middle - scale, middle + scale])
            instances.append(PoseInstance(pose.astype(dtype), scores, box, given,
                                          payload=(t, name)))
        order = rng.permutation(len(instances))
        frames.append(PoseFrame(number, [instances[i] for i in order], payload=t))
        number += int(rng.choice([1, 1, 1, 2, 5, 40]))
    stamps = None
    if rng.random() < 0.3:
        stamps = np.cumsum(rng.choice([0, 0.01, 0.033, 0.04, 2.0], len(frames),
                                      p=[0.05, 0.2, 0.4, 0.3, 0.05])).tolist()
    return frames, stamps, width


def settings(rng, width):
    return dict(
        lookahead=[None, 0, 1, 7, 30][rng.integers(5)], max_gap=int(rng.choice([0, 3, 10])),
        keypoint_thr=float(rng.choice([0, 0.3])), fps=float(rng.choice([5, 15, 30, 60])),
        strength=float(rng.choice([0, 0.5, 1])), representation=f'keypoints_{width}d')


def check(frames, out, smoother):
    assert [f.payload for f in out] == list(range(len(frames)))
    for given, done in zip(frames, out):
        assert done.frame_id == given.frame_id
        names = [i.track_id for i in done.instances]
        assert None not in names and len(set(names)) == len(names)
        assert len(done.instances) >= len(given.instances)
        for before, after in zip(given.instances, done.instances):
            assert after.payload == before.payload and not after.filled
            assert before.track_id in (None, after.track_id)
            assert after.keypoints.dtype == before.keypoints.dtype
            assert after.keypoint_scores is before.keypoint_scores or np.array_equal(
                after.keypoint_scores, before.keypoint_scores)
            finite = np.isfinite(before.keypoints).all(axis=-1)
            assert np.isfinite(after.keypoints[finite]).all()
        for added in done.instances[len(given.instances):]:
            assert added.filled and not np.any(added.keypoint_scores)
            assert added.keypoints_filled is not None and added.keypoints_filled.any()


@pytest.mark.parametrize('seeds', SEEDS)
@pytest.mark.parametrize('entry', ENTRIES, ids=str)
def test_live(entry, seeds):
    for seed in seeds:
        rng = np.random.default_rng(seed)
        frames, stamps, width = video(rng)
        smoother = build_smoother(entry, **settings(rng, width))
        for _ in range(2):  # The second time after flush, as a new video.
            out = []
            for t, frame in enumerate(frames):
                finished = smoother.step(frame, timestamp=None if stamps is None else stamps[t])
                out += finished
                if stamps is None and all(
                        b.frame_id - a.frame_id == 1 for a, b in itertools.pairwise(frames)):
                    assert len(out) == max(0, t + 1 - smoother.latency)
            out += smoother.flush()
            check(frames, out, smoother)


@pytest.mark.parametrize('seeds', SEEDS)
@pytest.mark.parametrize('entry', ENTRIES[:4], ids=str)
def test_offline_and_in_any_order_of_people(entry, seeds):
    for seed in seeds:
        rng = np.random.default_rng(1000 + seed)
        frames, stamps, width = video(rng)
        options = {**settings(rng, width), 'lookahead': None}
        smoother = build_smoother(entry, **options)
        tracks = tracks_from_frames(frames, representation=f'keypoints_{width}d', fps=30.0)
        if stamps is not None:
            tracks = tracks.replace(times=np.asarray(stamps))
        result = smoother.smooth(tracks)
        assert list(result.tracks) == list(tracks.tracks)
        for key, sequence in tracks:
            new = result[key]
            kept = np.isin(new.frame_ids, sequence.frame_ids)
            assert kept.sum() == len(sequence) and np.isin(new.frame_ids, tracks.frame_ids).all()
            finite = np.isfinite(sequence.coords).all(axis=-1)
            assert np.isfinite(new.coords[kept][finite]).all()
        # People do not influence one another.
        for key, sequence in tracks:
            alone = smoother.smooth(tracks.replace(tracks={key: sequence}))
            np.testing.assert_array_equal(alone[key].coords, result[key].coords)


def test_broken_frames_are_refused_and_change_nothing():
    for seed in range(4 * VIDEOS):
        rng = np.random.default_rng(2000 + seed)
        pose = rng.normal(300, 80, (9, 2))
        smoother, twin = (build_smoother('one_euro', fps=30) for _ in range(2))
        for t in range(30):
            kind = rng.integers(12)
            person = PoseInstance(pose + rng.normal(0, 1, pose.shape), track_id='a')
            broken = {
                0: PoseFrame(t, [person, person]), 1: PoseFrame(t - 1, [person]),
                2: PoseFrame(t, [PoseInstance(pose[:4], track_id='a')]),
                3: PoseFrame(t, [PoseInstance(pose.ravel(), track_id='a')]),
                4: PoseFrame(t, [PoseInstance(pose, np.ones(3), track_id='a')]),
                5: PoseFrame(t, [PoseInstance(np.zeros((9, 7)), track_id='b')]),
                6: PoseFrame(t, [PoseInstance(pose, np.full(9, 'high'), track_id='a')]),
            }.get(int(kind))
            if broken is not None and t:
                with pytest.raises(SmoothNetError):
                    smoother.step(broken)
            one, other = (s.step(PoseFrame(t, [person])) for s in (smoother, twin))
            for a, b in zip(one, other):
                np.testing.assert_array_equal(a.instances[0].keypoints, b.instances[0].keypoints)
