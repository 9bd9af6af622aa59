import sys
import types
import warnings

import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils import deprecation
from smoothnet_plugin.utils.deprecation import (
    deprecated_names,
    moved_module,
    renamed_arguments,
    warn_renamed,
)

ERRORS = 'smoothnet_plugin.errors'


@pytest.fixture(autouse=True)
def nothing_warned(monkeypatch):
    monkeypatch.setattr(deprecation, '_warned', set())


@pytest.fixture
def module(monkeypatch):
    """An old module, importable as ``old_home``."""
    module = types.ModuleType('old_home')
    monkeypatch.setitem(sys.modules, 'old_home', module)
    return module


def recorded(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        result = function()
    return result, caught


def test_warns_once_with_old_new_and_version_at_the_users_line():
    def library():
        warn_renamed('old', 'new', removed_in='9.1')

    _, [warning] = recorded(lambda: [library() for _ in range(3)])
    assert str(warning.message) == "'old' is now 'new'; smoothnet_plugin 9.1 drops the old name."
    assert warning.category is FutureWarning and warning.filename == __file__
    assert recorded(library)[1] == []
    _, [other] = recorded(lambda: warn_renamed('older', 'new', removed_in='9.1'))
    assert "'older'" in str(other.message)


def test_as_an_error_every_use_raises():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for _ in range(2):
            with pytest.raises(FutureWarning):
                warn_renamed('old', 'new', removed_in='9.1')


def test_renamed_names(module):
    module.__getattr__ = deprecated_names(
        'old_home', {'Oops': f'{ERRORS}:ConfigError', 'mistakes': ERRORS}, removed_in='9.1')

    def use():
        from old_home import Oops
        return Oops, module.Oops, module.mistakes

    (first, second, whole), caught = recorded(use)
    assert first is second is ConfigError
    assert whole is sys.modules[ERRORS]
    assert [str(w.message) for w in caught] == [
        f"'old_home.Oops' is now '{ERRORS}.ConfigError'; smoothnet_plugin 9.1 drops the old name.",
        f"'old_home.mistakes' is now '{ERRORS}'; smoothnet_plugin 9.1 drops the old name."]
    assert {w.filename for w in caught} == {__file__}


def test_other_names_are_missing_as_ever(module):
    module.__getattr__ = deprecated_names(
        'old_home', {'Oops': f'{ERRORS}:ConfigError'}, removed_in='9.1')
    with pytest.raises(AttributeError, match="module 'old_home' has no attribute 'Opps'"):
        _ = module.Opps
    with pytest.raises(ImportError):
        from old_home import Opps  # noqa: F401


def test_a_new_place_is_imported_late(module, monkeypatch):
    monkeypatch.delitem(sys.modules, 'colorsys', raising=False)
    module.__getattr__ = deprecated_names(
        'old_home', {'f': 'colorsys:rgb_to_hls'}, removed_in='9.1')
    assert 'colorsys' not in sys.modules
    (function, _) = recorded(lambda: module.f)
    assert function is sys.modules['colorsys'].rgb_to_hls


def test_moved_module(module):
    module.__getattr__ = moved_module('old_home', ERRORS, removed_in='9.1')

    def use():
        from old_home import ConfigError, did_you_mean
        return ConfigError, did_you_mean

    (error, function), [warning] = recorded(use)
    assert error is ConfigError and function is sys.modules[ERRORS].did_you_mean
    assert str(warning.message) == (
        f"'old_home' is now '{ERRORS}'; smoothnet_plugin 9.1 drops the old name.")
    with pytest.raises(AttributeError, match="'old_home' has no attribute 'nothing'"):
        _ = module.nothing
    with pytest.raises(AttributeError):
        _ = module.__path__  # old_home is a module, whatever the new one is


def test_moved_module_star_import(module):
    module.__getattr__ = moved_module('old_home', 'colorsys', removed_in='9.1')
    names = {}
    _, caught = recorded(lambda: exec('from old_home import *', names))
    assert names['rgb_to_hls'] is sys.modules['colorsys'].rgb_to_hls
    assert len(caught) == 1


def test_renamed_arguments():
    @renamed_arguments(removed_in='9.1', window='window_size')
    def smooth(coords, window_size=3, *, order=1):
        """Smooth."""
        return coords, window_size, order

    result, [warning] = recorded(lambda: smooth(1, window=5, order=2))
    assert result == (1, 5, 2)
    assert "'window' is now 'window_size'" in str(warning.message)
    assert warning.filename == __file__
    assert recorded(lambda: (smooth(1, 5), smooth(1, window_size=5)))[1] == []
    with pytest.raises(ConfigError, match="remove 'window'"):
        smooth(1, window=5, window_size=7)
    with pytest.raises(TypeError, match='windows'):
        smooth(1, windows=5)
    assert smooth.__doc__ == 'Smooth.'
