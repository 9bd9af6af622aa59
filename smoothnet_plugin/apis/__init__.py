"""The front door: one function."""

from .smooth import smooth, smooth_with_report

__all__ = ['smooth', 'smooth_with_report']
