from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.tracking.similarity import box_size, iou_matrix, keypoint_box, oks_matrix


def naive_oks(a, b, size, sigmas, drift):
    values = []
    for p, q, sigma in zip(a, b, sigmas):
        if np.isnan(p).any() or np.isnan(q).any():
            continue
        squared = sum((x - y) ** 2 for x, y in zip(p, q))
        values.append(np.exp(-squared / (2 * size ** 2 * ((2 * sigma) ** 2 + drift ** 2))))
    return np.mean(values) if len(values) >= min(3, len(a)) else np.nan


@pytest.mark.parametrize('width', [2, 3])
def test_oks_equals_naive_twin(rng, width):
    first, second = rng.normal(0, 1, (2, 3, 5, width))
    first[0, :3] = np.nan
    second[1, 1] = np.nan
    sizes, sigmas = rng.uniform(1, 3, (3, 3)), rng.uniform(0.1, 0.5, 5)
    drift = np.array([[0.0], [0.2], [1.0]])
    expected = [[naive_oks(first[i], second[j], sizes[i, j], sigmas, drift[i, 0])
                 for j in range(3)] for i in range(3)]
    assert np.isnan(expected).any() and np.isfinite(expected).any()
    np.testing.assert_allclose(oks_matrix(first, second, sizes, sigmas, drift), expected)


@pytest.mark.parametrize(('keypoints', 'common', 'defined'), [
    (5, 3, True), (5, 2, False), (3, 3, True), (2, 2, True), (2, 1, False), (1, 1, True)])
def test_fewest_common_keypoints(keypoints, common, defined):
    pose = np.zeros((1, keypoints, 2))
    seen = pose.copy()
    seen[0, common:] = np.nan
    value = oks_matrix(pose, seen, np.ones((1, 1)), np.full(keypoints, 0.1))
    assert value[0, 0] == 1 if defined else np.isnan(value[0, 0])


def test_oks_has_no_unit(rng):
    first, second = rng.normal(0, 1, (2, 4, 17, 3))
    sizes, sigmas = np.full((4, 4), 2.0), np.full(17, 0.1)
    np.testing.assert_allclose(oks_matrix(first, second, sizes, sigmas),
                               oks_matrix(1000 * first, 1000 * second, 1000 * sizes, sigmas))


def test_unknown_size_is_undefined():
    poses = np.zeros((1, 4, 2))
    for size in (np.nan, 0.0):
        assert np.isnan(oks_matrix(poses, poses, np.full((1, 1), size), np.full(4, 0.1))).all()


@pytest.mark.parametrize(('first', 'second', 'expected'), [
    ([0, 0, 2, 2], [0, 0, 2, 2], 1.0),
    ([0, 0, 2, 2], [1, 0, 3, 2], 1 / 3),
    ([0, 0, 2, 2], [2, 2, 3, 3], 0.0),
    ([0, 0, 0, 2], [0, 0, 2, 2], np.nan),
    ([np.nan] * 4, [0, 0, 2, 2], np.nan),
    ([0, 0, 0, 2, 2, 2], [1, 1, 1, 3, 3, 3], 1 / 15),
])
def test_iou(first, second, expected):
    first, second = np.array([first], dtype=float), np.array([second], dtype=float)
    np.testing.assert_allclose(iou_matrix(first, second), [[expected]])
    np.testing.assert_allclose(iou_matrix(second, first), [[expected]])


def test_keypoint_box_and_size():
    pose = np.array([[0.0, 0.0], [3.0, 12.0], [np.nan, 50.0]])
    np.testing.assert_array_equal(keypoint_box(pose), [0, 0, 3, 12])
    np.testing.assert_allclose(keypoint_box(pose, 0.5), [-6, -6, 9, 18])
    assert np.isnan(keypoint_box(np.full((2, 3), np.nan))).all()
    assert box_size(np.array([0.0, 0, 3, 12])) == 6
    assert box_size(np.array([0.0, 0, 0, 12])) == 6
    assert box_size(np.array([1.0, 1, 1, 4, 10, 3])) == pytest.approx(np.sqrt(27))
    assert np.isnan(box_size(np.array([1.0, 1, 1, 1])))
    assert np.isnan(box_size(np.full(4, np.nan)))
