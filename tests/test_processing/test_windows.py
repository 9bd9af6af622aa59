from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.processing.windows import pad_to, training_windows


@pytest.mark.parametrize(('mode', 'expected'), [
    ('reflect', [0, 1, 2, 1, 0, 1, 2, 1, 0]),
    ('edge', [0, 1, 2, 2, 2, 2, 2, 2, 2]),
    ('zeros', [0, 1, 2, 0, 0, 0, 0, 0, 0]),
])
def test_pad_to(mode, expected):
    coords = np.repeat(np.arange(3, dtype=np.float32)[:, None], 2, axis=1)
    padded = pad_to(coords, 9, mode)
    np.testing.assert_array_equal(padded[:, 0], expected)
    assert padded.dtype == np.float32 and padded.shape == (9, 2)
    assert pad_to(coords, 3, mode) is coords and pad_to(coords, 2, mode) is coords


@pytest.mark.parametrize('size', [2, 9])
@pytest.mark.parametrize('mode', ['reflect', 'edge'])
def test_pad_single_and_no_frame(mode, size):
    np.testing.assert_array_equal(pad_to(np.full((1, 3), 7.0), size, mode), np.full((size, 3), 7))
    with pytest.raises(DataFormatError, match='empty sequence'):
        pad_to(np.zeros((0, 3)), size, mode)


@pytest.mark.parametrize('length', [2, 3, 5])
def test_reflection_equals_numpy(rng, length):
    coords = rng.normal(0, 1, (length, 2))
    np.testing.assert_array_equal(
        pad_to(coords, 20), np.pad(coords, ((0, 20 - length), (0, 0)), mode='reflect'))


LENGTHS = [40, 20, 8, 5, 30]


@pytest.mark.parametrize(('protocol', 'counts'), [
    ('reference', [32, 12, 0, 0, 59]),
    ('reference_pw3d', [32, 12, 0, 0, 22]),
    ('default', [33, 13, 1, 1, 23]),
])
def test_training_windows_of_the_documented_example(protocol, counts):
    sequences, starts = training_windows(LENGTHS, 8, protocol)
    assert np.bincount(sequences, minlength=5).tolist() == counts
    assert starts.shape == sequences.shape and starts.min() == 0
    for i, length in enumerate(LENGTHS):
        mine = starts[sequences == i]
        assert (mine <= max(length - 8, 0)).all()
        if protocol != 'default' and i != 4 and len(mine):
            assert mine.tolist() == list(range(length - 8))
    last = np.bincount(starts[sequences == 4])
    assert len(last) == (22 if protocol == 'reference_pw3d' else 23)
    assert set(last) == ({2, 3} if protocol == 'reference' else {1})


def naive_draw(lengths, window, item):
    distances = [max(length - window, 0) for length in lengths]
    chosen, first = 0, 0
    for i in range(len(lengths)):
        start = sum(distances[:i])
        if start <= item:
            chosen, first = i, start
    number = lengths[chosen] - window + 1
    return chosen, (item - first) % number if window <= lengths[chosen] else 0


@pytest.mark.parametrize('lengths', [LENGTHS, [30], [8], [5, 3], [5, 40, 3], [9, 8, 8, 12, 4]])
def test_reference_draw_equals_naive_twin(lengths):
    for protocol, total in (('reference', sum(lengths)),
                            ('reference_pw3d', sum(max(n - 8, 0) for n in lengths))):
        drawn = list(zip(*training_windows(lengths, 8, protocol)))
        assert drawn == [naive_draw(lengths, 8, n) for n in range(total)]


@pytest.mark.parametrize('lengths', [[], [0], [0, 5, 0, 9]])
def test_default_windows_of_odd_lists(lengths):
    sequences, starts = training_windows(lengths, 8)
    expected = [(i, s) for i, n in enumerate(lengths) if n for s in range(max(n - 8, 0) + 1)]
    assert list(zip(sequences, starts)) == expected


def test_bad_arguments():
    with pytest.raises(ConfigError, match=r"'reflekt'.*'reflect'"):
        pad_to(np.zeros((3, 1)), 5, 'reflekt')
    with pytest.raises(ConfigError, match=r"'referense'.*'reference'"):
        training_windows([5], 3, 'referense')
    with pytest.raises(DataFormatError, match='lengths'):
        training_windows([5, -1], 3)
