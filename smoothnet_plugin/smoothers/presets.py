"""Smoothers by name.

A name used instead of a config is that of a preset or of a registered filter with its defaults.
Both include preprocessing: swapped left and right sides are corrected, and outliers and repeated
samples are hidden from filters that do not handle them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ConfigError
from ..registry import SMOOTHERS

_PRESETS: dict[str, dict[str, Any]] = {}


def register_preset(name: str, config: Mapping[str, Any] | Sequence[Any], *,
                    force: bool = False) -> None:
    """Register a smoother under a name, which then works wherever preset names do.

    Args:
        name: The name, for :func:`smoothnet_plugin.smooth`, the command line and configs.
        config: A filter's config, a list of them (a chain), or the config of a ``PoseSmoother``.
            It is built when the preset is used.
        force: Replace a preset of that name. Defaults to False.

    Raises:
        ConfigError: The name is taken, or the config is neither a dict nor a list.

    Examples:
        >>> from smoothnet_plugin.smoothers import build_smoother, register_preset
        >>> register_preset('very_smooth', dict(type='GaussianFilter', cutoff=1.5))
        >>> build_smoother('very_smooth').filters[0].cutoff
        1.5
    """
    if name in _PRESETS and not force:
        raise ConfigError(f'The preset {name!r} already exists; choose another name, or replace it '
                          'with force=True.')
    if not isinstance(config, Mapping):
        if isinstance(config, str) or not isinstance(config, Sequence):
            raise ConfigError(f'The config of the preset {name!r} is a {type(config).__name__}; '
                              'expected a dict, or a list of dicts for a chain.')
        config = dict(type='PoseSmoother', filters=list(config))
    _PRESETS[name] = dict(config)


def preset_names() -> list[str]:
    """Names of the presets."""
    return sorted(_PRESETS)


def filter_names() -> list[str]:
    """Names of the registered filters, one per filter, without older and shorter aliases."""
    SMOOTHERS.import_from_location()
    first: dict[type, str] = {}
    for name, cls in SMOOTHERS.module_dict.items():
        first.setdefault(cls, name)
    return sorted(set(first.values()) - {'PoseSmoother'})


def known_names() -> list[str]:
    """Names of the presets and of the registered filters."""
    SMOOTHERS.import_from_location()
    return sorted({*_PRESETS, *SMOOTHERS.module_dict} - {'PoseSmoother'})


def config_of(name: str) -> dict[str, Any] | None:
    """The config of a name, or None for an unknown one.

    Args:
        name: Name of a preset or of a registered filter, with or without the package's scope.

    Returns:
        The config of a ``PoseSmoother``.
    """
    config = _PRESETS.get(name)
    if config is None:
        if name.removeprefix('smoothnet_plugin.') not in known_names():
            return None
        config = dict(type=name)
    if config['type'] != 'PoseSmoother':
        config = dict(type='PoseSmoother', filters=[config])
    return {'exchanges': True, 'outliers': True, **config}


for _name, _config in {
    'default': dict(type='DefaultFilter'),
    'robust': dict(type='RobustFilter'),
    'classical': dict(type='PoseSmoother',
                      filters=[dict(type='HampelFilter'), dict(type='WhittakerFilter')]),
    'one_euro': dict(type='OneEuroFilter'),
    'one_euro_zero_phase': dict(type='OneEuroFilter', zero_phase=True),
    'savgol': dict(type='SavgolFilter'),
    'gaussian': dict(type='GaussianFilter'),
    'butterworth': dict(type='ButterworthFilter'),
    'median': dict(type='MedianFilter'),
    'hampel': dict(type='HampelFilter'),
    'kalman': dict(type='KalmanFilter'),
    'whittaker': dict(type='WhittakerFilter'),
    'smoothnet': dict(type='SmoothNetFilter'),
    'network': dict(type='LearnedFilter'),
}.items():
    register_preset(_name, _config)
