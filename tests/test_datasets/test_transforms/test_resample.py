from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline

from smoothnet_plugin.datasets import MocapDataset, ResampleFps
from smoothnet_plugin.errors import ConfigError

from ..conftest import make_batch


def moving(coefficients, frames=40, fps=60., target_frames=None):
    """Every coordinate a polynomial of time in seconds."""
    batch = make_batch(3, frames, fps=fps, target_frames=target_frames)
    time = np.arange(frames) / fps
    batch.inputs = batch.target = np.broadcast_to(
        np.polyval(coefficients, time)[None, :, None, None], batch.inputs.shape).astype(np.float32)
    return batch


@pytest.mark.parametrize('fps', [17., 30., 60., 90., 120.])
def test_parabolas_are_kept_inside(rng, fps):
    batch = ResampleFps(fps)(moving([3., -1., 2.], target_frames=0), rng)
    frames = batch.inputs.shape[1]
    time = np.arange(frames) / fps
    assert frames == int(39 / 60 * fps + 1e-9) + 1 and (batch.fps == fps).all()
    inside = (time > 1.001 / 60) & (time < 38 / 60 - 0.001)
    np.testing.assert_allclose(batch.target[0, inside, 0, 0],
                               np.polyval([3., -1., 2.], time[inside]), atol=1e-5)


def test_lines_are_kept_to_the_ends(rng):
    batch = ResampleFps(50.)(moving([2., 1.], target_frames=0), rng)
    time = np.arange(batch.inputs.shape[1]) / 50
    np.testing.assert_allclose(batch.inputs[1, :, 3, 1], 2 * time + 1, atol=1e-5)


def test_equals_catmull_rom(rng):
    batch = make_batch(1, 12, fps=30., target_frames=0)
    batch.inputs = batch.target = rng.normal(size=(1, 12, 8, 3)).astype(np.float32)
    values = batch.target[0].astype(np.float64)
    padded = np.concatenate([2 * values[:1] - values[1:2], values, 2 * values[-1:] - values[-2:-1]])
    slopes = (padded[2:] - padded[:-2]) / 2
    spline = CubicHermiteSpline(np.arange(12), values, slopes)
    result = ResampleFps(70.)(batch, rng)
    place = np.arange(result.inputs.shape[1]) * 30 / 70
    np.testing.assert_allclose(result.inputs[0], spline(place), atol=1e-5)


def test_same_rate_changes_nothing(rng):
    batch = make_batch(2, 10, target_frames=10)
    batch.mask[0, 4, 1] = False
    before, mask = batch.inputs.copy(), batch.mask.copy()
    batch = ResampleFps(30.)(batch, rng)
    np.testing.assert_allclose(batch.inputs, before, atol=1e-6)
    np.testing.assert_array_equal(batch.mask, mask)


def test_missing_frames_mask_what_is_made_of_them(rng):
    batch = make_batch(1, 10, target_frames=0)
    batch.mask[0, 4, 1] = False
    batch.scores = batch.mask.astype(np.float32)
    batch = ResampleFps(60.)(batch, rng)
    assert np.flatnonzero(~batch.mask[0, :, 1]).tolist() == [7, 8, 9]
    assert batch.mask[0, :, 0].all()
    np.testing.assert_array_equal(batch.scores, batch.mask)


def write(path, lengths, fps=60.):
    frames = int(sum(lengths))
    time = np.concatenate([np.arange(n) for n in lengths]) / fps
    np.savez(path, positions=np.broadcast_to(time[:, None, None], (frames, 2, 3)),
             lengths=np.array(lengths), fps=fps)


def test_windows_are_read_long_enough(tmp_path):
    write(tmp_path / 'a.npz', [300, 200])
    dataset = MocapDataset(tmp_path / 'a.npz', [ResampleFps((15., 120.))], window_size=32)
    assert len(dataset) == 269 + 169
    batch = dataset.__getitems__(range(len(dataset)))
    assert batch.arrays['inputs'].shape == (438, 32, 2, 3) and batch.arrays['mask'].all()
    step = np.diff(batch.arrays['target'][:, :, 0, 0], axis=1)
    # A steady motion stays steady, at rates over the whole range.
    np.testing.assert_allclose(step, np.broadcast_to(step[:, :1], step.shape), atol=2e-6)
    rates = 1 / step[:, 0]
    assert rates.min() < 17 and rates.max() > 110
    early = rates[:150]
    assert np.log(early).mean() == pytest.approx(np.log(np.sqrt(15 * 120)), abs=0.2)


def test_clips_too_short_for_a_rate(tmp_path):
    write(tmp_path / 'a.npz', [40, 10])
    dataset = MocapDataset(tmp_path / 'a.npz', [ResampleFps(15.)], window_size=16)
    batch = dataset.__getitems__(range(len(dataset)))
    # 40 frames at 60 Hz are 10 at 15 Hz: nothing is made up beyond them.
    assert batch.arrays['mask'][0, :, 0].sum() == 10
    assert batch.arrays['mask'][-1, :, 0].sum() == 3
    assert (batch.arrays['inputs'][-1, 3:] == 0).all()
    # Where the rate is free, it is chosen so that the clip fills the window.
    dataset = MocapDataset(tmp_path / 'a.npz', [ResampleFps((15., 120.))], window_size=16)
    batch = dataset.__getitems__(range(len(dataset)))
    assert batch.arrays['mask'][:-1].all()
    assert 10 <= batch.arrays['mask'][-1, :, 0].sum() <= 16


@pytest.mark.parametrize('length', [0, 1, 2, 3])
def test_very_short_clips(tmp_path, length):
    write(tmp_path / 'a.npz', [length, 30])
    item = MocapDataset(tmp_path / 'a.npz', [ResampleFps(45.)])[0]
    assert len(item['inputs']) == {0: 0, 1: 1, 2: 1, 3: 2}[length]
    assert item['meta']['fps'] == 45. and item['mask'].all()


def test_bad_rates():
    for fps in (0., (60., 30.), 'fast'):
        with pytest.raises(ConfigError, match=r'ResampleFps\.fps'):
            ResampleFps(fps)
