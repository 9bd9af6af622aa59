"""What turns MMEngine's runner into ours: hooks, launching, and its faults mended."""

from .hooks import EpochSeedHook, WeightCheckHook

__all__ = ['EpochSeedHook', 'WeightCheckHook']
