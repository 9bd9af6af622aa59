"""From a weight file to the network that it belongs to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ..errors import CheckpointError, ConfigError, did_you_mean
from ..registry import MODELS, SCOPE
from .checkpoints import WeightsFile, load_state_dict_file
from .window_network import WindowNetwork

#: Keypoints and values of the channel numbers that MotionRefineNet was released for.
_PUBLISHED_CHANNELS = {32: (16, 2), 34: (17, 2), 42: (14, 3), 51: (17, 3)}
#: Differences of weights that a message lists.
_SHOWN = 4
_CONVERT_HINT = ('Convert it with tools/convert_checkpoint.py --config CONFIG, where CONFIG is '
                 'the training config.')


def load_network(path: str | os.PathLike[str], trust_pickle: bool = False,
                 network: Mapping[str, Any] | None = None, **expected: Any) -> WindowNetwork:
    """Build the network that a weight file belongs to, with its weights, for inference.

    Args:
        path: A file that
            :func:`~smoothnet_plugin.models.checkpoints.load_state_dict_file` reads.
        trust_pickle: As there. Defaults to False.
        network: The network's config. Defaults to None: the one in the file, else the sizes are
            derived from the weights.
        **expected: Sizes that the user believes the network to have; None means any.

    Returns:
        The network on the CPU, in evaluation mode, without gradients.

    Raises:
        CheckpointError: The weights do not fit the config or a given size.
        ConfigError: ``network`` is not the config of a network, or the class of the network in
            the file is not imported.
    """
    file = load_state_dict_file(path, trust_pickle)
    config = dict(network) if network is not None else network_config(file, path)
    if network is None:
        _check_registered(config, path)
    built = build_network(config)
    for name, value in expected.items():
        found = getattr(built, name, None)
        if value is not None and value != found:
            raise CheckpointError(
                f"{name}={value!r} was given, but the weights in '{path}' have {name}={found!r}; "
                'leave the argument out (sizes are read from the weights) or choose the weights '
                'that go with it.')
    load_weights(built, file.state_dict, path)
    return built.eval().requires_grad_(False)


def build_network(config: Mapping[str, Any]) -> WindowNetwork:
    """Build a network from its config. Files name one, so only known networks are built.

    Args:
        config: ``dict(type=..., ...)`` with a :class:`WindowNetwork` registered in ``MODELS``.

    Returns:
        The network.

    Raises:
        ConfigError: The type is unknown, or an argument is.
    """
    arguments = dict(config)
    name = arguments.pop('type', None)
    cls = _registered(str(name))
    if not _is_network(cls):
        known = (name for name, cls in MODELS.module_dict.items() if _is_network(cls))
        raise ConfigError(f'{name!r} is not a network that refines windows. '
                          f'{did_you_mean(str(name), known)}')
    try:
        return cls(**arguments)
    except TypeError as error:
        raise ConfigError(f'The config of {name} does not fit: {error}.') from None


def _check_registered(config: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Raise if a file belongs to a network of a module that is not imported."""
    name = str(config.get('type')).removeprefix(f'{SCOPE}.')
    if 'type' in config and _registered(name) is None:
        raise ConfigError(
            f"The weights in '{path}' belong to the network {name!r}, which is not registered. "
            'Import the module that defines it before the weights are loaded: `import my_module` '
            "in Python, custom_imports=dict(imports=['my_module']) in a config, or "
            '`--import my_module.py` on the command line. '
            f'{did_you_mean(name, (n for n, c in MODELS.module_dict.items() if _is_network(c)))}')


def _registered(name: str) -> Any:
    """The class that a name means, or None.

    The networks of this package are registered; the other modules that register models, which take
    long to import, are imported only for a name that is not known yet.
    """
    name = name.removeprefix(f'{SCOPE}.')
    if name not in MODELS.module_dict:
        MODELS.import_from_location()
    return MODELS.module_dict.get(name)


def _is_network(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, WindowNetwork)


def load_weights(network: WindowNetwork, state_dict: Mapping[str, Tensor],
                 path: str | os.PathLike[str]) -> None:
    """Load weights, which must all fit.

    Args:
        network: The network.
        state_dict: Its weights.
        path: Their file, for the message.

    Raises:
        CheckpointError: An entry is missing, is not known, or has another shape.
    """
    faults = weight_faults(network, state_dict)
    if faults:
        raise CheckpointError(
            f"The weights in '{path}' do not fit {type(network).__name__}: {faults}.")
    network.load_state_dict(dict(state_dict))


def weight_faults(model: nn.Module, weights: Mapping[str, Tensor]) -> str:
    """How weights differ from those of a model, in names or shapes.

    Args:
        model: The model.
        weights: Weights by the model's own names.

    Returns:
        The first differences, separated by semicolons; '' where all weights fit.
    """
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    faults = sorted([
        *(f'{name} is missing' for name in wanted.keys() - found.keys()),
        *(f'{name} is not in the model' for name in found.keys() - wanted.keys()),
        *(f'{name} has shape {found[name]}, the model has {wanted[name]}'
          for name in wanted.keys() & found.keys() if found[name] != wanted[name])])
    more = [f'and {len(faults) - _SHOWN} more'] if len(faults) > _SHOWN else []
    return '; '.join([*faults[:_SHOWN], *more])


def network_config(file: WeightsFile, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Config of the network that weights belong to.

    Args:
        file: The weights.
        path: Their file, for the message.

    Returns:
        The config in the file, else ``dict(type=..., ...)`` with sizes derived from the weights.

    Raises:
        CheckpointError: The weights are of no known network, or do not show all of its sizes.
    """
    if file.network is not None:
        return dict(file.network)
    weights = file.state_dict
    if 'position.encoder.0.weight' in weights:
        position = {name.removeprefix('position.'): value for name, value in weights.items()
                    if name.startswith('position.')}
        return {'type': 'MotionAwareSmoothNet', **infer_smoothnet_args(position)}
    if 'tem_blocks.0.LN1.weight' in weights:
        return {'type': 'MotionRefineNet', **infer_motion_refine_net_args(weights)}
    try:
        return {'type': 'SmoothNet', **infer_smoothnet_args(weights)}
    except CheckpointError as error:
        raise CheckpointError(f"'{path}': {error}") from None


def infer_smoothnet_args(state_dict: Mapping[str, Tensor]) -> dict[str, int]:
    """Sizes of a :class:`SmoothNet` from its weights.

    Args:
        state_dict: Weights by the published names.

    Returns:
        ``window_size``, ``output_size``, ``hidden_size``, ``res_hidden_size``, ``num_blocks``.

    Raises:
        CheckpointError: The weights are not a SmoothNet's.
    """
    needed = ('encoder.0.weight', 'res_blocks.0.linear1.weight', 'decoder.weight')
    missing = [name for name in needed
               if name not in state_dict or state_dict[name].ndim != 2]
    if missing:
        raise CheckpointError(
            f"the weights are not SmoothNet's: {', '.join(missing)} missing; the entries are "
            f"{', '.join(list(state_dict)[:4])}{', ...' if len(state_dict) > 4 else ''}.")
    return _sizes(state_dict, 'res_blocks')


def infer_motion_refine_net_args(state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
    """Arguments of a published :class:`MotionRefineNet` from its weights.

    Args:
        state_dict: Weights by the published names.

    Returns:
        All arguments but ``dropout``; ``protocol='reference'``.

    Raises:
        CheckpointError: The weights are not of the published network, or of an unknown number
            of channels: weights do not show which channels form a keypoint.
    """
    channels = state_dict['tem_blocks.0.LN1.weight'].shape[0]
    kernel = state_dict['tem_blocks.0.conv_layer3.weight'].shape[-1]
    if kernel != 1 or channels not in _PUBLISHED_CHANNELS:
        raise CheckpointError(
            f'The weights are a MotionRefineNet of {channels} channels; they do not show which '
            f'keypoints these are. {_CONVERT_HINT}')
    num_keypoints, dim = _PUBLISHED_CHANNELS[channels]
    return dict(num_keypoints=num_keypoints, dim=dim, **_sizes(state_dict, 'tem_blocks'),
                protocol='reference')


def _sizes(state_dict: Mapping[str, Tensor], blocks: str) -> dict[str, int]:
    """Sizes of a network of residual blocks from its weights."""
    hidden_size, window_size = state_dict['encoder.0.weight'].shape
    numbers = {name.split('.')[1] for name in state_dict if name.startswith(f'{blocks}.')}
    return dict(
        window_size=window_size, output_size=state_dict['decoder.weight'].shape[0],
        hidden_size=hidden_size,
        res_hidden_size=state_dict[f'{blocks}.0.linear1.weight'].shape[0],
        num_blocks=len(numbers))
