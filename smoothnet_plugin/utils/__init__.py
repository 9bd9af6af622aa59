"""Helpers for files, arrays, configs and deprecated names."""
