"""The front doors: one function and one command."""

from .smooth import smooth, smooth_with_report

__all__ = ['smooth', 'smooth_with_report']
