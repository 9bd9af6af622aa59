"""Networks in a benchmark: bare weights, or weights with the config that tests them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from ..engine.compat import load_from_local
from ..engine.hooks import check_weights
from ..errors import ConfigError
from ..evaluation.clip import Clip
from ..models import PoseRefiner
from ..registry import MODELS, SCOPE
from ..smoothers import PoseSmoother
from ..smoothers.build import build_smoother
from ..utils.config_file import read_config
from .batch import smooth_clips


class NetworkEntry(NamedTuple):
    """Weights to compare.

    Attributes:
        weights: Path of the weights.
        config: Path of the config whose model refines whole clips with them, or None.
    """

    weights: str
    config: str | None = None

    @classmethod
    def parse(cls, text: str) -> NetworkEntry:
        """The entry of ``WEIGHTS``, ``CONFIG.py:WEIGHTS`` or ``CONFIG.py@VARIANT:WEIGHTS``."""
        found = re.fullmatch(r'(.+?\.py(?:@[^:]+)?):(.+)', text)
        return cls(found[2], found[1]) if found else cls(text)


def refine_clips(entry: NetworkEntry, clips: Sequence[Clip],
                 lookahead: int | None) -> list[np.ndarray]:
    """Refine clips with a network, in the normalised coordinates of its dataset.

    Args:
        entry: The network. With a config, the model of the config refines whole clips as in
            ``tools/test.py``; at a limited look-ahead a ``SmoothNetFilter`` loads the weights.
        clips: The clips.
        lookahead: Frames of future that results may depend on, or None for whole clips.

    Returns:
        The refined coordinates of each clip in its own unit, shape (T, K, C).

    Raises:
        CheckpointError: The weights are missing or do not fit the model.
        ConfigError: The model of the config is not a ``PoseRefiner``.
    """
    normal = [clip.normalised() for clip in clips]
    if entry.config is not None and lookahead is None:
        model = _model(entry.config, entry.weights)
        with torch.no_grad():
            refined = [model.predict([{'inputs': torch.from_numpy(
                np.ascontiguousarray(clip.inputs, np.float32))}])[0]['pred'] for clip in normal]
    else:
        refined = smooth_clips(_filter(entry.weights), normal, lookahead)
    return [clip.restored(result) for clip, result in zip(clips, refined)]


def _filter(weights: str) -> PoseSmoother:
    return build_smoother({'type': 'SmoothNetFilter', 'checkpoint': weights, 'normalize': 'none'})


def _model(path: str, weights: str) -> PoseRefiner:
    config = read_config(path)
    model = MODELS.build({**config.model, '_scope_': SCOPE})
    if not isinstance(model, PoseRefiner):
        raise ConfigError(f"The model of '{path}' is a {type(model).__name__}; expected a "
                          'PoseRefiner, whose network has weights.')
    state = load_from_local(weights, 'cpu')['state_dict']
    model.load_state_dict(check_weights(model, state))
    return model.eval()
