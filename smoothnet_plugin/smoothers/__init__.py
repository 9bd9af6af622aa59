"""Filters over time and the smoother that applies them to people."""

from .base import BaseFilter, FilterStream, Support

__all__ = ['BaseFilter', 'FilterStream', 'Support']
