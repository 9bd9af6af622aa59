"""What turns MMEngine's runner into ours: hooks, launching, and its faults mended."""

from .extended_refiner import ExtendedRefiner
from .filter_refiner import FilterRefiner
from .hooks import EpochSeedHook, WeightCheckHook

__all__ = ['EpochSeedHook', 'ExtendedRefiner', 'FilterRefiner', 'WeightCheckHook']
