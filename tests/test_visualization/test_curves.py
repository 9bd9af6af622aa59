from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.visualization import CurveStrip, Plot, acceleration, comparison_plots
from smoothnet_plugin.visualization.curves import color_of
from smoothnet_plugin.visualization.palette import BACKGROUND, INK

IDS = np.arange(100, 200)


def strip_of(width=1000, plots=1, values=None):
    values = np.linspace(0, 10, 100) if values is None else values
    return CurveStrip([Plot(f'plot {i}', {'raw': values, 'smoothed': values / 2})
                       for i in range(plots)], IDS, 25, width, base=100)


def columns_of(image: np.ndarray, color) -> np.ndarray:
    return np.unique(np.flatnonzero((image == color).all(axis=-1).mean(axis=0) > 0.3))


def test_line_moves_evenly_from_end_to_end():
    strip = strip_of()
    places = [columns_of(strip.draw(number), INK) for number in (100, 150, 199)]
    assert all(len(place) == 1 for place in places)
    start, middle, end = np.concatenate(places)
    assert start < 100 and end > 950
    assert middle - start == pytest.approx((end - start) * 50 / 99, abs=1)


def test_dots_lie_on_the_curves_at_the_frame():
    strip = strip_of()
    heights = []
    for number in (110, 150, 190):
        image = strip.draw(number)
        [x] = columns_of(image, INK)
        column = image[:, x]
        heights.append([np.flatnonzero((column == color_of(name, 0)).all(axis=-1)).mean()
                        for name in ('raw', 'smoothed')])
    raw, smoothed = np.transpose(heights)
    assert (np.diff(raw) < 0).all() and (smoothed > raw).all()  # Pixels count downwards.
    np.testing.assert_allclose(np.diff(raw), 2 * np.diff(smoothed), atol=4)


def test_frames_to_come_are_lighter():
    def ink(image, part):
        return np.abs(image[:, part].astype(int) - BACKGROUND).sum()

    strip = strip_of()
    early, late = strip.draw(105), strip.draw(198)
    assert ink(early, slice(500, 900)) < 0.7 * ink(late, slice(500, 900))
    marked = strip.draw([105, 150])
    np.testing.assert_array_equal(marked[:, 600:900], late[:, 600:900])
    assert len(columns_of(marked, INK)) == 2


def test_narrow_strips_stack_their_plots():
    wide, narrow = strip_of(1000, 2), strip_of(640, 2)
    assert narrow.height == 2 * wide.height
    assert wide.draw(100).shape == (wide.height, 1000, 3)
    assert narrow.draw(100).shape == (narrow.height, 640, 3)


@pytest.mark.parametrize('values', [np.full(100, np.nan), np.zeros(100), np.r_[1e9, np.ones(99)]])
def test_any_values(values):
    assert strip_of(values=values).draw(120).shape[1] == 1000
    assert CurveStrip([Plot('one', {'raw': np.ones(1)})], np.array([3]), 30, 700).draw(3).any()


def test_plots_of_a_comparison(clip):
    raw, smooth = clip
    [motion] = comparison_plots({'raw': raw})
    np.testing.assert_array_equal(motion.values['raw'], acceleration(raw))
    error, motion = comparison_plots({'raw': raw, 'truth': smooth}, smooth)
    assert list(error.values) == ['raw'] and list(motion.values) == ['raw', 'truth']
    assert 'px' in error.label
    in_metres = {key: tracks.map(lambda s: s.replace(unit='m')) for key, tracks in
                 (('raw', raw), ('truth', smooth))}
    error_mm = comparison_plots(in_metres, in_metres['truth'])[0]
    assert 'mm' in error_mm.label
    np.testing.assert_allclose(error_mm.values['raw'], 1000 * error.values['raw'])
