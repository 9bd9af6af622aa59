from __future__ import annotations

import warnings

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseTracks
from smoothnet_plugin.visualization import acceleration, draw_plot, position_error, write_plot


@pytest.mark.parametrize('suffix', ['.png', '.svg', '.pdf'])
def test_writes_a_picture(tmp_path, clip, suffix):
    raw, smooth = clip
    write_plot(tmp_path / f'a{suffix}', raw, smooth, truth=smooth, keypoint='left_wrist')
    head = (tmp_path / f'a{suffix}').read_bytes()[:8]
    assert head[:4] in (b'\x89PNG', b'<?xm', b'%PDF')


def test_curves_are_the_series(clip):
    raw, smooth = clip
    figure = draw_plot({'raw': raw, 'smoothed': smooth}, truth=smooth)
    over_time, spectrum, error = figure.axes
    for line, tracks in zip(over_time.lines, clip):
        np.testing.assert_allclose(line.get_ydata(), acceleration(tracks))
        np.testing.assert_allclose(line.get_xdata(), np.arange(30) / 30)
    np.testing.assert_allclose(error.lines[0].get_ydata(), position_error(raw, smooth))
    rough, steady = (line.get_ydata()[-1] for line in spectrum.lines)
    assert rough > 10 * steady


@pytest.mark.parametrize('coords', [np.ones((1, 2, 2)), np.ones((40, 2, 2)),
                                    np.full((5, 2, 2), np.nan)])
def test_nothing_moves(tmp_path, coords):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        write_plot(tmp_path / 'a.png', PoseTracks.from_array(coords, fps=30))


def test_refusals(tmp_path, clip):
    raw, _ = clip
    with pytest.raises(DataFormatError, match=r'\.jpg'):
        write_plot(tmp_path / 'a.jpg', raw)
    with pytest.raises(DataFormatError, match='no frame'):
        write_plot(tmp_path / 'a.png', PoseTracks(fps=30))
    with pytest.raises(ConfigError, match='frames per second'):
        write_plot(tmp_path / 'a.png', raw.replace(fps=None))
    with pytest.raises(ConfigError, match='Unknown keypoint'):
        write_plot(tmp_path / 'a.png', raw, keypoint='tail')
    assert not list(tmp_path.iterdir())
