"""Extensions of MMEngine's runner: hooks, launching, models without training, and fixes."""

from .extended_refiner import ExtendedRefiner
from .filter_refiner import FilterRefiner
from .hooks import EpochSeedHook, SaveBestCheckHook, WeightCheckHook

__all__ = ['EpochSeedHook', 'ExtendedRefiner', 'FilterRefiner', 'SaveBestCheckHook',
           'WeightCheckHook']
