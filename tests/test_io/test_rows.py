"""Rows that writers get from tracks."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.io import Row
from smoothnet_plugin.structures import PoseSequence
from smoothnet_plugin.utils import deprecation


def row(filled, ref=None):
    sequence = PoseSequence(np.zeros((1, 3, 2)), filled=np.array([filled]), refs=[ref])
    return Row(0, sequence, 0)


def test_a_row_is_interpolated_if_the_source_has_no_such_person():
    assert row([True] * 3).interpolated
    assert not row([True, True, False]).interpolated
    assert not row([True] * 3, ref=(0, 1)).interpolated


def test_the_old_name_of_interpolated(monkeypatch):
    monkeypatch.setattr(deprecation, '_warned', set())
    with pytest.warns(FutureWarning, match=r"'Row\.bridged' is now 'Row\.interpolated'"):
        assert row([True] * 3).bridged
    assert not row([False] * 3).bridged
