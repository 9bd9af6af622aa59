"""The one way in which commands end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils import command
from smoothnet_plugin.utils.command import run_command


def raises(error: BaseException):
    def main() -> None:
        raise error
    return main


@pytest.mark.parametrize(('main', 'status', 'line'), [
    (lambda: None, 0, ''),
    (lambda: 1, 1, ''),
    (raises(ConfigError('fps is -1; give a positive number.')), 2,
     'x: error: fps is -1; give a positive number.\n'),
    (raises(FileNotFoundError(2, 'No such file or directory', 'a.json')), 2,
     "x: error: [Errno 2] No such file or directory: 'a.json'\n"),
    (raises(KeyboardInterrupt()), 130, 'x: interrupted\n'),
    (raises(KeyboardInterrupt('run it again to go on')), 130,
     'x: interrupted; run it again to go on\n'),
])
def test_statuses_and_lines(main, status, line, capsys):
    assert run_command(main, name='x') == status
    assert capsys.readouterr() == ('', line)


def test_warnings_are_one_line(capsys):
    """Those of this package; others, as of a library, keep their place in the code."""
    usual = warnings.formatwarning

    def main() -> None:
        for place in (command.__file__, 'library.py'):
            print(warnings.formatwarning(UserWarning('all are 0'), UserWarning, place, 7))

    assert run_command(main, name='x') == 0
    ours, other = capsys.readouterr().out.split('\n\n')[:2]
    assert ours == 'x: warning: all are 0' and other.startswith('library.py:7: UserWarning')
    assert warnings.formatwarning is usual


def swallowed():
    """A Ctrl-C where a library catches everything and raises an error of its own."""
    try:
        raise KeyboardInterrupt
    except:  # noqa: E722
        raise SyntaxError('check the syntax')  # noqa: B904


def test_a_ctrl_c_that_a_library_turned_into_an_error(capsys):
    def wrapped() -> None:
        try:
            swallowed()
        except SyntaxError as error:
            raise ConfigError('x') from error

    assert run_command(swallowed, name='x') == run_command(wrapped, name='x') == 130
    assert capsys.readouterr() == ('', 'x: interrupted\n' * 2)


def test_ctrl_c_while_mmengine_formats_a_config(capsys, monkeypatch):
    mmengine_config = pytest.importorskip('mmengine.config.config')
    monkeypatch.setattr(mmengine_config, 'FormatCode', raises_always)
    assert run_command(lambda: len(mmengine_config.Config({'a': 1}).pretty_text), name='x') == 130
    assert capsys.readouterr() == ('', 'x: interrupted\n')


def raises_always(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt


def test_bugs_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)


def test_arguments_are_passed_on_and_the_script_gives_the_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['/somewhere/tool.py'])
    assert run_command(lambda a, b: a + b, 3, 4) == 7
    run_command(raises(ConfigError('x')))
    assert capsys.readouterr().err == 'tool.py: error: x\n'


@pytest.mark.skipif(os.name == 'nt', reason='Windows has no SIGINT for one process')
def test_ctrl_c_ends_a_process_without_a_traceback():
    code = ('import sys, time; from smoothnet_plugin.utils.command import run_command\n'
            'def main(): print("ready", flush=True); time.sleep(60)\n'
            'sys.exit(run_command(main, name="x"))')
    with subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == 'ready\n'
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, 'x: interrupted\n')
