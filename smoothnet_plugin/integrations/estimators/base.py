"""The interface of pose estimators for the demos."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any

import numpy as np

from ...errors import ConfigError
from ...structures import PoseInstance, Skeleton
from ...structures.layouts import LAYOUTS


class Estimator(ABC):
    """A function from a picture to the people in it.

    Attributes:
        skeleton: Names of the keypoints, or None if unknown before the first picture.
    """

    skeleton: Skeleton | None = None

    def close(self) -> None:  # noqa: B027  most have nothing to free
        """Free what the estimator holds; it cannot be called any more."""

    @abstractmethod
    def __call__(self, picture: np.ndarray) -> list[PoseInstance]:
        """Find the people in a picture.

        Args:
            picture: Shape (H, W, 3), uint8, BGR.

        Returns:
            The people, with keypoints (K, 2) in pixels and scores (K,).
        """


def required(module: str, extra: str) -> Any:
    """Import an optional package.

    Args:
        module: Its name.
        extra: The extra of this package that installs it.

    Returns:
        The module.

    Raises:
        ConfigError: It is not installed, or cannot be imported.
    """
    try:
        return import_module(module)
    except (ImportError, ValueError) as error:  # NumPy's ValueError: compiled for another NumPy
        raise ConfigError(
            f"{module} cannot be imported ({error}). Install it with pip install "
            f'"smoothnet_plugin[{extra}]", or estimate with another program and give its results '
            'with --poses FILE.') from error


def layout_of(count: int) -> Skeleton | None:
    """The common order of so many keypoints, or None if there is none."""
    return next((one for one in LAYOUTS if len(one.keypoint_names) == count), None)
