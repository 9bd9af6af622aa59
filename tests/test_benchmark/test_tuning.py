import math

import pytest

from smoothnet_plugin.benchmark.scoring import Score
from smoothnet_plugin.benchmark.tuning import SPACES, space_of, tune
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.smoothers.build import build_smoother

RAW = Score(20.0, 9.0)


@pytest.mark.parametrize('best', [0.11, 1.7, 40.0])
def test_the_grid_is_widened_until_the_optimum_is_inside(best):
    def bowl(config):
        distance = math.log(config['cutoff'] / best)
        return Score(18 + distance**2, config['cutoff'])

    by_mpjpe, by_accel = tune('gaussian', bowl, RAW)
    assert by_mpjpe.inside
    assert by_mpjpe.config['cutoff'] == pytest.approx(best, rel=0.06)
    # As smooth as the MPJPE of the raw input allows: 18 + log^2 = 20.
    assert by_accel.config['cutoff'] == pytest.approx(best * math.exp(-2**0.5), rel=0.06)
    assert by_accel.score.mpjpe <= RAW.mpjpe


def test_windows_stay_odd_whole_numbers():
    seen = set()

    def bowl(config):
        seen.add(config['window_size'])
        return Score(18 + abs(math.log(config['window_size'] / 97)), 1 / config['window_size'])

    assert tune('savgol', bowl, RAW)[0].config['window_size'] == pytest.approx(97, abs=4)
    assert all(isinstance(window, int) and window % 2 for window in seen)


def test_a_bound_of_the_parameter_is_no_edge():
    tuned = tune('median', lambda c: Score(21 + c['window_size'], 1.0), RAW)
    assert [t.aim for t in tuned] == ['mpjpe'], 'no setting keeps the MPJPE of the input'
    assert tuned[0].config['window_size'] == 3 and tuned[0].inside


@pytest.mark.parametrize('name', SPACES)
@pytest.mark.parametrize('sign', [1, -1])
def test_every_setting_that_may_be_tried_is_legal(name, sign):
    def always_further(config):
        build_smoother(config)
        return Score(19 + 1e-3 * sign * math.log(
            math.prod(v for v in config.values() if isinstance(v, (int, float)) and v)), 1.0)

    assert tune(name, always_further, RAW)


def test_giving_up_is_reported():
    tuned = tune('gaussian', lambda c: Score(19 / c['cutoff']**0.01, 1.0), RAW, max_rounds=2)
    assert not tuned[0].inside


def test_unknown_filters_are_named():
    with pytest.raises(ConfigError, match="Did you mean 'gaussian'"):
        space_of('gausian')
