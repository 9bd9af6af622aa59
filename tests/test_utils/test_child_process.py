"""Libraries that are tried on a file in a process of their own."""

from __future__ import annotations

import sys

import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils import child_process
from smoothnet_plugin.utils.child_process import try_in_child


def tried(program: str, size: int = 10, **more) -> None:
    try_in_child('json', program, 'a.bin', 'test', size=size, memory=1 << 26, **more)


def test_arguments_and_content_reach_the_program():
    tried('assert sys.argv[1:] == ["x"] and sys.stdin.read() == "abc"', arguments=['x'],
          content=b'abc')


@pytest.mark.parametrize(('program', 'words'), [
    ('raise ValueError("no header")', 'no header'),
    ('x = bytes(1 << 30)', 'announces more than it holds'),
    ('import os\nos.abort()', 'json crashed on it'),
])
def test_the_reason_is_given(program, words):
    with pytest.raises(DataFormatError, match=f"'a.bin' is not a readable test file: .*{words}"):
        tried(program)


@pytest.mark.skipif(sys.platform == 'win32', reason='processor time cannot be limited')
def test_an_endless_loop_is_ended_by_its_processor_time(monkeypatch):
    """Whatever else the machine does; waiting would end it only after the longer limit."""
    monkeypatch.setattr(child_process, '_SECONDS', 1)
    monkeypatch.setattr(child_process, '_WAITING', 10**6)
    with pytest.raises(DataFormatError, match='did not finish'):
        tried('while True:\n    pass')


def test_waiting_ends_too(monkeypatch):
    monkeypatch.setattr(child_process, '_WAITING', 1)
    with pytest.raises(DataFormatError, match='did not finish'):
        tried('import time\ntime.sleep(1000)')
