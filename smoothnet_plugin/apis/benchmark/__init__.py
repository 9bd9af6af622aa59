"""Benchmark of smoothers: clips, tuning on a train split, tables and plots."""
