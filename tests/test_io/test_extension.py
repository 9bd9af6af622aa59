"""A format written outside the package: examples/add_a_format.py."""

from __future__ import annotations

import numpy as np
import pytest

import smoothnet_plugin
from smoothnet_plugin import io
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.registry import FORMATS
from smoothnet_plugin.utils.extensions import import_extension

HEADER = 'scorer,n,n,n,n,n,n\nbodyparts,a,a,a,b,b,b\ncoords,x,y,likelihood,x,y,likelihood\n'


@pytest.fixture
def registered(repo_dir):
    import_extension(str(repo_dir / 'examples' / 'add_a_format.py'))
    kind = FORMATS.get('SimpleDeepLabCut') or import_extension('add_a_format').SimpleDeepLabCut
    FORMATS.register_module(module=kind, force=True)
    yield
    FORMATS.module_dict.pop('SimpleDeepLabCut')


def table(path, rng, frames=30):
    values = np.round(rng.normal(300, 5, (frames, 2, 3)), 3)
    values[:, :, 2] = 0.5
    path.write_text(HEADER + ''.join(
        ','.join([str(t), *(f'{v:.3f}' for v in row.ravel())]) + '\n'
        for t, row in enumerate(values)))
    return path


def test_smoothed_in_its_own_layout(tmp_path, rng, registered):
    path = table(tmp_path / 'a.csv', rng)
    assert io.sniff(path) == 'simple_deeplabcut'
    raw = smoothnet_plugin.load(path)
    smoothnet_plugin.save(tmp_path / 'same.csv', raw)
    assert (tmp_path / 'same.csv').read_bytes() == path.read_bytes()
    smoothnet_plugin.smooth(path, 'gaussian', tmp_path / 'out.csv', fps=30)
    again = io.load(tmp_path / 'out.csv')
    assert again.source.format == 'simple_deeplabcut'
    assert np.abs(again[0].coords - raw[0].coords).max() > 0
    assert again[0].coords.std() < raw[0].coords.std()
    assert (tmp_path / 'out.csv').read_text().startswith(HEADER)


def test_the_command_imports_it(tmp_path, rng, repo_dir, registered, capsys):
    path = table(tmp_path / 'a.csv', rng)
    example = str(repo_dir / 'examples' / 'add_a_format.py')
    assert main(['smooth', '--import', example, str(path), '-o', str(tmp_path / 'o.csv'),
                 '--smoother', 'gaussian', '--quiet']) == 0
    assert (tmp_path / 'o.csv').read_text().startswith(HEADER)
    assert main(['list', '--import', example]) == 0
    assert 'simple_deeplabcut' in capsys.readouterr().out


def test_errors_list_it(tmp_path, registered):
    (tmp_path / 'a.txt').write_text('hello')
    with pytest.raises(DataFormatError, match=r', simple_deeplabcut, '):
        io.load(tmp_path / 'a.txt')
    with pytest.raises(ConfigError, match="Did you mean.*'simple_deeplabcut'"):
        io.load(tmp_path / 'a.txt', format='simple_deeplabcat')


def test_extensions_that_cannot_be_used(tmp_path):
    with pytest.raises(ConfigError, match='no_such_module'):
        import_extension('no_such_module')
    with pytest.raises(ConfigError, match='there is no file'):
        import_extension(str(tmp_path / 'none.py'))
    (tmp_path / 'bad.py').write_text('1 / 0')
    with pytest.raises(ConfigError, match='ZeroDivisionError'):
        import_extension(str(tmp_path / 'bad.py'))
    FORMATS.register_module(name='Nameless', module=object)
    try:
        with pytest.raises(ConfigError, match='not a subclass of'):
            io.formats()
    finally:
        FORMATS.module_dict.pop('Nameless')


def test_a_format_without_a_method():
    FORMATS.register_module(name='Half', module=type('Half', (io.Format,), {'name': 'half'}))
    try:
        with pytest.raises(ConfigError, match='Half cannot be built.*sniff'):
            io.formats()
    finally:
        FORMATS.module_dict.pop('Half')


def test_two_formats_of_one_name():
    FORMATS.register_module(name='Second', module=type('Second', (io.Format,), {'name': 'csv'}))
    try:
        with pytest.raises(ConfigError, match="Second and Csv.*'csv'; rename one"):
            io.formats()
    finally:
        FORMATS.module_dict.pop('Second')


def test_the_front_door_is_lazy():
    import subprocess
    import sys
    code = ('import sys, smoothnet_plugin as s; before = set(sys.modules); '
            "assert not {'numpy', 'torch', 'smoothnet_plugin.io'} & before; "
            's.load, s.save, s.PoseTracks; '
            "assert 'torch' not in sys.modules; print(sorted(set(s.__all__) - set(dir(s))))")
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.strip() == '[]', done.stderr
