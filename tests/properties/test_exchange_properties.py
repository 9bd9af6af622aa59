"""What holds for the search for exchanges, whatever the clip."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smoothnet_plugin.processing.exchange_detector import ExchangeDetector
from smoothnet_plugin.processing.exchanges import apply_exchanges, find_exchanges

from ..walking import walking_person

GROUPS = (((5, 6), (7, 8), (9, 10)), ((11, 12), (13, 14), (15, 16)))


@st.composite
def clips(draw) -> tuple[np.ndarray, np.ndarray, float]:
    """Spoilt coordinates with gaps, scores, and the frame rate."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    fps = draw(st.sampled_from([5.0, 12.5, 30.0, 60.0, 240.0]))
    frames, dims = draw(st.integers(1, 160)), draw(st.sampled_from([2, 3]))
    coords = walking_person(frames, fps, dims, phase=rng.uniform(0, 6.28))
    labels = np.cumsum(rng.random((frames, 2)) < 0.05, axis=0) % 2 == 1
    coords = apply_exchanges(coords, labels, GROUPS)
    spread = draw(st.sampled_from([0.0, 0.003, 0.03])) * np.ptp(coords[..., 1])
    coords = coords + rng.normal(0, 1, coords.shape) * spread
    coords[rng.random((frames, 17)) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    return coords, rng.uniform(0, 1, (frames, 17)), fps


@settings(max_examples=40, deadline=None)
@given(clips(), st.data())
def test_pushed_frames_give_the_labels_of_the_clip_so_far(clip, data):
    coords, scores, fps = clip
    cuts = data.draw(st.sets(st.integers(1, len(coords)), max_size=5)) | {len(coords)}
    detector = ExchangeDetector(fps, GROUPS, 17, history=20)
    chunk = data.draw(st.integers(1, 7))
    fed = 0
    for cut in sorted(cuts):
        while fed < cut:
            if data.draw(st.booleans()):
                detector.extend(coords[fed:fed + 1], scores[fed:fed + 1])
                fed += 1
            else:
                stop = min(cut, fed + chunk)
                detector.extend(coords[fed:stop], scores[fed:stop])
                fed = stop
        last = min(cut, 20)
        offline = find_exchanges(coords[:cut], fps, GROUPS, scores[:cut])
        np.testing.assert_array_equal(detector.labels(last), offline[cut - last:])


@settings(max_examples=40, deadline=None)
@given(clips())
def test_naming_left_right_changes_nothing(clip):
    coords, scores, fps = clip
    found = find_exchanges(coords, fps, GROUPS, scores)
    mirrored = tuple(tuple((b, a) for a, b in group) for group in GROUPS)
    np.testing.assert_array_equal(find_exchanges(coords, fps, mirrored, scores), found)
    everything = np.ones((len(coords), 2), dtype=bool)
    turned = find_exchanges(apply_exchanges(coords, everything, GROUPS), fps, GROUPS,
                            apply_exchanges(scores, everything, GROUPS))
    np.testing.assert_array_equal(turned, found)


@settings(max_examples=40, deadline=None)
@given(clips(), st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-4096, 4096))
def test_scale_and_place_do_not_matter(clip, scale, shift):
    coords, scores, fps = clip
    coords = np.round(coords * 2**20) / 2**20
    np.testing.assert_array_equal(find_exchanges(scale * coords + shift, fps, GROUPS, scores),
                                  find_exchanges(coords, fps, GROUPS, scores))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([12.0, 30.0, 60.0, 120.0]),
       st.floats(0, 6.28), st.sampled_from([2, 3]))
def test_a_clean_walk_is_left_alone(seed, fps, phase, dims):
    rng = np.random.default_rng(seed)
    coords = walking_person(int(3 * fps), fps, dims, rng.uniform(0, 6.28), phase=phase)
    assert not find_exchanges(coords, fps, GROUPS).any()
