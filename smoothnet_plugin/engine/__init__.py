"""What turns MMEngine's runner into ours: hooks, launching, and its faults mended."""

from .filter_refiner import FilterRefiner
from .hooks import EpochSeedHook, WeightCheckHook

__all__ = ['EpochSeedHook', 'FilterRefiner', 'WeightCheckHook']
