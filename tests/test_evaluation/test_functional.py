from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import smoothnet_plugin.evaluation as evaluation
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.evaluation import functional as F

from . import naive


def _modules():
    for package in (evaluation, F):
        for module in pkgutil.iter_modules(package.__path__):
            yield f'{package.__name__}.{module.name}'


def test_docstring_examples():
    attempted = 0
    for name in _modules():
        outcome = doctest.testmod(importlib.import_module(name))
        assert not outcome.failed, name
        attempted += outcome.attempted
    assert attempted > 60


@pytest.mark.parametrize('name', [n for n in F.__all__ if n != 'mean_of_measured'])
def test_every_function_ends_in_an_example_with_a_result(name):
    example = doctest.DocTestParser().get_examples(getattr(F, name).__doc__)
    assert example[-1].want.strip()


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
@pytest.mark.parametrize('masked', [False, True])
@pytest.mark.parametrize('roots', [None, [0], [0, 1]])
def test_against_naive_loops(clip, dtype, masked, roots):
    pred, target, mask = clip
    pred, target = pred.astype(dtype), target.astype(dtype)
    given = mask if masked else None
    mask = mask if masked else np.ones_like(mask)
    p, g = pred.astype(float), target.astype(float)
    if roots is not None:
        p, g = naive.root_aligned(p, roots), naive.root_aligned(g, roots)
    args = (pred, target, given, roots)
    assert F.mpjpe(*args) == pytest.approx(naive.mpjpe(p, g, mask), rel=1e-12)
    assert F.n_mpjpe(*args) == pytest.approx(naive.n_mpjpe(p, g, mask), rel=1e-12)
    assert F.mpjve(*args) == pytest.approx(naive.difference_error(p, g, mask, 1), rel=1e-12)
    assert F.accel_error(*args) == pytest.approx(naive.difference_error(p, g, mask, 2), rel=1e-12)
    assert F.acceleration(pred, given, roots) == pytest.approx(naive.amount(p, mask, 2), rel=1e-12)
    assert F.jerk(pred, given, roots) == pytest.approx(naive.amount(p, mask, 3), rel=1e-12)


@pytest.mark.parametrize(('function', 'order'), [
    (F.mpjve, 1), (F.accel_error, 2)])
def test_fps_gives_seconds(clip, function, order):
    pred, target, _ = clip
    assert function(pred, target, fps=50) == pytest.approx(function(pred, target) * 50 ** order)


@pytest.mark.parametrize('function', [F.acceleration, F.jerk])
def test_amounts_of_seconds(function):
    time = np.arange(60).reshape(-1, 1, 1) / 30
    assert function(time ** 3, fps=30) == pytest.approx(
        6 if function is F.jerk else np.mean(6 * time[1:-1]), rel=1e-9)


def test_accel_error_is_the_mean_over_all_but_the_ends():
    pred = np.zeros((5, 1, 1))
    pred[2] = 1.0
    assert F.accel_error(pred, np.zeros_like(pred)) == pytest.approx((1 + 2 + 1) / 3)


@pytest.mark.parametrize('frames', range(5))
@pytest.mark.parametrize('name', [
    'mpjpe', 'n_mpjpe', 'pa_mpjpe', 'mpjve', 'accel_error', 'lag_frames', 'high_frequency_ratio',
    'peak_attenuation'])
def test_short_clips(rng, name, frames):
    pred, target = rng.normal(size=(2, frames, 4, 3))
    needs = {'mpjve': 2, 'accel_error': 3, 'lag_frames': 2, 'high_frequency_ratio': 8,
             'peak_attenuation': 9}.get(name, 1)
    keywords = {'fps': 30} if name == 'high_frequency_ratio' else {}
    value = getattr(F, name)(pred, target, **keywords)
    assert isinstance(value, float)
    assert np.isnan(value) or frames >= needs
    if name != 'lag_frames':
        assert np.isfinite(value) == (frames >= needs)


@pytest.mark.parametrize('name', ['mpjpe', 'n_mpjpe', 'pa_mpjpe', 'mpjve', 'accel_error'])
@pytest.mark.parametrize('bad', [np.nan, np.inf])
@pytest.mark.parametrize('where', [0, 1])
def test_what_is_not_finite_equals_what_is_masked(clip, name, bad, where):
    mask = np.ones(clip[2].shape, dtype=bool)
    mask[10, 3] = False
    masked = getattr(F, name)(clip[0], clip[1], mask)
    arrays = [clip[0].copy(), clip[1].copy()]
    arrays[where][10, 3, 1] = bad
    assert getattr(F, name)(*arrays) == masked
    assert np.isfinite(masked)


def test_frame_without_its_root_is_not_measured(clip):
    pred, target, _ = clip
    lost = pred.copy()
    lost[5, 0] = np.nan
    values = F.mpjpe_per_joint(lost, target, root_indices=[0, 1])
    assert np.isnan(values[5]).all()
    assert np.isfinite(np.delete(values, 5, axis=0)).all()


def test_inputs_stay_as_they_are(clip):
    pred, target, mask = clip
    before = pred.copy()
    F.mpjpe(pred, target, mask, [0])
    F.pa_mpjpe(pred, target, mask)
    F.high_frequency_ratio(pred, target, mask, fps=30)
    assert (pred == before).all()


def test_mpvpe_is_mpjpe_of_vertices(clip):
    pred, target, _ = clip
    assert F.mpvpe(pred, target) == F.mpjpe(pred, target)
    assert F.mpvpe(pred, target, pred[:, 0], target[:, 0]) == F.mpjpe(
        pred, target, root_indices=[0])


@pytest.mark.parametrize('threshold', [0.05, 0.1, 0.2])
def test_pck_against_naive_loops(rng, threshold):
    target = rng.uniform(0, 200, (30, 15, 2))
    pred = target + rng.normal(0, 12, target.shape)
    bbox = np.array([[60.5, 70, 140.2 + t, 180.9] for t in range(30)])
    mask = rng.random((30, 15)) > 0.2
    expected = naive.pck(pred, target, bbox, threshold, mask)
    assert 0 < expected < 1
    assert F.pck(pred, target, bbox, threshold, mask) == pytest.approx(expected, rel=1e-12)


def test_pck_counts_a_missing_prediction_as_wrong_and_a_missing_truth_not():
    pred, target = np.zeros((1, 4, 2)), np.zeros((1, 4, 2))
    pred[0, 0] = np.nan
    target[0, 1] = np.nan
    assert F.pck(pred, target, np.array([0, 0, 10, 10])) == pytest.approx(2 / 3)
    assert np.isnan(F.pck(pred, target, np.array([5, 5, 5, 5])))


@pytest.mark.parametrize('n', [1, 7, 99, 100, 101, 1000])
def test_worst_takes_the_last_of_the_sorted(rng, n):
    values, criterion = rng.normal(size=(2, n))
    order = sorted(range(n), key=lambda i: criterion[i])[int(np.floor(0.99 * n)):]
    assert F.worst_indices(criterion).tolist() == order
    assert F.worst_mean(values, order_by=criterion) == pytest.approx(
        np.mean([values[i] for i in order]))
    assert F.worst_mean(values) == pytest.approx(sorted(values)[-len(order):] @ np.ones(len(order))
                                                 / len(order))


def test_angle_error_against_scipy(rng):
    from scipy.spatial.transform import Rotation
    first, second = (Rotation.from_quat(rng.normal(size=(40, 4))) for _ in range(2))
    second = np.concatenate([second.as_matrix()[:20],
                             (first * Rotation.from_rotvec([1e-7, 0, 0])).as_matrix()[20:]])
    expected = np.degrees((first.inv() * Rotation.from_matrix(second)).magnitude())
    values = F.mpjae_per_joint(first.as_matrix().reshape(20, 2, 3, 3), second.reshape(20, 2, 3, 3))
    assert values.ravel() == pytest.approx(expected, rel=1e-6)
    assert np.isnan(F.mpjae(np.full((1, 1, 3, 3), np.nan), np.eye(3)[None, None]))


@pytest.mark.parametrize(('call', 'message'), [
    (lambda: F.mpjpe(np.zeros((3, 2, 3)), np.zeros((3, 3, 3))), r'\(3, 2, 3\).*\(3, 3, 3\)'),
    (lambda: F.mpjpe(np.zeros((3, 6)), np.zeros((3, 6))), r'expected \(T, K, C\)'),
    (lambda: F.mpjpe(np.zeros((3, 2, 3)), np.zeros((3, 2, 3)), np.ones((3, 3))), 'mask'),
    (lambda: F.mpjpe(np.zeros((3, 2, 3)), np.zeros((3, 2, 3)), None, [2]), 'root_indices'),
    (lambda: F.mpjpe(np.zeros((3, 2, 3)), np.zeros((3, 2, 3)), None, []), 'root_indices'),
    (lambda: F.pck(np.zeros((3, 2, 2)), np.zeros((3, 2, 2)), np.zeros((2, 4))), 'boxes'),
    (lambda: F.worst_indices(np.zeros(3), 0), 'fraction'),
    (lambda: F.worst_mean(np.zeros(3), order_by=np.zeros(2)), 'order_by'),
    (lambda: F.mpjae(np.zeros((3, 2, 3)), np.zeros((3, 2, 3))), 'rotation matrices'),
])
def test_wrong_shapes(call, message):
    with pytest.raises(DataFormatError, match=message):
        call()


@pytest.mark.parametrize('name', ['mpjpe', 'pa_mpjpe', 'n_mpjpe', 'mpjve', 'accel_error',
                                  'lag_frames', 'high_frequency_ratio', 'peak_attenuation'])
@pytest.mark.parametrize(('shapes', 'word'), [
    (((3000, 4, 3), (2999, 4, 3), None), '2999'),
    (((3000, 4, 3), (3000, 4, 3), (2999, 4)), '2999'),
    (((3000, 4, 3), (3000, 4, 2), None), '4, 2'),
    (((3000, 4), (3000, 4), None), 'T, K, C')])
def test_long_clips_that_do_not_fit_are_named(name, shapes, word):
    """Clips are measured in blocks; a fault of the whole must not hide in a block."""
    pred, target = (np.zeros(shape) for shape in shapes[:2])
    mask = None if shapes[2] is None else np.ones(shapes[2], dtype=bool)
    options = {'cutoff': 0.5} if name == 'high_frequency_ratio' else {}
    with pytest.raises(DataFormatError, match=word):
        getattr(F, name)(pred, target, mask, **options)
